import test from 'ava';
import fc from 'fast-check';
import { DomainName } from '../../../../../src/kinds/dns/records/name.js';

/** Any domain name at all, by its labels. */
const labels = fc
  .array(fc.uint8Array({ minLength: 1, maxLength: 63 }), { maxLength: 8 })
  .filter((all) => all.reduce((sum, label) => sum + 1 + label.length, 1) <= 255);

const wireOf = (all: readonly Uint8Array[]) =>
  Buffer.concat([...all.flatMap((label) => [Buffer.of(label.length), label]), Buffer.of(0)]);

test('every name is parsed from what it is printed as, with and without its final dot', (t) => {
  fc.assert(
    fc.property(labels, (all) => {
      const name = DomainName.fromWire(wireOf(all));
      t.deepEqual(Buffer.from(name.wire), wireOf(all));
      t.is(name.labels, all.length);
      t.regex(name.toString(), /^[!-~]+\.$|^\.$/);
      t.deepEqual(DomainName.parse(name.toString()), name);
      if (all.length > 0) t.deepEqual(DomainName.parse(name.toString().slice(0, -1)), name);
      t.deepEqual(name.parent, all.length ? DomainName.fromWire(wireOf(all.slice(1))) : undefined);
    }),
  );
});

test('no text crashes the parser, and what it takes is a name', (t) => {
  const text = fc.string({ unit: fc.constantFrom(...'\\\\0123.a"( ž\n@*_') });
  fc.assert(
    fc.property(text, (each) => {
      try {
        const name = DomainName.parse(each);
        t.deepEqual(DomainName.fromWire(name.wire), name);
      } catch (error) {
        t.like(error, { name: 'CircuitError', code: 'EINVAL' });
      }
    }),
  );
});

test('names keep their case, and differ by more than that of ASCII letters', (t) => {
  const key = (text: string) => DomainName.parse(text).key;
  t.is(DomainName.parse('WWW.Example.ORG').toString(), 'WWW.Example.ORG.');
  t.is(key('WWW.Example.ORG'), key('www.example.org.'));
  t.is(key('\\065.b'), key('a.B'));
  t.not(key('\\201.b'), key('\\233.b'), 'É and é in Latin 1');
  t.not(key('a\\.b'), key('a.b'));
});

test('escapes and unusual characters mean what RFC 1035, section 5.1 says', (t) => {
  const printed = (text: string) => DomainName.parse(text).toString();
  t.is(printed('Action\\.domains.ISI.EDU.'), 'Action\\.domains.ISI.EDU.');
  t.is(printed('Action\\046domains.ISI.EDU.'), 'Action\\.domains.ISI.EDU.');
  t.is(printed('\\119ww.*._tcp.a/b.'), 'www.*._tcp.a/b.');
  t.is(printed('a\\ b\\;\\"\\(\\)\\@\\$\\\\\\000'), 'a\\032b\\;\\"\\(\\)\\@\\$\\\\\\000.');
  t.is(printed('\\1234'), '{4.');
  t.is(printed('.'), '.');
});

test('lengths are taken to their limits', (t) => {
  const label = 'x'.repeat(63);
  const longest = `${`${label}.`.repeat(3)}${'y'.repeat(61)}.`;
  t.is(DomainName.parse(longest).wire.length, 255);
  t.is(DomainName.parse('\\120'.repeat(63)).toString(), `${label}.`);
});

/** Texts that are no names, and what their sentences say. */
const INVALID: readonly (readonly [string, RegExp])[] = [
  ['', /missing/],
  ['a..b', /"a\.\.b" has an empty label/],
  ['.a', /empty label/],
  ['..', /empty label/],
  ['a.b..', /empty label/],
  [`a.${'x'.repeat(64)}.b`, /the label "x{64}" has 64 bytes: .*at most 63/],
  [`${'x'.repeat(63)}.`.repeat(4), /has 257 bytes: .*at most 255/],
  [`${`${'x'.repeat(63)}.`.repeat(3)}${'y'.repeat(62)}`, /has 256 bytes/],
  ['x.'.repeat(100_000), /has 200001 bytes/],
  ['a b', /"a b" has a blank.*\\032/],
  ['"a"', /a quote/],
  ['a\\', /ends in a backslash/],
  ['a\\12', /three digits/],
  ['a\\256', /up to 255/],
  ['bücher.de', /"bücher\.de".*xn--/],
  ['a\nb', /"a\\nb" has characters beyond printable ASCII/],
];

test('a text that is no name is EINVAL, with a sentence on what is wrong', (t) => {
  for (const [text, names] of INVALID) {
    const error = t.throws(() => DomainName.parse(text), { message: names });
    t.like(error, { name: 'CircuitError', code: 'EINVAL' });
    t.regex(error?.message ?? '', /^[^\n]{1,300}[^.\n]$/);
  }
});

test('bytes that are no uncompressed name are refused', (t) => {
  const bad = (...bytes: number[]) =>
    t.throws(() => DomainName.fromWire(Uint8Array.from(bytes)), { code: 'EINVAL' })?.message;
  t.regex(bad() ?? '', /cut off/);
  t.regex(bad(1, 97) ?? '', /cut off/);
  t.regex(bad(5, 97, 0) ?? '', /cut off/);
  t.regex(bad(0xc0, 0) ?? '', /compressed/);
  t.regex(bad(64, 0) ?? '', /compressed/);
  t.regex(bad(...wireOf(Array(5).fill(new Uint8Array(63)))) ?? '', /more than 255/);
});

test('a name can stand within other bytes, and does not keep them', (t) => {
  const bytes = Buffer.from('..\x01a\x02bc\0..', 'latin1');
  const name = DomainName.fromWire(bytes, 2);
  bytes.fill(0);
  t.is(name.toString(), 'a.bc.');
});
