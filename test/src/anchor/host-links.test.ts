import test from 'ava';
import fc from 'fast-check';
import { hostLinks, memberOnHost } from '../../../src/anchor/host-links.js';
import { memberEntry } from '../../../src/anchor/listed-member.js';
import { isMemberName } from '../../../src/base/address.js';
import { newRecord } from '../bootstrap/stub-membership.js';

/** A member whose name begins so, on a host of that name. */
function member(start: string, host: string) {
  const name = `X${start.padEnd(16, '0')}`;
  if (!isMemberName(name)) throw new Error(`${name} is no name`);
  return { ...memberEntry(newRecord()), name, host };
}

const linksOf = (...members: ReturnType<typeof member>[]) => Object.fromEntries(hostLinks(members));

test('a member is found by its host name, as that was written', (t) => {
  const links = linksOf(member('03c5', 'web1'), member('7', 'Web1'), member('8', ''));
  t.deepEqual(links, { web1: 'X03c5000000000000', Web1: 'X7000000000000000' });
});

test('a name that several hosts have is none, and each has it with the first digits of its member’s', (t) => {
  const links = linksOf(member('03c5', 'web1'), member('7', 'db1'), member('8', 'web1'));
  t.deepEqual(Object.keys(links).sort(), ['db1', 'web1~X03c5', 'web1~X8000']);
});

test('digits are as many as make members distinct, and others’ are no more for it', (t) => {
  const three = [member('03c51', 'web1'), member('03c52', 'web1'), member('8', 'web1')];
  t.deepEqual(Object.keys(linksOf(...three)), ['web1~X03c51', 'web1~X03c52', 'web1~X8000']);
  const twins = [member('0'.repeat(15), 'web1'), member(`${'0'.repeat(15)}1`, 'web1')];
  t.deepEqual(
    linksOf(...twins),
    Object.fromEntries(twins.map(({ name }) => [`web1~${name}`, name])),
  );
});

test('a name that is too long for a directory entry with its digits is left out', (t) => {
  const host = 'x'.repeat(253);
  t.deepEqual(Object.keys(linksOf(member('1', host), member('2', 'web1'))), [host, 'web1']);
  const three = linksOf(member('1', host), member('3', host), member('2', 'web1'));
  t.deepEqual(Object.keys(three), ['web1']);
});

test('each member with a host name has one link, no link has two, and a plain one is of one alone', (t) => {
  const start = fc.array(fc.constantFrom('0', '1'), { minLength: 16, maxLength: 16 });
  const host = fc.constantFrom('', 'web1', 'web2', 'web1.example.com');
  const members = fc.uniqueArray(fc.tuple(start, host), {
    selector: ([digits]) => digits.join(''),
  });
  fc.assert(
    fc.property(members, (given) => {
      const all = given.map(([digits, name]) => member(digits.join(''), name));
      const links = hostLinks(all);
      const named = all.filter((one) => one.host !== '');
      t.is(new Set(links.values()).size, named.length);
      t.is(links.size, named.length);
      for (const [link, name] of links) {
        const [hostname, digits = ''] = link.split('~');
        t.true(named.some((one) => one.name === name && one.host === hostname));
        const others = named.filter((one) => one.name !== name && one.host === hostname);
        if (digits === '') t.is(others.length, 0);
        else t.false(others.some((other) => other.name.startsWith(digits)));
        t.true(name.startsWith(digits));
      }
    }),
  );
});

test('a name that is nobody’s is no member, and where several hosts have it, the sentence says which there are', (t) => {
  const members = [member('03c5', 'web1'), member('7', 'db1'), member('8', 'web1')];
  t.is<string, string>(memberOnHost(members, 'db1'), 'X7000000000000000');
  t.is<string, string>(memberOnHost(members, 'web1~X8000'), 'X8000000000000000');
  t.throws(() => memberOnHost(members, 'web1'), {
    code: 'ENOENT',
    message: 'several members are on hosts named web1; give one of web1~X03c5, web1~X8000',
  });
  t.throws(() => memberOnHost(members, 'web'), { code: 'ENOENT', message: /on a host named web;/ });
});
