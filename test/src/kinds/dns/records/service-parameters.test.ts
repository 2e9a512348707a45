import test from 'ava';
import { formatRecord } from '../../../../../src/kinds/dns/records/record.js';
import { parseRecord } from '../../../../../src/kinds/dns/records/zone-text.js';

/** RFC 9460, appendix D.1 and D.2, with the data on the wire and as it is printed. */
const VECTORS: readonly (readonly [text: string, wire: string, printed?: string])[] = [
  ['HTTPS 0 foo.example.com.', '0000 03666f6f076578616d706c6503636f6d00'],
  ['SVCB 1 .', '0001 00'],
  ['SVCB 16 foo.example.com. port=53', '0010 03666f6f076578616d706c6503636f6d00 0003 0002 0035'],
  [
    'SVCB 1 foo.example.com. key667=hello',
    '0001 03666f6f076578616d706c6503636f6d00 029b 0005 68656c6c6f',
    'SVCB 1 foo.example.com. key667="hello"',
  ],
  [
    'SVCB 1 foo.example.com. key667="hello\\210qoo"',
    '0001 03666f6f076578616d706c6503636f6d00 029b 0009 68656c6c6fd2716f6f',
  ],
  [
    'SVCB 1 foo.example.com. (\n ipv6hint="2001:db8::1,2001:db8::53:1"\n )',
    '0001 03666f6f076578616d706c6503636f6d00 0006 0020 20010db8000000000000000000000001 20010db8000000000000000000530001',
    'SVCB 1 foo.example.com. ipv6hint=2001:db8::1,2001:db8::53:1',
  ],
  [
    'SVCB 1 example.com. ipv6hint="2001:db8:122:344::192.0.2.33"',
    '0001 076578616d706c6503636f6d00 0006 0010 20010db8012203440000 0000c0000221',
    'SVCB 1 example.com. ipv6hint=2001:db8:122:344::c000:221',
  ],
  [
    'SVCB 16 foo.example.org. (alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1)',
    '0010 03666f6f076578616d706c65036f726700 0000 0004 0001 0004 0001 0009 02 6832 05 68332d3139 0004 0004 c0000201',
    'SVCB 16 foo.example.org. mandatory=alpn,ipv4hint alpn="h2,h3-19" ipv4hint=192.0.2.1',
  ],
  [
    'SVCB 16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"',
    '0010 03666f6f076578616d706c65036f726700 0001 000c 08 665c6f6f2c626172 02 6832',
  ],
  [
    'SVCB 16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2',
    '0010 03666f6f076578616d706c65036f726700 0001 000c 08 665c6f6f2c626172 02 6832',
    'SVCB 16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"',
  ],
  [
    'HTTPS 1 . ALPN=h2 no-default-alpn port=0 ech=AEX+ key7="/dns-query{?dns}" key65534',
    '0001 00 0001 0003 026832 0002 0000 0003 0002 0000 0005 0003 0045fe 0007 0010 2f646e732d71756572797b3f646e737d fffe 0000',
    'HTTPS 1 . alpn="h2" no-default-alpn port=0 ech=AEX+ key7="/dns-query{?dns}" key65534',
  ],
  ['HTTPS 1 . key3="\\001\\187"', '0001 00 0003 0002 01bb', 'HTTPS 1 . port=443'],
];

test('the vectors of RFC 9460, appendix D are read, and printed', (t) => {
  for (const [text, wire, printed = text] of VECTORS) {
    const record = parseRecord(`example.com. ${text}`);
    t.is(Buffer.from(record.rdata).toString('hex'), wire.replaceAll(' ', ''), text);
    const [, , , type, data] = formatRecord(record).split('\t');
    t.is(`${type} ${data}`, printed);
  }
});

/** What is invalid, that of RFC 9460, appendix D.3 first, and what the sentences say. */
const INVALID: readonly (readonly [text: string, says: RegExp])[] = [
  ['1 . key123=abc key123=def', /key123 stands there twice/],
  ['1 . mandatory', /value of mandatory|no parameter ""/],
  ['1 . alpn', /value of alpn/],
  ['1 . port', /value of port/],
  ['1 . ipv4hint', /value of ipv4hint/],
  ['1 . ipv6hint', /value of ipv6hint/],
  ['1 . no-default-alpn=abc', /no-default-alpn has no value, but there is "no-default-alpn=abc"/],
  ['1 . mandatory=key123', /mandatory names key123, which is not there/],
  ['1 . mandatory=mandatory', /mandatory names itself/],
  ['1 . mandatory=key123,key123 key123=abc', /list of different keys/],
  // Others
  ['0 a. alpn=h2', /priority 0 is an alias/],
  ['1', /TARGET of HTTPS is missing/],
  ['65536 .', /PRIORITY of HTTPS is a number/],
  ['1 . no-default-alpn', /needs alpn/],
  ['1 . alpn=h2,,h3', /value of alpn is a list of protocols/],
  ['1 . alpn=""', /value of alpn/],
  ['1 . alpn="h2\\\\"', /value of alpn/],
  [`1 . alpn=${'x'.repeat(256)}`, /1 to 255 bytes/],
  ['1 . port=65536', /value of port is a number from 0 to 65535, not "port=65536"/],
  ['1 . port=x', /value of port/],
  ['1 . ipv4hint=1.2.3.4,', /value of ipv4hint/],
  ['1 . ipv4hint=::1', /value of ipv4hint/],
  ['1 . ipv6hint=1.2.3.4', /value of ipv6hint/],
  ['1 . ech=x', /value of ech.*base64/],
  ['1 . ech', /value of ech/],
  ['1 . foo=bar', /no parameter "foo": give mandatory/],
  ['1 . key65535=x', /no parameter "key65535"/],
  ['1 . key03=x', /no parameter "key03"/],
  ['1 . key3=443', /value of port is a number.*not these 3 bytes/],
  ['1 . "port=1"', /"port=1" stands in quotes/],
  ['1 . port=1 key3="\\000\\001"', /port stands there twice/],
  ['\\# 11 0001 00 0003 0000 0001 0000', /order of their keys/],
  ['\\# 9 0001 00 0003 0003 0001', /cut off/],
  ['\\# 8 0001 00 0001 0001 00', /value of alpn/],
  ['\\# 7 0000 00 0003 0000', /alias/],
];

test('parameters that RFC 9460 forbids are EINVAL, with a sentence on what is wrong', (t) => {
  for (const [text, says] of INVALID) {
    const error = t.throws(() => parseRecord(`a. HTTPS ${text}`), { message: says }, text);
    t.like(error, { name: 'CircuitError', code: 'EINVAL' });
    t.regex(error?.message ?? '', /^[^\n]{1,300}[^.\n]$/);
  }
});
