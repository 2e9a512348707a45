import test from 'ava';
import { entriesOf } from '../../../../../src/kinds/dns/records/entries.js';

const textsOf = (text: string) => [...entriesOf(text)].map((entry) => entry.text);

test('zone text is split at ends of lines, but not within parentheses', (t) => {
  const entries = ['a. TXT "x ( ;"', 'b. SOA ( 1 ; (\n 2\n)', 'c. TXT \\( ; ) "', 'd. TXT "open'];
  t.deepEqual(textsOf(`\n; comment\n${entries.join('\n')}\n  \n`), entries);
  t.deepEqual(textsOf('a. A 1.2.3.4'), ['a. A 1.2.3.4']);
  t.deepEqual(textsOf('a. TXT (x\nb. TXT y'), ['a. TXT (x\nb. TXT y']);
  t.deepEqual(textsOf('a. TXT x\\'), ['a. TXT x\\']);
  t.deepEqual(textsOf(' \n'), []);
});

test('an entry tells the line in which it begins', (t) => {
  const lines = [...entriesOf('\na. A 1.2.3.4\n; x\nb. SOA ( 1\n2 )\nc. TXT x\\\ny\nd. A 1\n')];
  t.deepEqual(
    lines.map(({ text, line }) => `${line} ${text.slice(0, 2)}`),
    ['2 a.', '4 b.', '6 c.', '8 d.'],
  );
});
