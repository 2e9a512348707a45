import test from 'ava';
import { setEntries } from '../../../../../src/kinds/dns/zone/set-entries.js';
import { Zones } from '../../../../../src/kinds/dns/zone/zones.js';
import { asked } from '../zone.js';

const always = () => {};

test('comments and blank lines may stand among records; alone they are EINVAL, and a sentence', async (t) => {
  const zones = new Zones();
  await setEntries(zones, '; a zone\n\na.test. A 192.0.2.1 ; one\n  \n  ; end', always);
  t.is(zones.listing.lines(), 'a.test.\t3600\tIN\tA\t192.0.2.1');
  for (const text of ['', ' \t\n\n', '; a comment', '\n;\n']) {
    await t.throwsAsync(setEntries(zones, text, always), {
      code: 'EINVAL',
      message: /record is missing.*only blanks or comments/,
    });
  }
});

test('a line that is refused among several is named and quoted; those before it are set, and none behind it', async (t) => {
  const zones = new Zones();
  const text = `a.test. A 192.0.2.1\n; x\na.test. TXT (\n)\n\nb.test. A 1.2.3.999\nc.test. A 192.0.2.1`;
  const longest = text.replace('TXT (\n)', `TXT (\n"${'x'.repeat(200)}")`);
  await t.throwsAsync(setEntries(zones, text, always), {
    code: 'EINVAL',
    message: /^line 3 of this write, "a\.test\. TXT \(\\n\)": a string is missing/,
  });
  await t.throwsAsync(setEntries(zones, longest, always), {
    message: /^line 6 of this write, "b\.test\. A 1\.2\.3\.999": ADDRESS of A is an IPv4 address/,
  });
  t.is(asked(zones, 'a.test.', 'A').answer.length, 1);
  t.is(asked(zones, 'c.test.', 'A').status, 'REFUSED');
  await t.throwsAsync(setEntries(zones, 'nonsense', always), {
    message: /^the type of the record/,
  });
});

test('others have their turn while many records are set, and may end it', async (t) => {
  const zones = new Zones();
  const text = (last: number) =>
    Array.from({ length: 4000 }, (_, i) => `a.test. A 10.${last}.${i >> 8}.${i & 255}`).join('\n');
  const counts: number[] = [];
  const goOn = () => counts.push(zones.node('\x01a\x04test\0')?.own[0]?.data.length ?? 0);
  await setEntries(zones, text(1), goOn);
  t.true(counts.length > 2, `${counts}`);
  t.deepEqual(
    counts,
    [...counts].sort((a, b) => a - b),
  );
  t.is(asked(zones, 'a.test.', 'A').answer.length, 4000);
  const scrubbed = () => {
    throw new Error('scrubbed');
  };
  await t.throwsAsync(setEntries(zones, text(2), scrubbed), { message: 'scrubbed' });
  t.is(asked(zones, 'a.test.', 'A').answer.length, 4000);
});
