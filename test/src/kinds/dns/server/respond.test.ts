import test from 'ava';
import { decode, encode } from 'dns-packet';
import fc from 'fast-check';
import { respond } from '../../../../../src/kinds/dns/server/respond.js';
import { zonesOf } from '../zone.js';

const ZONES = zonesOf(`
  a.test. SOA ns.a.test. admin.a.test. 1 7200 3600 1209600 300
  a.test. NS ns.a.test.
  a.test. MX 10 mail.a.test.
  a.test. MX 20 mail.b.test.
  ns.a.test. A 192.0.2.1
  mail.a.test. A 192.0.2.2
  mail.a.test. AAAA 2001:db8::2
  alias.a.test. CNAME mail.a.test.
  *.w.a.test. TXT "wild" "card"
  _s._tcp.a.test. SRV 1 2 3 mail.a.test.
  naptr.a.test. NAPTR 1 2 "S" "X" "" _s._tcp.a.test.
  svcb.a.test. SVCB 0 mail.a.test.
  cut.a.test. NS ns.cut.a.test.
  ns.cut.a.test. A 192.0.2.3
  fat.a.test. NS ns.fat.a.test.
  fat.a.test. NS many.a.test.
  fat.a.test. NS ns.b.test.
  ns.b.test. A 192.0.2.5
  ${Array.from({ length: 20 }, (_, i) => `ns.fat.a.test. A 192.0.2.${i}`).join('\n')}
  wide.a.test. NS ns.wide.a.test.
  ${Array.from({ length: 60 }, (_, i) => `ns.wide.a.test. A 192.0.2.${i}`).join('\n')}
  mx.a.test. MX 1 many.a.test.
  ${Array.from({ length: 60 }, (_, i) => `many.a.test. A 192.0.2.${i}`).join('\n')}
  ${Array.from({ length: 3000 }, (_, i) => `most.a.test. A 10.0.${i >> 8}.${i & 255}`).join('\n')}`);

const OPT = { type: 'OPT', name: '.', udpPayloadSize: 4096 };

/** The OPT record that follows the question of a query with EDNS, and one with a cookie (RFC 7873), in bytes. */
const OPT_BYTES = 11;
const COOKIE = { code: 10, data: Buffer.from('0123456789abcdef', 'hex') };

interface Asked {
  readonly name?: string;
  readonly type?: string;
  /** Records of the additional section. */
  readonly additionals?: readonly object[];
}

function query({ name = 'mail.a.test', type = 'A', additionals = [] }: Asked = {}): Buffer {
  return encode({
    type: 'query',
    id: 0x1234,
    flags: 0x0100,
    questions: [{ name, type }],
    additionals,
  });
}

function answered(message: Buffer, transport: 'UDP' | 'TCP' = 'UDP') {
  const answer = respond(ZONES, message, transport);
  return answer && { ...decode(answer), bytes: answer };
}

/** The query with other bytes at an offset. */
function changed(message: Buffer, offset: number, ...bytes: readonly number[]): Buffer {
  const copy = Buffer.from(message);
  copy.set(bytes, offset);
  return copy;
}

/** The query for `mail.a.test` without its question. */
function withoutQuestion(message: Buffer): Buffer {
  const rest = message.subarray(query().length);
  return changed(Buffer.concat([message.subarray(0, 12), rest]), 5, 0);
}

/** The query, which ends in an OPT record without options, with these bytes in their place. */
function withData(message: Buffer, data: string): Buffer {
  const longer = Buffer.concat([message, Buffer.from(data)]);
  return changed(longer, message.length - 1, data.length);
}

test('ID, question and RD are echoed, byte for byte; RA and AD are not set', (t) => {
  const message = query({ name: 'MaIl.A.tEST' });
  const answer = answered(changed(message, 3, 0xff));
  t.deepEqual(answer?.bytes.subarray(12, message.length), message.subarray(12));
  t.is(answer?.bytes.readUInt16BE(0), 0x1234);
  t.is(answer?.bytes.readUInt16BE(2), 0x8500);
  t.is(answer?.answers[0]?.data, '192.0.2.2');
});

test('names in an answer are compressed, in the data of MX, and not in that of later types (RFC 3597, section 4)', (t) => {
  const answer = answered(query({ name: 'a.test', type: 'MX' }));
  // 12 for the header and 12 for the question; two records with 12 of their own, 2 of preference and
  // pointers, of which mail.b.test. has one to test.; two with addresses.
  const names = 'mail'.length + 1 + 2 + ('mail'.length + 1 + 'b'.length + 1 + 2);
  t.is(answer?.bytes.length, 12 + 12 + 2 * (12 + 2) + names + (12 + 4) + (12 + 16));
  const service = answered(query({ name: '_s._tcp.a.test', type: 'SRV' }));
  t.true(service?.bytes.includes('\x04mail\x01a\x04test\0'));
  const pointer = answered(query({ name: 'naptr.a.test', type: 'NAPTR' }));
  t.true(pointer?.bytes.includes('\x04_tcp\x01a\x04test\0'));
  const alias = answered(query({ name: 'svcb.a.test', type: 'UNKNOWN_64' }));
  t.true(alias?.bytes.includes('\x04mail\x01a\x04test\0'));
});

test('a UDP answer has 512 bytes, or what EDNS allows up to 1232; one that is longer is truncated', (t) => {
  const many = { name: 'many.a.test' };
  for (const [size, whole] of [
    [undefined, false],
    [100, false],
    [900, false],
    [1000, true],
    [4096, true],
  ] as const) {
    const additionals = size === undefined ? [] : [{ ...OPT, udpPayloadSize: size }];
    const answer = answered(query({ ...many, additionals }));
    t.is(answer?.flag_tc, !whole, `${size}`);
    t.true(answer?.flag_aa);
    t.is(answer?.answers.length, whole ? 60 : 0);
    t.is(answer?.additionals.length, additionals.length);
  }
  const most = query({ name: 'most.a.test', additionals: [OPT] });
  t.true(answered(most)?.flag_tc);
  t.is(answered(most, 'TCP')?.answers.length, 3000);
  t.is(answered(query(many), 'TCP')?.answers.length, 60);
});

test('a referral has the addresses of the servers below the cut, or is truncated; others are left out (RFC 9471)', (t) => {
  const names = (answer: ReturnType<typeof answered>) => [
    ...new Set(answer?.additionals.map(({ name }) => name)),
  ];
  const asked = query({ name: 'x.fat.a.test' });
  const short = answered(asked);
  t.false(short?.flag_tc);
  t.deepEqual(names(short), ['ns.fat.a.test']);
  t.is(short?.additionals.length, 20);
  t.deepEqual(names(answered(asked, 'TCP')), ['ns.fat.a.test', 'many.a.test', 'ns.b.test']);
  const wide = answered(query({ name: 'x.wide.a.test' }));
  t.true(wide?.flag_tc);
  t.is(answered(query({ name: 'x.wide.a.test' }), 'TCP')?.additionals.length, 60);
});

test('additional records that do not fit are left out, and the answer is not truncated (RFC 2181, section 9)', (t) => {
  const answer = answered(query({ name: 'mx.a.test', type: 'MX' }));
  t.false(answer?.flag_tc);
  t.is(answer?.answers.length, 1);
  t.is(answer?.additionals.length, 0);
  t.is(answered(query({ name: 'mx.a.test', type: 'MX' }), 'TCP')?.additionals.length, 60);
});

test('EDNS is answered where the query has it: version 0, DO copied, no options; BADVERS for others', (t) => {
  const withCookie = { ...OPT, flags: 0x8000, options: [COOKIE] };
  const answer = answered(query({ additionals: [withCookie] }));
  const [opt] = answer?.additionals ?? [];
  t.is(opt?.type, 'OPT');
  t.is(opt?.udpPayloadSize, 1232);
  t.is(opt?.ednsVersion, 0);
  t.true(opt?.flag_do);
  t.is(answer?.bytes.readUInt16BE(answer.bytes.length - 2), 0);
  t.deepEqual(answered(query())?.additionals, []);
  const later = query({ additionals: [{ ...OPT, ednsVersion: 1 }] });
  // The options of another version may look otherwise.
  for (const message of [later, withData(later, 'abc')]) {
    const bad = answered(message);
    t.is(bad?.rcode, 'NOERROR');
    t.is(bad?.answers.length, 0);
    // The upper bits of the code are in the OPT record.
    t.is(bad?.bytes.at(-6), 1);
    t.is(bad?.bytes.at(-5), 0);
  }
});

test('what is no query is dropped: a response, or less than a header', (t) => {
  t.is(respond(ZONES, changed(query(), 2, 0x80), 'UDP'), undefined);
  t.is(respond(ZONES, query().subarray(0, 11), 'UDP'), undefined);
  t.is(respond(ZONES, Buffer.alloc(0), 'UDP'), undefined);
});

test('what is malformed is FORMERR, with the question where there is one', (t) => {
  const plain = query();
  const withOpt = query({ additionals: [OPT] });
  const malformed = {
    'no question': changed(plain, 5, 0),
    'two questions': changed(plain, 5, 2),
    'a name that is cut off': plain.subarray(0, 15),
    'a name without type and class': plain.subarray(0, -4),
    'a compressed name': changed(plain, 12, 0xc0, 12),
    'a label of 64': changed(plain, 12, 64),
    'bytes behind the end': Buffer.concat([plain, Buffer.alloc(1)]),
    'an answer': changed(plain, 7, 1),
    'an OPT record among the authorities': changed(withOpt, 9, 1, 0, 0),
    'an OPT record of a name': Buffer.concat([
      withOpt.subarray(0, -OPT_BYTES),
      Buffer.from('\x01a'),
      withOpt.subarray(-OPT_BYTES),
    ]),
    'a record that is cut off': withOpt.subarray(0, -1),
  };
  for (const [what, message] of Object.entries(malformed)) {
    const answer = answered(message);
    t.is(answer?.rcode, 'FORMERR', what);
    t.is(answer?.id, 0x1234);
    t.false(answer?.flag_aa);
    t.deepEqual(answer?.additionals, [], what);
    const hasQuestion = answer?.questions.length === 1;
    if (hasQuestion)
      t.deepEqual(answer?.bytes.subarray(12), plain.subarray(12, answer?.bytes.length));
  }
  t.is(answered(malformed['bytes behind the end'])?.questions.length, 1);
});

test('what is malformed and has an OPT record that can be read is FORMERR with OPT', (t) => {
  const withOpt = query({ additionals: [OPT] });
  const withCookie = query({ additionals: [{ ...OPT, options: [COOKIE] }] });
  const question = query().subarray(12);
  const malformed = {
    'no question': withoutQuestion(withOpt),
    // A server without cookies does not know it for a question for one (RFC 7873, section 5.4).
    'a cookie and no question': withoutQuestion(withCookie),
    'two questions': Buffer.concat([
      changed(withOpt, 5, 2).subarray(0, -OPT_BYTES),
      question,
      withOpt.subarray(-OPT_BYTES),
    ]),
    'two OPT records': query({ additionals: [OPT, OPT] }),
    'bytes behind the end': Buffer.concat([withOpt, Buffer.alloc(1)]),
    'an option that is cut off': withData(withOpt, 'abc'),
  };
  for (const [what, message] of Object.entries(malformed)) {
    const answer = answered(message);
    t.is(answer?.rcode, 'FORMERR', what);
    t.deepEqual(
      answer?.additionals.map(({ type }) => type),
      ['OPT'],
      what,
    );
  }
});

test('other opcodes are NOTIMP, with OPT where the query has it; other classes, transfers and names of others are REFUSED', (t) => {
  const withOpt = query({ additionals: [OPT] });
  for (const opcode of [1, 2, 4, 5, 15]) {
    for (const [message, additionals] of [
      [query(), 0],
      [withOpt, 1],
    ] as const) {
      const answer = answered(changed(message, 2, opcode << 3));
      t.is(answer?.rcode, 'NOTIMP');
      t.is(answer?.questions.length, 0);
      t.is(answer?.additionals.length, additionals);
    }
  }
  const plain = query();
  for (const of of [3, 254, 255]) {
    t.is(answered(changed(plain, plain.length - 1, of))?.rcode, 'REFUSED');
  }
  for (const type of ['AXFR', 'IXFR']) {
    t.is(answered(query({ name: 'a.test', type }), 'TCP')?.rcode, 'REFUSED');
  }
  const refused = answered(query({ name: 'b.test' }));
  t.is(refused?.rcode, 'REFUSED');
  t.false(refused?.flag_aa);
});

test('whatever is asked, every answer is well-formed, and of its query', (t) => {
  const label = fc.oneof(fc.constantFrom('a', 'test', 'mail', 'w', 'cut', 'ns', '*'), fc.string());
  const types = ['A', 'AAAA', 'NS', 'MX', 'SOA', 'SRV', 'TXT', 'CNAME', 'ANY', 'DS', 'PTR'];
  const property = fc.property(
    fc.array(label, { maxLength: 6 }),
    fc.constantFrom(...types),
    fc.boolean(),
    fc.constantFrom('UDP', 'TCP'),
    (labels, type, edns, transport) => {
      const safe = labels
        .map((each) => each.replace(/[^a-z*]/gi, 'x'))
        .filter((each) => each !== '');
      const name = [...safe, 'a', 'test'].join('.');
      const message = query({ name, type, additionals: edns ? [OPT] : [] });
      const answer = answered(message, transport);
      return (
        answer?.type === 'response' &&
        answer.questions[0]?.name === name &&
        ['NOERROR', 'NXDOMAIN'].includes(answer.rcode) &&
        (transport === 'TCP' || answer.bytes.length <= (edns ? 1232 : 512))
      );
    },
  );
  t.notThrows(() => fc.assert(property, { numRuns: 2000 }));
});

/** Numbers below 2^32 from a seed (Marsaglia, Xorshift RNGs, 2003). */
function* numbers(seed: number): Generator<number, never> {
  for (let x = seed; ; ) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    yield x >>> 0;
  }
}

test('100,000 mutated packets get well-formed answers or none, and it goes on serving', (t) => {
  const random = numbers(21);
  const below = (limit: number) => random.next().value % limit;
  const seeds = [
    query(),
    query({ name: 'a.test', type: 'MX', additionals: [OPT] }),
    query({ name: 'x.y.w.a.test', type: 'TXT' }),
    query({
      name: 'no.cut.a.test',
      additionals: [{ ...OPT, options: [{ code: 8, ip: '10.0.0.1' }] }],
    }),
    query({ name: 'alias.a.test', additionals: [{ name: 'a', type: 'TXT', data: 'x' }, OPT] }),
  ];
  let answers = 0;
  for (let i = 0; i < 100_000; i += 1) {
    let message = Buffer.from(seeds[below(seeds.length)] ?? query());
    for (let mutations = 1 + below(4); mutations > 0; mutations -= 1) {
      const at = below(message.length + 1);
      const kind = below(4);
      if (kind === 0) message = message.subarray(0, at);
      else if (kind === 1) message = Buffer.concat([message, message.subarray(at)]);
      else if (at < message.length)
        message[at] = kind === 2 ? below(256) : (message[at] ?? 0) ^ (1 << below(8));
    }
    const answer = respond(ZONES, message, below(2) === 0 ? 'UDP' : 'TCP');
    if (!answer) continue;
    answers += 1;
    const decoded = decode(answer);
    if (decoded.type !== 'response' || decoded.id !== message.readUInt16BE(0))
      t.fail(message.toString('hex'));
  }
  t.true(answers > 30_000 && answers < 100_000, `${answers}`);
  t.is(answered(query())?.answers[0]?.data, '192.0.2.2');
});
