import test from 'ava';
import { parseSpecification } from '../../../../src/kinds/dns/specification.js';

test('an address may lack its host, its port or both', (t) => {
  for (const [text, host, port] of [
    ['127.0.0.1:5353', '127.0.0.1', 5353],
    [' 127.0.0.2 ', '127.0.0.2', 0],
    ['[::1]:53', '::1', 53],
    ['::1', '::1', 0],
    [':53', undefined, 53],
    ['', undefined, 0],
    ['localhost:1', '127.0.0.1', 1],
  ] as const) {
    t.deepEqual(parseSpecification(text), { host, port, members: undefined });
    t.deepEqual(parseSpecification(JSON.stringify({ liSten: text, members: null })), {
      host,
      port,
      members: undefined,
    });
  }
  t.is(String(parseSpecification('{"MEMBERS":"circuit.internal"}').members), 'circuit.internal.');
});

test('what is no address of one host, no zone, or another key is EINVAL', (t) => {
  const wrong = [
    'a:b',
    'web1:53',
    '1.2.3:4',
    '127.0.0.1:65536',
    '0.0.0.0:53',
    '[::ffff:0.0.0.0]:53',
    '[::0.0.0.0]:53',
    '[::]:53',
    '{',
    '{"Zone":""}',
  ];
  for (const text of [
    ...wrong,
    '{"Members":"."}',
    '{"Members":"a..b"}',
    '{"Listen":53}',
    '{"Listen":"x"}',
  ]) {
    t.throws(() => parseSpecification(text), { code: 'EINVAL' }, text);
  }
});
