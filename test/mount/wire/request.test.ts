import test from 'ava';
import fc from 'fast-check';
import { Opcode } from '../../../mount/wire/constants.js';
import {
  decodeBody,
  decodeHeader,
  Message,
  type RequestBody,
} from '../../../mount/wire/request.js';
import { DecodeError } from '../../../mount/wire/struct.js';
import {
  BatchForgetIn,
  CreateIn,
  FlushIn,
  ForgetIn,
  ForgetOne,
  GetattrIn,
  InHeader,
  InitIn,
  InterruptIn,
  MkdirIn,
  OpenIn,
  PollIn,
  ReadIn,
  ReleaseIn,
  SetattrIn,
  WriteIn,
} from '../../../mount/wire/structs.js';
import { encodeName, encodeRequest } from '../fake-kernel.js';

function decode(bytes: Uint8Array): RequestBody {
  const message = new Message(bytes);
  return decodeBody(message, bytes.length, decodeHeader(message, bytes.length));
}

/** One of each request that has a body, and how many bytes of it are needed. */
const samples: readonly [opcode: number, parts: readonly Uint8Array[]][] = [
  [Opcode.LOOKUP, [encodeName('name')]],
  [Opcode.FORGET, [ForgetIn.encode({ nlookup: 3 })]],
  [
    Opcode.BATCH_FORGET,
    [
      BatchForgetIn.encode({ count: 2 }),
      ForgetOne.encode({ nodeid: 5, nlookup: 1 }),
      ForgetOne.encode({ nodeid: 6, nlookup: 2 }),
    ],
  ],
  [Opcode.GETATTR, [GetattrIn.encode({ fh: 7 })]],
  [Opcode.SETATTR, [SetattrIn.encode({ valid: 8, size: 9 })]],
  [Opcode.MKDIR, [MkdirIn.encode({ mode: 0o755 }), encodeName('made')]],
  [Opcode.RMDIR, [encodeName('gone')]],
  [Opcode.OPEN, [OpenIn.encode({ flags: 1 })]],
  [Opcode.READ, [ReadIn.encode({ fh: 1, offset: 2, size: 3 })]],
  [Opcode.READDIR, [ReadIn.encode({ size: 4096 })]],
  [Opcode.READDIRPLUS, [ReadIn.encode({ size: 4096 })]],
  [Opcode.WRITE, [WriteIn.encode({ fh: 1, size: 5 }), Buffer.from('bytes')]],
  [Opcode.RELEASE, [ReleaseIn.encode({ fh: 1 })]],
  [Opcode.FLUSH, [FlushIn.encode({ fh: 1 })]],
  [Opcode.POLL, [PollIn.encode({ fh: 1, kh: 2, flags: 1, events: 5 })]],
  [Opcode.INTERRUPT, [InterruptIn.encode({ unique: 4 })]],
  [Opcode.CREATE, [CreateIn.encode({ flags: 0x8241, mode: 0o644 }), encodeName('new')]],
  [Opcode.INIT, [InitIn.encode({ major: 7, minor: 31 })]],
];

for (const [opcode, parts] of samples) {
  test(`request ${opcode} cut short at any length is a DecodeError`, (t) => {
    const whole = encodeRequest(opcode, parts);
    t.notThrows(() => decode(whole));
    for (let length = 0; length < whole.length; length += 1) {
      const honest = Buffer.from(whole.subarray(0, length));
      if (length >= InHeader.size) honest.writeUInt32LE(length, 0);
      t.throws(() => decode(honest), { instanceOf: DecodeError }, `${length} bytes`);
      // The same in a buffer that still has the rest of an earlier message.
      const message = new Message(whole);
      const cut = () => decodeBody(message, length, decodeHeader(message, length));
      t.throws(cut, { instanceOf: DecodeError }, `${length} bytes in a longer buffer`);
    }
  });
}

test('the parts of requests arrive where they belong', (t) => {
  const write = decode(encodeRequest(...(samples[11] ?? [0, []])));
  t.true(write.op === 'WRITE' && Buffer.from(write.data).toString() === 'bytes');
  const mkdir = decode(encodeRequest(...(samples[5] ?? [0, []])));
  t.true(mkdir.op === 'MKDIR' && mkdir.args.name === 'made');
  const create = decode(encodeRequest(...(samples[16] ?? [0, []])));
  t.true(create.op === 'CREATE' && create.args.name === 'new');
  const forgets = decode(encodeRequest(...(samples[2] ?? [0, []])));
  t.true(forgets.op === 'BATCH_FORGET');
  t.deepEqual(forgets.op === 'BATCH_FORGET' ? forgets.args : [], [
    { nodeid: 5, nlookup: 1 },
    { nodeid: 6, nlookup: 2 },
  ]);
});

test('random bytes are a request or a DecodeError, never another error', (t) => {
  const opcodes = fc.oneof(
    fc.integer({ min: 0, max: 60 }),
    fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  );
  t.notThrows(() =>
    fc.assert(
      fc.property(
        opcodes,
        fc.uint8Array({ maxLength: 200 }),
        fc.boolean(),
        (opcode, body, honest) => {
          const bytes = encodeRequest(opcode, [body], honest ? {} : { len: body.length });
          try {
            decode(bytes);
          } catch (error) {
            if (!(error instanceof DecodeError)) throw error;
          }
        },
      ),
      { numRuns: 2000 },
    ),
  );
});

test('an opcode that we do not know is unserved', (t) => {
  for (const opcode of [0, 7, 52, 99, 4096, 2 ** 32 - 1]) {
    t.is(decode(encodeRequest(opcode)).op, 'unserved');
  }
});

test('a batch that promises more forgets than it brings is a DecodeError', (t) => {
  const bytes = encodeRequest(Opcode.BATCH_FORGET, [BatchForgetIn.encode({ count: 2 ** 32 - 1 })]);
  t.throws(() => decode(bytes), { instanceOf: DecodeError });
});

test('any UTF-8 name arrives as it is, with its length in bytes', (t) => {
  const names = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((name) => !name.includes('\0'));
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.oneof(names, fc.constant('\ufffd')), (name) => {
        const request = decode(encodeRequest(Opcode.LOOKUP, [encodeName(name)]));
        t.deepEqual(request, {
          op: 'LOOKUP',
          args: { name, nameBytes: Buffer.byteLength(name) },
        });
      }),
    ),
  );
});

test('a name that is not UTF-8 is undefined', (t) => {
  const request = decode(encodeRequest(Opcode.LOOKUP, [encodeName(Buffer.of(0x61, 0xff))]));
  t.deepEqual(request, { op: 'LOOKUP', args: { name: undefined, nameBytes: 2 } });
});

test('unique is exact up to 2^53', (t) => {
  const unique = Number.MAX_SAFE_INTEGER;
  const bytes = encodeRequest(Opcode.STATFS, [], { unique });
  t.is(decodeHeader(new Message(bytes), bytes.length).unique, unique);
});
