import { constants } from 'node:os';
import test, { type ExecutionContext } from 'ava';
import { Opcode } from '../../../mount/wire/constants.js';
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
import { ask, connect, type Served, serve } from '../served.js';
import { ToyDirectory } from '../toy.js';

const { EIO, ENOSYS } = constants.errno;

/** One of each request that has a body, of which every byte is needed. */
const samples: Partial<Record<keyof typeof Opcode, readonly Uint8Array[]>> = {
  LOOKUP: [encodeName('name')],
  FORGET: [ForgetIn.encode({ nlookup: 3 })],
  BATCH_FORGET: [
    BatchForgetIn.encode({ count: 2 }),
    ForgetOne.encode({ nodeid: 5, nlookup: 1 }),
    ForgetOne.encode({ nodeid: 6, nlookup: 2 }),
  ],
  GETATTR: [GetattrIn.encode({ fh: 7 })],
  SETATTR: [SetattrIn.encode({ valid: 8, size: 9 })],
  MKDIR: [MkdirIn.encode({ mode: 0o755 }), encodeName('made')],
  RMDIR: [encodeName('gone')],
  OPEN: [OpenIn.encode({ flags: 1 })],
  READ: [ReadIn.encode({ fh: 1, offset: 2, size: 3 })],
  READDIR: [ReadIn.encode({ size: 4096 })],
  READDIRPLUS: [ReadIn.encode({ size: 4096 })],
  WRITE: [WriteIn.encode({ fh: 1, size: 5 }), Buffer.from('bytes')],
  RELEASE: [ReleaseIn.encode({ fh: 1 })],
  FLUSH: [FlushIn.encode({ fh: 1 })],
  POLL: [PollIn.encode({ fh: 1, kh: 2, flags: 1, events: 5 })],
  INTERRUPT: [InterruptIn.encode({ unique: 4 })],
  CREATE: [CreateIn.encode({ flags: 0x8241, mode: 0o644 }), encodeName('new')],
  INIT: [InitIn.encode({ major: 7, minor: 31 })],
};

const unanswered = new Set<string>(['FORGET', 'BATCH_FORGET', 'INTERRUPT']);

/** A connection that serves, or for INIT one that does not yet. */
function connected(t: ExecutionContext, name: string): Promise<Served> | Served {
  return name === 'INIT' ? connect(t, new ToyDirectory()) : serve(t, new ToyDirectory());
}

for (const [name, parts] of Object.entries(samples)) {
  const opcode = Object.entries(Opcode).find(([known]) => known === name)?.[1] ?? 0;
  test(`${name} cut short at any length is reported as malformed, and its reply, if any, is EIO`, async (t) => {
    const { kernel, errors } = await connected(t, name);
    const whole = encodeRequest(opcode, parts, { unique: 9 });
    // The rest of the whole request stays in the buffer, behind the short ones.
    if (name !== 'INIT') kernel.send(whole);
    t.deepEqual(errors, []);
    for (let length = 1; length < whole.length; length += 1) {
      const cut = Buffer.from(whole.subarray(0, length));
      if (length >= InHeader.size) cut.writeUInt32LE(length, 0);
      kernel.replies.length = 0;
      errors.length = 0;
      kernel.send(cut);
      t.true(errors.length === 1 && errors[0] instanceof DecodeError, `${length} bytes`);
      const isAnswered = length >= InHeader.size && !unanswered.has(name);
      const answers = kernel.replies.map(({ error }) => error);
      t.deepEqual(answers, isAnswered ? [EIO] : [], `${length} bytes`);
    }
  });
}

test('an unknown opcode is answered ENOSYS', async (t) => {
  const { kernel } = await serve(t, new ToyDirectory());
  for (const opcode of [0, 7, 52, 99, 4096, 2 ** 32 - 1]) {
    t.is((await kernel.replyTo(ask(kernel, opcode, 1))).error, ENOSYS);
  }
});
