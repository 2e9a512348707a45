import { constants } from 'node:os';
import test from 'ava';
import type { Handle } from '../../../mount/node.js';
import { Opcode } from '../../../mount/wire/constants.js';
import { Message } from '../../../mount/wire/request.js';
import { WriteIn, WriteOut } from '../../../mount/wire/structs.js';
import type { FakeKernel } from '../fake-kernel.js';
import { ask, fileWith, interrupt, open, serve } from '../served.js';
import { deferred, ToyDirectory } from '../toy.js';

const { EINTR } = constants.errno;
const KIB = 1024;

/** Writes this letter `size` times. @returns The number of the request. */
function write(kernel: FakeKernel, fh: number, letter: string, size: number): number {
  const data = Buffer.alloc(size, letter);
  return ask(kernel, Opcode.WRITE, 2, WriteIn.encode({ fh, size }), data);
}

/** A file whose writes block until `goOn`, with the bytes of each. */
async function waiting(t: Parameters<typeof serve>[0]) {
  const writes: { readonly data: Uint8Array; readonly goOn: () => void }[] = [];
  const handle: Omit<Handle, 'io'> = {
    write: (data) => {
      const { promise, resolve } = deferred<undefined>();
      writes.push({ data, goOn: () => resolve(undefined) });
      return promise;
    },
  };
  const root = new ToyDirectory();
  root.entries.set('send', fileWith(handle));
  const { kernel } = await serve(t, root);
  return { kernel, writes, fh: await open(kernel, 'send') };
}

test('the bytes of a write do not change until the handle is done, even if the writer was interrupted', async (t) => {
  const { kernel, writes, fh } = await waiting(t);
  const interrupted = write(kernel, fh, 'a', 200 * KIB);
  interrupt(kernel, interrupted);
  t.is((await kernel.replyTo(interrupted)).error, EINTR);
  const second = write(kernel, fh, 'b', 200 * KIB);
  write(kernel, fh, 'c', 100);
  const content = () => writes.map(({ data }) => Buffer.from(data).toString('latin1'));
  t.deepEqual(content(), ['a'.repeat(200 * KIB), 'b'.repeat(200 * KIB), 'c'.repeat(100)]);
  for (const { goOn } of writes) goOn();
  t.is((await kernel.replyTo(second)).error, 0);
});

test('large writes one after the other use the same buffer', async (t) => {
  const { kernel, writes, fh } = await waiting(t);
  for (let count = 0; count < 10; count += 1) {
    const unique = write(kernel, fh, 'x', 1024 * KIB);
    writes.at(-1)?.goOn();
    await kernel.replyTo(unique);
  }
  t.is(new Set(writes.map(({ data }) => data.buffer)).size, 1);
});

test('all but a few of any number of blocked writes hold at most 64 KiB each', async (t) => {
  const { kernel, writes, fh } = await waiting(t);
  const uniques = Array.from({ length: 100 }, () => write(kernel, fh, 'x', 1024 * KIB));
  const held = writes.reduce((sum, { data }) => sum + data.length, 0);
  t.true(held < 40 * 1024 * KIB, `${held} bytes`);
  for (const { goOn } of writes) goOn();
  const last = await kernel.replyTo(uniques.at(-1) ?? 0);
  t.is(WriteOut.decode(new Message(last.body).view).size, 64 * KIB);
});
