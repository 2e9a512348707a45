import test from 'ava';
import fc from 'fast-check';
import { Opcode } from '../../../mount/wire/constants.js';
import { forgets, init, Message, nameAfter, write } from '../../../mount/wire/request.js';
import { DecodeError } from '../../../mount/wire/struct.js';
import {
  BatchForgetIn,
  ForgetOne,
  InHeader,
  InitIn,
  InitInExtension,
  MkdirIn,
  WriteIn,
} from '../../../mount/wire/structs.js';
import { encodeName, encodeRequest } from '../fake-kernel.js';

/** A message of any request with these parts. */
function message(...parts: readonly Uint8Array[]): Message {
  return new Message(encodeRequest(Opcode.LOOKUP, parts));
}

test('the parts of a request are decoded: data of a write, a name behind a struct, a batch of forgets', (t) => {
  const written = write(message(WriteIn.encode({ fh: 1, size: 5 }), Buffer.from('bytes')));
  t.is(written.fh, 1);
  t.is(Buffer.from(written.data).toString(), 'bytes');
  const made = nameAfter(MkdirIn)(message(MkdirIn.encode({ mode: 0o755 }), encodeName('made')));
  t.is(made.name, 'made');
  const all = [
    { nodeid: 5, nlookup: 1 },
    { nodeid: 6, nlookup: 2 },
  ];
  const encoded = all.map((one) => ForgetOne.encode(one));
  t.deepEqual(forgets(message(BatchForgetIn.encode({ count: 2 }), ...encoded)), all);
});

test('INIT has second flags if the kernel sends them (7.36), else 0', (t) => {
  const first = InitIn.encode({ major: 7, minor: 31 });
  t.is(init(message(first)).flags2, 0);
  t.is(init(message(first, InitInExtension.encode({ flags2: 8 }))).flags2, 8);
});

test('a UTF-8 name is decoded unchanged, with its length in bytes', (t) => {
  const names = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((name) => !name.includes('\0'));
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.oneof(names, fc.constant('\ufffd')), (name) => {
        const decoded = nameAfter()(message(encodeName(name)));
        t.deepEqual(decoded, { name, nameBytes: Buffer.byteLength(name) });
      }),
    ),
  );
});

test('a name that is not UTF-8 is decoded as undefined', (t) => {
  const decoded = nameAfter()(message(encodeName(Buffer.of(0x61, 0xff))));
  t.deepEqual(decoded, { name: undefined, nameBytes: 2 });
});

test('unique is exact up to 2^53', (t) => {
  const unique = Number.MAX_SAFE_INTEGER;
  const { view } = new Message(encodeRequest(Opcode.STATFS, [], { unique }));
  t.is(InHeader.decode(view).unique, unique);
});

test('a batch with fewer forgets than it says is a DecodeError', (t) => {
  const promising = message(BatchForgetIn.encode({ count: 2 ** 32 - 1 }));
  t.throws(() => forgets(promising), { instanceOf: DecodeError });
});
