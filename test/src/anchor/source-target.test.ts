import test from 'ava';
import { RpcStub } from 'capnweb';
import { RemoteSource } from '../../../src/anchor/remote-source.js';
import { SourceTarget } from '../../../src/anchor/source-target.js';
import { ByteQueue } from '../../../src/base/byte-queue.js';
import { CircuitError } from '../../../src/base/error.js';
import type { Source } from '../../../src/kinds/control-file.js';
import { peer } from './toy-circuit.js';

test('a size or count that is none is EINVAL, and does the process no harm', async (t) => {
  const { circuit, connection } = await peer(t);
  using member = connection.main.member(circuit.self);
  using channel = await member.make(['c'], 'mkchan', '1');
  using process = await member.make(['p'], 'mkproc', '{"Path":"cat"}');
  using own = member.files([]);
  using output = process.source('stdout');
  using incoming = channel.source('recv');
  using log = own.log('log');
  const none: readonly unknown[] = [0, -1, 0.5, Number.NaN, undefined, '1', 2 ** 60];
  const size = { message: /a size is a whole number from 1/ };
  const count = { message: /a count is a whole number/ };
  for (const value of none as number[]) {
    await t.throwsAsync(() => output.read(value, false, 0), size);
    await t.throwsAsync(() => incoming.read(value, false, 0), size);
    await t.throwsAsync(() => log.read(0, value), size);
    if (value === 0) continue;
    await t.throwsAsync(() => output.read(1, false, value), count);
    await t.throwsAsync(() => output.acknowledge(value), count);
  }
  using input = process.sink('stdin', false);
  await input.accept(Buffer.from('alive'), false, false);
  t.is(Buffer.from((await output.read(100, false, 0)).data).toString(), 'alive');
  await process.command('scrub', '');
});

test('a peer that waits for one thing many times brings about no warning', async (t) => {
  const { circuit, connection } = await peer(t);
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  t.teardown(() => process.off('warning', note));
  using member = connection.main.member(circuit.self);
  using channel = await member.make(['c'], 'mkchan', '0');
  using source = channel.source('recv');
  const waiting = Array.from({ length: 50 }, () => source.whenReady());
  await channel.command('scrub', '');
  await Promise.all(waiting);
  await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual(warnings, []);
});

test('a delivery that another member cannot be told of ends no daemon that relays it', async (t) => {
  const { connection } = await peer(t);
  const lost = async (_data: Uint8Array, delivered: boolean) => {
    if (delivered) throw new CircuitError('EIO', 'the connection was lost');
  };
  const source: Source = {
    read: async () => Buffer.from('data'),
    settled: lost,
    ready: async () => true,
    whenReady: async () => {},
    close: () => {},
  };
  const target = new SourceTarget(source, connection.flow);
  await target.read(4, false, 0);
  // An unhandled rejection would end the daemon, and fails this test.
  await target.read(4, false, 4);
  await t.throwsAsync(target.acknowledge(4), { code: 'EIO' });
  target[Symbol.dispose]();
  await new Promise((resolve) => setImmediate(resolve));
});

test('a peer that goes while more is added to its piece leaves the bytes in order', async (t) => {
  const { connection } = await peer(t);
  const output = Buffer.alloc(256 * 1024, 'b').fill('a', 0, 64 * 1024);
  const queue = new ByteQueue();
  queue.push(output);
  const source: Source = {
    read: async () => queue.take(64 * 1024),
    settled: (data, delivered) => {
      if (!delivered) queue.unshift(data);
    },
    ready: async () => true,
    whenReady: async () => {},
    close: () => {},
  };
  const gone = new SourceTarget(source, connection.flow);
  const interrupted = t.throwsAsync(gone.read(output.length, false, 0), { code: 'EINTR' });
  // The first piece has been read by then, and what follows at once is waited for.
  const microtasks = async () => {
    for (let left = 20; left > 0; left -= 1) await Promise.resolve();
  };
  await microtasks();
  t.is(queue.length, output.length - 64 * 1024);
  gone[Symbol.dispose]();
  await microtasks();
  const next = new SourceTarget(source, connection.flow);
  const { data } = await next.read(64 * 1024, false, 0);
  await interrupted;
  t.is(Buffer.from(data).toString('latin1', 0, 1), 'a');
  t.is(queue.length, output.length - data.length);
});

test('an error that a source tells of only once comes to the peer after the bytes before it', async (t) => {
  const { connection } = await peer(t);
  const reads = [
    async () => Buffer.alloc(64 * 1024, 'a').subarray(0, 32 * 1024),
    async () => {
      throw new CircuitError('EIO', 'bytes are missing');
    },
    async () => Buffer.from('b'),
  ];
  const source: Source = {
    read: async () => (await reads.shift()?.()) ?? new Uint8Array(),
    settled: () => {},
    ready: async () => false,
    whenReady: () => new Promise(() => {}),
    close: () => {},
  };
  using target = new SourceTarget(source, connection.flow);
  t.is((await target.read(64 * 1024, false, 0)).data.length, 32 * 1024);
  t.is(reads.length, 1);
  t.true(await target.ready());
  await target.whenReady();
  await t.throwsAsync(target.read(64 * 1024, false, 0), { code: 'EIO' });
  t.is(Buffer.from((await target.read(64 * 1024, false, 0)).data).toString(), 'b');
});

/** A source of bytes, of an error that it tells of only once, and of more bytes. */
function gapped() {
  const gap = new CircuitError('EIO', 'bytes are missing');
  const left: (Uint8Array | CircuitError)[] = [
    Buffer.alloc(64 * 1024, 'a').subarray(0, 32 * 1024),
    gap,
    Buffer.from('b'),
  ];
  const source: Source = {
    read: async () => {
      const next = left.shift() ?? new Uint8Array();
      if (next instanceof CircuitError) throw next;
      return next;
    },
    settled: (data, delivered) => {
      if (!delivered && data.length > 0) left.unshift(data);
    },
    untold: () => left.unshift(gap),
    ready: async () => true,
    whenReady: async () => {},
    close: () => {},
  };
  return { source, left };
}

test("an error that was read ahead is the next reader's where the peer goes before it has asked", async (t) => {
  const { connection } = await peer(t);
  const { source, left } = gapped();
  const target = new SourceTarget(source, connection.flow);
  const { data } = await target.read(64 * 1024, false, 0);
  t.is(left.length, 1);
  await target.acknowledge(data.length);
  target[Symbol.dispose]();
  await new Promise(setImmediate);
  t.is(left.length, 2);
  using next = new SourceTarget(source, connection.flow);
  await t.throwsAsync(next.read(64 * 1024, false, 0), { code: 'EIO' });
  t.is(Buffer.from((await next.read(64 * 1024, false, 0)).data).toString(), 'b');
  // It has been told.
  await next.giveBack();
  t.is(Buffer.from((await next.read(64 * 1024, false, 0)).data).toString(), 'b');
});

test('an error that came to a daemon that relays it, and to no client, goes back to its member', async (t) => {
  const { connection } = await peer(t);
  const { source, left } = gapped();
  const relayed = new RemoteSource(new RpcStub(new SourceTarget(source, connection.flow)));
  await relayed.settled(await relayed.read(64 * 1024), true);
  for (let readers = 0; readers < 2; readers += 1) {
    const error: unknown = await t.throwsAsync(relayed.read(1), { code: 'EIO' });
    relayed.untold(error);
  }
  t.is(left.length, 1);
  relayed.close();
  while (left.length < 2) await new Promise(setImmediate);
  t.true(left[0] instanceof CircuitError);
});
