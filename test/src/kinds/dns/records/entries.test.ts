import test from 'ava';
import { entriesOf } from '../../../../../src/kinds/dns/records/entries.js';

test('zone text is split at ends of lines, but not within parentheses', (t) => {
  const entries = ['a. TXT "x ( ;"', 'b. SOA ( 1 ; (\n 2\n)', 'c. TXT \\( ; ) "', 'd. TXT "open'];
  t.deepEqual(entriesOf(`\n; comment\n${entries.join('\n')}\n  \n`), entries);
  t.deepEqual(entriesOf('a. A 1.2.3.4'), ['a. A 1.2.3.4']);
  t.deepEqual(entriesOf('a. TXT (x\nb. TXT y'), ['a. TXT (x\nb. TXT y']);
  t.deepEqual(entriesOf('a. TXT x\\'), ['a. TXT x\\']);
  t.deepEqual(entriesOf(' \n'), []);
});
