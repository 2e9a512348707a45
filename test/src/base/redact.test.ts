import test from 'ava';
import { redact } from '../../../src/base/redact.js';

test('a command of any length is shown in part', (t) => {
  const long = 'x'.repeat(8 * 1024 * 1024);
  t.true(redact(long).length <= 501);
  // Other texts, as an error, a path or a file name, need not be JSON.
  t.is(redact('[x'), '[x');
});

test('a cluster key is not shown, whatever stands around it', (t) => {
  const key = `${'ab+/'.repeat(10)}abc=`;
  t.is(redact(`reload ${key}, "${key}"`), 'reload …, "…"');
  // Longer base64 is no key.
  const longer = `${'a+z/'.repeat(20)}abc=`;
  t.is(redact(longer), longer);
});
