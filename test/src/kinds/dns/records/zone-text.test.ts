import test from 'ava';
import fc from 'fast-check';
import { formatRecord } from '../../../../../src/kinds/dns/records/record.js';
import { parseRecord } from '../../../../../src/kinds/dns/records/zone-text.js';

const printed = (text: string) => formatRecord(parseRecord(text)).replaceAll('\t', ' ');

/** Lines that zones have, and what they are printed as. */
const LINES: readonly (readonly [string, string])[] = [
  // What may be left out, and in which order.
  ['miek.nl. 3600 IN MX 10 mx.miek.nl.', 'miek.nl. 3600 IN MX 10 mx.miek.nl.'],
  ['miek.nl MX 10 mx.miek.nl', 'miek.nl. 3600 IN MX 10 mx.miek.nl.'],
  ['miek.nl\tIN\t60\tmx\t10\tmx.miek.nl\r\n', 'miek.nl. 60 IN MX 10 mx.miek.nl.'],
  ['a 0 in a 1.2.3.4', 'a. 0 IN A 1.2.3.4'],
  ['a class1 2147483647 type1 1.2.3.4', 'a. 2147483647 IN A 1.2.3.4'],
  ['a 1w2D3h4m5s A 1.2.3.4', 'a. 788645 IN A 1.2.3.4'],
  ['a 1h30m IN A 1.2.3.4', 'a. 5400 IN A 1.2.3.4'],
  // Owners that look like something else.
  ['123 A 1.2.3.4', '123. 3600 IN A 1.2.3.4'],
  ['123 600 A 1.2.3.4', '123. 600 IN A 1.2.3.4'],
  ['IN IN A 1.2.3.4', 'IN. 3600 IN A 1.2.3.4'],
  ['MX MX 10 MX', 'MX. 3600 IN MX 10 MX.'],
  ['1h A 1.2.3.4', '1h. 3600 IN A 1.2.3.4'],
  ['. NS a.root-servers.net', '. 3600 IN NS a.root-servers.net.'],
  ['*.a A 1.2.3.4', '*.a. 3600 IN A 1.2.3.4'],
  ['_sip._tcp.a SRV 0 5 5060 sip.a', '_sip._tcp.a. 3600 IN SRV 0 5 5060 sip.a.'],
  ['\\@.a\\.b\\046c A 1.2.3.4', '\\@.a\\.b\\.c. 3600 IN A 1.2.3.4'],
  ['\\$ORIGIN A 1.2.3.4', '\\$ORIGIN. 3600 IN A 1.2.3.4'],
  // Comments, parentheses and lines.
  ['a A 1.2.3.4 ; a comment ( "', 'a. 3600 IN A 1.2.3.4'],
  ['; a comment\n\na A 1.2.3.4\n\n; another\n', 'a. 3600 IN A 1.2.3.4'],
  ['a ( 60 IN ) A(1.2.3.4)', 'a. 60 IN A 1.2.3.4'],
  ['a NS b;c', 'a. 3600 IN NS b.'],
  // RFC 1035, section 5.3
  [
    'ISI.EDU. IN SOA VENERA.ISI.EDU. Action\\.domains.ISI.EDU. (\n 20 ; SERIAL\n 7200 ; REFRESH\n 600 ; RETRY\n 3600000; EXPIRE\n 60) ; MINIMUM',
    'ISI.EDU. 3600 IN SOA VENERA.ISI.EDU. Action\\.domains.ISI.EDU. 20 7200 600 3600000 60',
  ],
  ['ISI.EDU. NS A.ISI.EDU.', 'ISI.EDU. 3600 IN NS A.ISI.EDU.'],
  ['ISI.EDU. MX 20 VAXA.ISI.EDU.', 'ISI.EDU. 3600 IN MX 20 VAXA.ISI.EDU.'],
  ['VENERA.ISI.EDU. A 10.1.0.52', 'VENERA.ISI.EDU. 3600 IN A 10.1.0.52'],
  [
    'a SOA ns.a admin.a ( 2026113001 1h 15m 1w 5m )',
    'a. 3600 IN SOA ns.a. admin.a. 2026113001 3600 900 604800 300',
  ],
  // Strings
  ['a TXT "a  b" "; c" d\\;e "f\\"g\\\\" ""', 'a. 3600 IN TXT "a  b" "; c" "d;e" "f\\"g\\\\" ""'],
  ['a TXT v=spf1', 'a. 3600 IN TXT "v=spf1"'],
  ['a TXT "v=DKIM1; k=rsa; p=MIGf" "MA0G"', 'a. 3600 IN TXT "v=DKIM1; k=rsa; p=MIGf" "MA0G"'],
  ['a TXT "é\\233\\0001"', 'a. 3600 IN TXT "\\195\\169\\233\\0001"'],
  ['a TXT ( "two"\n "lines" )', 'a. 3600 IN TXT "two" "lines"'],
  ['a TXT "one\nstring"', 'a. 3600 IN TXT "one\\010string"'],
  ['a TXT "\\#" 1', 'a. 3600 IN TXT "#" "1"'],
  // RFC 3597, section 5
  ['a. TYPE731 \\# 6 abcd ( ef 01 23 45 )', 'a. 3600 IN TYPE731 \\# 6 abcdef012345'],
  ['a. IN TYPE62347 \\# 0', 'a. 3600 IN TYPE62347 \\# 0'],
  ['e. IN A \\# 4 0A000001', 'e. 3600 IN A 10.0.0.1'],
  ['e. IN TYPE1 10.0.0.2', 'e. 3600 IN A 10.0.0.2'],
  ['e. type15 \\# 5 000a 01 61 00', 'e. 3600 IN MX 10 a.'],
  // Others
  ['a CNAME .', 'a. 3600 IN CNAME .'],
  ['4.3.2.1.in-addr.arpa. PTR host.a.', '4.3.2.1.in-addr.arpa. 3600 IN PTR host.a.'],
  ['a AAAA 2001:DB8:0:0:1:0:0:1', 'a. 3600 IN AAAA 2001:db8::1:0:0:1'],
  ['a AAAA ::2:3:4:5:6:7:8', 'a. 3600 IN AAAA 0:2:3:4:5:6:7:8'],
  ['a AAAA ::ffff:1.2.3.4', 'a. 3600 IN AAAA ::ffff:1.2.3.4'],
  ['a AAAA 1:0:0:2:0:0:0:3', 'a. 3600 IN AAAA 1:0:0:2::3'],
  ['a AAAA ::', 'a. 3600 IN AAAA ::'],
  // RFC 8659, section 4
  [
    'a CAA 0 issue "ca1.example.net; account=230123"',
    'a. 3600 IN CAA 0 issue "ca1.example.net; account=230123"',
  ],
  ['a CAA 128 IODEF mailto:security@a', 'a. 3600 IN CAA 128 IODEF "mailto:security@a"'],
  ['a CAA 0 issue ";"', 'a. 3600 IN CAA 0 issue ";"'],
  // RFC 3403 and its neighbours, where a backslash is doubled
  [
    'cid.uri.arpa. NAPTR 100 10 "" "" "!^cid:.+@([^\\\\.]+\\\\.)(.*)$!\\\\2!i" .',
    'cid.uri.arpa. 3600 IN NAPTR 100 10 "" "" "!^cid:.+@([^\\\\.]+\\\\.)(.*)$!\\\\2!i" .',
  ],
];

test('lines of zones are read as RFC 1035, section 5.1 says', (t) => {
  for (const [text, wanted] of LINES) t.is(printed(text), wanted, text);
});

test('a name has 255 bytes, a string as many, and data 65,535', (t) => {
  const string = '"'.concat('x'.repeat(255), '"');
  t.is(parseRecord(`a TXT ${string}`).rdata.length, 256);
  t.is(parseRecord(`a TXT ${`${string} `.repeat(255)}`).rdata.length, 65280);
  t.is(parseRecord(`a TYPE731 \\# 65535 ${'00'.repeat(65535)}`).rdata.length, 65535);
  t.throws(() => parseRecord(`a TXT ${`${string} `.repeat(256)}`), {
    message: /65536 bytes.*65535/,
  });
  t.throws(() => parseRecord(`a TYPE731 \\# 65536 ${'00'.repeat(65536)}`), { code: 'EINVAL' });
});

/** Lines that are no records, and what their sentences say. */
const INVALID: readonly (readonly [string, RegExp])[] = [
  ['', /record is missing.*www\.example\.org/],
  ['\n; nothing\n', /record is missing/],
  // Owners
  [' 3600 IN A 1.2.3.4', /begins with a blank.*begin it with its owner/],
  ['\tA 1.2.3.4', /begins with a blank/],
  ['@ A 1.2.3.4', /"@" is the origin/],
  ['$ORIGIN example.org.', /"\$ORIGIN" is a directive.*write each name whole/],
  ['$ttl 3600', /"\$ttl" is a directive.*TTL into each record/],
  ['$INCLUDE file', /directive.*that file/],
  ['$GENERATE 1-9 a$ A 1.2.3.4', /directive/],
  ['"a" A 1.2.3.4', /"a" stands in quotes/],
  ['a..b A 1.2.3.4', /"a\.\.b" has an empty label/],
  [`${'x'.repeat(64)} A 1.2.3.4`, /has 64 bytes.*at most 63/],
  ['bücher A 1.2.3.4', /xn--/],
  // TTL, class, type
  ['a', /type of the record is missing/],
  ['a 60 IN', /type of the record is missing/],
  ['a 2147483648 A 1.2.3.4', /TTL "2147483648" is no time from 0 to 2147483647/],
  [`a ${'9'.repeat(400)} A 1.2.3.4`, /TTL .* is no time/],
  ['a -1 A 1.2.3.4', /TTL "-1" is no time from 0/],
  ['a IN 1x A 1.2.3.4', /TTL "1x" is no time/],
  ['a 4000w A 1.2.3.4', /TTL "4000w" is no time/],
  ['a 1h30 A 1.2.3.4', /TTL "1h30" is no time/],
  ['a 60 60 A 1.2.3.4', /no type "60"/],
  ['a IN IN A 1.2.3.4', /no type "IN"/],
  ['a CH TXT x', /class "CH" is not served/],
  ['a CLASS3 TXT x', /class "CLASS3"/],
  ['a "A" 1.2.3.4', /type of the record is missing/],
  ['a 1.2.3.4', /no type "1\.2\.3\.4" here: give A, NS,/],
  ['a TLSA 3 1 1 ab', /no type "TLSA" here.*number/],
  ['a constructor x', /no type "constructor"/],
  ['a TYPE65536 \\# 0', /no type "TYPE65536"/],
  ['a TYPE255 \\# 0', /TYPE255 is a type of questions/],
  ['a TYPE41 \\# 0', /TYPE41/],
  ['a TYPE0 \\# 0', /TYPE0/],
  // Lines, quotes and parentheses
  ['a A 1.2.3.4\nb A 1.2.3.4', /second record begins with "b"/],
  ['a SOA ns.a admin.a ( 1 2 3', /"\(" is not closed.*one line/],
  ['a A 1.2.3.4 )', /"\)" stands before/],
  ['a TXT "x', /quote before "x" is not closed/],
  ['a TXT x\\', /ends in a backslash/],
  ['a TXT x"y"', /quote stands behind "x"/],
  ['a TXT x="y z"', /"x=y z".*whole string into quotes/],
  ['a TXT "\\256"', /three digits up to 255/],
  ['a TXT "\\12"', /three digits/],
  // Data
  ['a A', /ADDRESS of A is missing.*A 192\.0\.2\.1/],
  ['a A 1.2.3.999', /ADDRESS of A is an IPv4 address.*not "1\.2\.3\.999"/],
  ['a A 1.2.3', /IPv4/],
  ['a A 01.2.3.4', /IPv4/],
  ['a A 1.2.3.4 5', /"5" stands behind ADDRESS of A/],
  ['a AAAA 1.2.3.4', /IPv6/],
  ['a AAAA 1::2::3', /IPv6/],
  ['a AAAA fe80::1%eth0', /IPv6/],
  ['a MX mx.a', /PREFERENCE of MX is a number from 0 to 65535, not "mx\.a"/],
  ['a MX 65536 mx', /from 0 to 65535/],
  ['a MX 10', /EXCHANGE of MX is missing/],
  ['a MX 10 @', /"@" is the origin/],
  ['a MX 10 "mx"', /quotes/],
  ['a MX "10" mx', /number/],
  ['a SRV 0 0 x.a', /PORT of SRV is a number/],
  ['a SOA a b 4294967296 1 1 1 1', /SERIAL of SOA is a number from 0 to 4294967295/],
  ['a SOA a b 1h 1 1 1 1', /SERIAL/],
  ['a SOA a b 1 1x 1 1 1', /REFRESH of SOA is a time in seconds.*1h30m, not "1x"/],
  ['a SOA a b 1 1 1 1', /MINIMUM of SOA is missing/],
  ['a TXT', /string is missing/],
  [`a TXT "${'x'.repeat(256)}"`, /has 256 bytes.*at most 255, so write several/],
  [`a TXT ${'é'.repeat(128)}`, /has 256 bytes/],
  ['a CAA 256 issue "x"', /FLAGS of CAA is a number from 0 to 255/],
  ['a CAA 0 "" "x"', /TAG of CAA is a word/],
  ['a CAA 0 is-sue "x"', /TAG of CAA is a word/],
  ['a CAA 0 issue x y', /"y" stands behind/],
  ['a NAPTR 1 1 "" "" ""', /REPLACEMENT of NAPTR is missing/],
  [`a NAPTR 1 1 "" "" "${'x'.repeat(256)}" .`, /has 256 bytes/],
  // Generic data
  ['a TYPE731 abcd', /data of TYPE731 is generic.*\\# 4/],
  ['a TYPE731', /data of TYPE731 is generic/],
  ['a TYPE731 \\#', /number of its bytes/],
  ['a TYPE731 \\# x ab', /number of its bytes/],
  ['a TYPE731 \\# 1 abc', /hexadecimal/],
  ['a TYPE731 \\# 2 ab', /there are 1 bytes.*not "2"/],
  ['a A \\# 3 0a0000', /^A: the data is cut off/],
  ['a A \\# 5 0a00000001', /^A: there are 1 bytes too many/],
  ['a NS \\# 2 c000', /^NS: .*compressed/],
  ['a TXT \\# 0', /^TXT: the data is cut off/],
  ['a CAA \\# 3 00012d', /^CAA: the tag "-"/],
];

test('a line that is no record is EINVAL, with a sentence on what is wrong', (t) => {
  for (const [text, says] of INVALID) {
    const error = t.throws(() => parseRecord(text), { message: says }, text);
    t.like(error, { name: 'CircuitError', code: 'EINVAL' });
    t.regex(error?.message ?? '', /^[^\n]{1,300}[^.\n]$/);
  }
});

test('no text crashes the parser, and what it takes is a record', (t) => {
  const word = fc.constantFrom(
    ...[
      'a',
      '\\# ',
      '4',
      '"',
      '(',
      ')',
      '\n',
      '\\',
      ';',
      '=',
      '1h',
      'é',
      '.',
      '@',
      ' ',
      '  ',
      '0a',
    ],
    ...[' IN ', ' A ', ' TXT ', ' TYPE731 ', ' HTTPS ', ' alpn=', ' key1=', ' MX ', '1.2.3.4'],
  );
  const text = fc.array(word, { maxLength: 12 }).map((words) => `a ${words.join('')}`);
  fc.assert(
    fc.property(text, (each) => {
      try {
        const record = parseRecord(each);
        t.deepEqual(parseRecord(formatRecord(record)), record);
      } catch (error) {
        t.like(error, { name: 'CircuitError', code: 'EINVAL' });
      }
    }),
    { numRuns: 1000 },
  );
});

test('the longest records are read or refused, and those beyond are not looked at', (t) => {
  const longest = `a TXT ${`"${'\\255'.repeat(255)}" `.repeat(255)}`;
  t.is(parseRecord(longest).rdata.length, 65280);
  for (const piece of ['"', '\\', '\\"', 'a.']) {
    for (const head of ['', 'a TXT "', 'a HTTPS 1 . alpn=']) {
      const text = head + piece.repeat(299_900 / piece.length);
      t.like(
        t.throws(() => parseRecord(text)),
        { name: 'CircuitError', code: 'EINVAL' },
      );
    }
  }
  t.throws(() => parseRecord(`a TXT "${'x'.repeat(300_000)}"`), { message: /300008 characters/ });
});
