import test from 'ava';
import {
  formatGroup,
  isOnLink,
  multicastInterfaces,
  parseGroup,
} from '../../../src/transport/multicast-group.js';

test('GROUP:PORT is understood for IPv4 and IPv6', (t) => {
  t.deepEqual(parseGroup('228.8.8.8:8822'), { address: '228.8.8.8', port: 8822, family: 'IPv4' });
  t.deepEqual(parseGroup('[ff02::1:8822]:8822'), {
    address: 'ff02::1:8822',
    port: 8822,
    family: 'IPv6',
  });
  for (const text of ['224.0.0.0:1', '239.255.255.255:65535', '[FF05::2]:7']) {
    t.is(formatGroup(parseGroup(text)), text);
  }
});

test('a text that is not a group with a port fails with EINVAL and a sentence that says what is right', (t) => {
  for (const text of ['', '228.8.8.8', '8822', 'ff02::1:8822', '228.8.8.8:x', '228.8.8.8:65536']) {
    t.throws(() => parseGroup(text), { code: 'EINVAL', message: /is not GROUP:PORT/ }, text);
  }
  for (const text of ['10.0.0.1:8822', '223.255.255.255:1', '240.0.0.1:1', '[fe80::1]:1', ':1']) {
    t.throws(() => parseGroup(text), { code: 'EINVAL', message: /not a multicast address/ }, text);
  }
  for (const text of ['group.example:1', '[ff02::1%lo]:1']) {
    t.throws(() => parseGroup(text), { code: 'EINVAL' }, text);
  }
  t.throws(() => parseGroup('228.8.8.8:0'), { code: 'EINVAL', message: /has a port/ });
});

test('an interface is found by its name, and by an address on it; only its link counts', (t) => {
  const group = parseGroup('228.8.8.8:8822');
  const byName = multicastInterfaces(group, { name: 'lo' });
  t.deepEqual(
    byName.map(({ name, address }) => [name, address]),
    [['lo', '127.0.0.1']],
  );
  t.deepEqual(multicastInterfaces(group, { host: '127.0.0.9' }), byName);
  t.deepEqual(multicastInterfaces(group, { host: '::1' }), byName);
  const [lo] = byName;
  if (!lo) return t.fail();
  t.true(isOnLink(lo, '127.1.2.3'));
  for (const host of ['192.0.2.77', '10.0.0.1', 'fe80::1%lo', 'junk']) {
    t.false(isOnLink(lo, host), host);
  }
});

test('an interface that cannot be used fails with EADDRNOTAVAIL, and is named', (t) => {
  const four = parseGroup('228.8.8.8:8822');
  t.throws(() => multicastInterfaces(four, { name: 'nope' }), {
    code: 'EADDRNOTAVAIL',
    message: /nope has no IPv4 address/,
  });
  // Linux does not route IPv6 multicast over loopback.
  const six = parseGroup('[ff02::8822]:8822');
  t.throws(() => multicastInterfaces(six, { name: 'lo' }), {
    code: 'EADDRNOTAVAIL',
    message: /lo has no IPv6 link-local address/,
  });
});
