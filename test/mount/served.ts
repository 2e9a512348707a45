/** A connection to a fake kernel, and the requests of that kernel. */
import type { ExecutionContext } from 'ava';
import { FuseConnection } from '../../mount/fuse-connection.js';
import type { Handle, Node } from '../../mount/node.js';
import { HAS_EXPIRE_ONLY, InitFlags, Opcode } from '../../mount/wire/constants.js';
import { Message } from '../../mount/wire/request.js';
import {
  EntryOut,
  InterruptIn,
  NotifyInvalEntryOut,
  OpenIn,
  OpenOut,
  OutHeader,
} from '../../mount/wire/structs.js';
import { encodeInit, encodeName, encodeRequest, FakeKernel } from './fake-kernel.js';
import { openFile, type ToyDirectory } from './toy.js';

export interface Served {
  readonly kernel: FakeKernel;
  readonly connection: FuseConnection;
  readonly errors: unknown[];
}

/** A connection that has received no INIT yet. */
export function connect(t: ExecutionContext, root: ToyDirectory): Served {
  const kernel = new FakeKernel();
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const options = { uid: 0, gid: 0, allowOther: false, onError };
  const connection = new FuseConnection(kernel, root, options);
  t.teardown(() => {
    for (const { finish } of kernel.queued) finish();
    return connection.end();
  });
  return { kernel, connection, errors };
}

export async function serve(t: ExecutionContext, root: ToyDirectory): Promise<Served> {
  const served = connect(t, root);
  served.kernel.send(encodeInit(40, InitFlags.INIT_EXT, HAS_EXPIRE_ONLY));
  await served.connection.initialized;
  return served;
}

let lastUnique = 100;

export function ask(
  kernel: FakeKernel,
  opcode: number,
  nodeid: number,
  ...parts: Uint8Array[]
): number {
  lastUnique += 2;
  kernel.send(encodeRequest(opcode, parts, { unique: lastUnique, nodeid }));
  return lastUnique;
}

export function interrupt(kernel: FakeKernel, unique: number): void {
  kernel.send(
    encodeRequest(Opcode.INTERRUPT, [InterruptIn.encode({ unique })], { unique: unique + 1 }),
  );
}

export async function lookup(kernel: FakeKernel, name: string): Promise<number> {
  const reply = await kernel.replyTo(ask(kernel, Opcode.LOOKUP, 1, encodeName(name)));
  return EntryOut.decode(new Message(reply.body).view).nodeid;
}

export async function open(kernel: FakeKernel, name: string, flags = 0): Promise<number> {
  const nodeid = await lookup(kernel, name);
  const reply = await kernel.replyTo(ask(kernel, Opcode.OPEN, nodeid, OpenIn.encode({ flags })));
  return OpenOut.decode(new Message(reply.body).view).fh;
}

/** The entries of the notifications that were written so far. */
export function invalidated(kernel: FakeKernel): { name: string; parent: number; flags: number }[] {
  return kernel.queued.map(({ message }) => {
    const { parent, flags } = NotifyInvalEntryOut.decode(new Message(message).view, OutHeader.size);
    const start = OutHeader.size + NotifyInvalEntryOut.size;
    return { name: message.toString('utf8', start, message.length - 1), parent, flags };
  });
}

export function fileWith(handle: Omit<Handle, 'io'>, mode = 0o600): Node {
  return openFile(mode, () => ({ io: 'stream', ...handle }));
}
