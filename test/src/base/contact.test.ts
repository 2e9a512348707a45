import test from 'ava';
import { Address } from '../../../src/base/address.js';
import { Contact, parseJoinable } from '../../../src/base/contact.js';

const ADDRESS = `circuit://h:1/2/Q${'ab'.repeat(16)}`;

test('a contact is HOST or HOST:PORT, with a name, an IPv4 or an IPv6 address', (t) => {
  for (const [text, host, port] of [
    ['web1', 'web1', undefined],
    ['web1.example.', 'web1.example.', undefined],
    ['web1:8022', 'web1', 8022],
    ['circuit:1', 'circuit', 1],
    ['10.0.0.1', '10.0.0.1', undefined],
    ['10.0.0.1:65535', '10.0.0.1', 65535],
    ['[2001:db8::1]', '2001:db8::1', undefined],
    ['[::1]:7', '::1', 7],
    ['2001:db8::1', '2001:db8::1', undefined],
    ['::', '::', undefined],
  ] as const) {
    const contact = Contact.tryParse(text);
    t.deepEqual([contact?.host, contact?.port], [host, port], text);
    t.deepEqual(Contact.tryParse(String(contact)), contact, text);
  }
});

test('what cannot be dialled, or has more than a host and a port, is no contact', (t) => {
  for (const text of [
    '',
    ' ',
    ':7',
    'web1:',
    'web1:0',
    'web1:65536',
    'web1:x',
    'web1/x',
    'a b',
    'user@host',
    '-j',
    '1.2.3.999',
    '[web1]',
    '[::1',
    '::1]:7',
    '[fe80::1%eth0]:7',
    'fe80::1%eth0',
    '1:2:3',
    'x'.repeat(254),
    'bücher.example',
    ADDRESS,
  ]) {
    t.is(Contact.tryParse(text), undefined, text);
  }
});

test('with a cluster key both an address and a contact can be joined, without it only an address', (t) => {
  for (const hasKey of [true, false]) t.true(parseJoinable(ADDRESS, hasKey) instanceof Address);
  t.true(parseJoinable('web1', true) instanceof Contact);
  const needsKey =
    /^a HOST\[:PORT\] takes a cluster key \(--hmac FILE\); a circuit address looks like circuit:/;
  // The last one is a secret whose address was cut.
  for (const text of ['web1', '10.0.0.1:7', `Q${'ab'.repeat(16)}`]) {
    const error = t.throws(() => parseJoinable(text, false), { code: 'EINVAL', message: needsKey });
    t.false(error?.message.includes(text));
  }
  for (const junk of ['http://h:1/', `${ADDRESS}0`, 'a/b']) {
    const error = t.throws(() => parseJoinable(junk, true), { code: 'EINVAL' });
    t.regex(error?.message ?? '', /^not a circuit address; one looks like circuit:\/\//);
    t.false(error?.message.includes('abab'));
    t.notRegex(t.throws(() => parseJoinable(junk, false))?.message ?? '', /--hmac/);
  }
});
