import test from 'ava';
import fc from 'fast-check';
import {
  Address,
  hostOf,
  isMemberName,
  newMemberName,
  newSecret,
  splitAuthority,
} from '../../../src/base/address.js';

const host = fc.oneof(
  fc.ipV4(),
  fc.ipV6().filter((address) => !address.includes('.')),
  fc.domain(),
);

test('an address survives printing and parsing', (t) => {
  fc.assert(
    fc.property(host, fc.integer({ min: 1, max: 65535 }), fc.nat(), (name, port, pid) => {
      const address = new Address(name, port, pid, newSecret());
      t.deepEqual(Address.parse(address.toString()), address);
    }),
  );
});

test('a text that is not an address fails with EINVAL, and the sentence does not repeat it', (t) => {
  const good = `circuit://[::1]:11022/42/Q${'ab'.repeat(16)}`;
  t.is(Address.parse(good).host, '::1');
  const bad = [
    '',
    'junk',
    good.replace('circuit', 'http'),
    good.replace('11022', '0'),
    good.replace('11022', '65536'),
    good.replace('[::1]', '[::1'),
    good.replace('[::1]', '[x]'),
    ...['a b', 'a#b', 'a%zz', '?', '@', '256.1.1.1', '[fe80::1%lo]'].map((host) =>
      good.replace('[::1]', host),
    ),
    good.replace('/42', ''),
    good.slice(0, -1),
    `${good}0`,
    `${good}\n`,
  ];
  for (const text of bad) {
    const error = t.throws(() => Address.parse(text), { code: 'EINVAL' }, text);
    t.false(error?.message.includes('abab'), text);
  }
});

test('names are X and 16 hex digits, and no two are the same', (t) => {
  const names = new Set(Array.from({ length: 100 }, newMemberName));
  t.is(names.size, 100);
  for (const name of names) t.true(isMemberName(name));
  for (const no of ['X', 'Xabc', `x${'0'.repeat(16)}`, `X${'0'.repeat(17)}`, 7]) {
    t.false(isMemberName(no));
  }
});

test('HOST, HOST:PORT, [IPV6]:PORT and :PORT are split, and nothing else is', (t) => {
  t.deepEqual(splitAuthority('10.0.0.1:11022'), { host: '10.0.0.1', port: 11022 });
  t.deepEqual(splitAuthority('[::1]:0'), { host: '::1', port: 0 });
  t.deepEqual(splitAuthority(':11022'), { host: undefined, port: 11022 });
  for (const host of ['host', '11022', '10.0.0.1', '::1', 'fd00::1:7']) {
    t.deepEqual(splitAuthority(host), { host, port: undefined });
  }
  t.deepEqual(splitAuthority('[::1]'), { host: '::1', port: undefined });
  for (const text of ['', ':', 'host:', '::1]:7', '[x]:7', '[]', 'host:65536', 'a b:1', 'a/b']) {
    t.is(splitAuthority(text), undefined, text);
  }
});

test('the host of an address is had without parsing it', (t) => {
  for (const host of ['10.0.0.7', 'web1.example.com', 'fe80::1', '::1']) {
    t.is(hostOf(new Address(host, 11022, 7, newSecret()).toString()), host);
  }
  t.is(hostOf('nonsense'), '');
});
