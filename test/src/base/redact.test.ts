import test from 'ava';
import { redact } from '../../../src/base/redact.js';

test('a command of any length is shown in part', (t) => {
  const long = 'x'.repeat(8 * 1024 * 1024);
  t.true(redact(long).length <= 501);
  // Other texts, as an error, a path or a file name, need not be JSON.
  t.is(redact('[x'), '[x');
});
