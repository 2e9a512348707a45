import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import test from 'ava';
import { LeftOutput } from '../../../../src/kinds/docker/left-output.js';
import { ContainerOutput } from '../../../../src/kinds/docker/output.js';

const KIB = 1024;
let connections = 0;

/** Both ends of a connection. */
async function connection(): Promise<readonly [ours: Socket, engine: Socket]> {
  connections += 1;
  const address = `\0circuit-output-test-${process.pid}-${connections}`;
  const server = createServer().listen(address);
  await once(server, 'listening');
  const ours = connect(address);
  const [engine] = await once(server, 'connection');
  // Ours may be closed before all has been read.
  engine.on('error', () => {});
  server.close();
  return [ours, engine];
}

/** Has the output read from a connection. */
async function attached(output: ContainerOutput) {
  const [ours, engine] = await connection();
  const disconnected = new Promise<void>((resolve) => output.attach(ours, resolve));
  return { ours, engine, disconnected };
}

function newOutput(left = new LeftOutput()): ContainerOutput {
  return new ContainerOutput(true, left.share());
}

function frame(content: string | Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(content.length, 4);
  return Buffer.concat([header, Buffer.from(content)]);
}

/** What readers get until the end: the bytes, with `EIO` where that is what a read gives. */
async function everythingOf(output: ContainerOutput): Promise<string[]> {
  const got: string[] = [];
  for (;;) {
    const data = await output.open().read(1000).catch(codeOf);
    if (data.length === 0) return got;
    got.push(String(data));
  }
}

const codeOf = (error: { readonly code: string }) => error.code;

test('what is left when a container has ended is read before the end, and what was not delivered again', async (t) => {
  const output = newOutput();
  const { engine, disconnected } = await attached(output);
  engine.end(Buffer.concat([frame('hello '), frame('world')]));
  output.drain();
  await disconnected;
  output.end();
  const source = output.open();
  // A reader of another member would take that for the end of what it has not read yet.
  t.not(source.ended, true);
  t.true(await source.ready());
  const data = await source.read(100);
  t.is(String(data), 'hello world');
  source.settled(data.subarray(0, 6), true);
  source.settled(data.subarray(6), false);
  t.is(String(await source.read(100)), 'world');
  t.is((await source.read(100)).length, 0);
});

test('an output that may not be whole ends with EIO, after what has come', async (t) => {
  const output = newOutput();
  const { engine, disconnected } = await attached(output);
  engine.write(frame('half'));
  const source = output.open();
  await t.throwsAsync(source.read(1, { nonblock: true }), { code: 'EAGAIN' });
  await source.whenReady();
  output.breakOff();
  engine.destroy();
  await disconnected;
  output.end();
  t.deepEqual(await everythingOf(output), ['half', 'EIO']);
});

test('where a connection was followed by another one a read fails, once', async (t) => {
  const output = newOutput();
  const first = await attached(output);
  first.engine.end(frame('one'));
  const source = output.open();
  const one = await source.read(100);
  await first.disconnected;
  const second = await attached(output);
  second.engine.write(frame('two'));
  // It comes again, and so does what follows.
  source.settled(one, false);
  t.is(String(await source.read(100)), 'one');
  t.true(await source.ready());
  await t.throwsAsync(source.read(100), { code: 'EIO' });
  // The reader was not there any more.
  source.untold?.(new Error('missing'));
  await t.throwsAsync(source.read(100), { code: 'EIO' });
  t.is(String(await source.read(100)), 'two');
  second.engine.end();
  t.false(await source.ready());
  await second.disconnected;
  output.end();
  t.deepEqual(await everythingOf(output), []);
});

test('a connection that ends inside a frame gives what has come, then EIO', async (t) => {
  for (const [sent, expected] of [
    [frame('whole'), ['whole']],
    [Buffer.concat([frame('whole'), frame('').subarray(0, 3)]), ['whole', 'EIO']],
    [frame('in two').subarray(0, 10), ['in', 'EIO']],
  ] as const) {
    const output = newOutput();
    const { engine, disconnected } = await attached(output);
    engine.end(sent);
    output.drain();
    await disconnected;
    output.end();
    t.deepEqual(await everythingOf(output), expected);
  }
});

test('with Retain the container is not held back, and each reader gets the last bytes, a gap once, and what follows', async (t) => {
  const left = new LeftOutput(0);
  const output = new ContainerOutput(true, left.share(), 6);
  const first = await attached(output);
  first.engine.end(Buffer.concat([frame(Buffer.alloc(1024 * KIB)), frame('kept')]));
  await first.disconnected;
  const early = output.open();
  t.is(String(await early.read(100)), '\0\0kept');
  const second = await attached(output);
  await t.throwsAsync(early.read(100), { code: 'EIO' });
  second.engine.end(frame('new'));
  await second.disconnected;
  output.end();
  t.is(String(await early.read(100)), 'new');
  t.is((await early.read(100)).length, 0);
  const late = output.open();
  t.is(String(await late.read(100)), 'ept');
  await t.throwsAsync(late.read(100), { code: 'EIO' });
  t.is(String(await late.read(100)), 'new');
  t.is((await late.read(100)).length, 0);
});

test('outputs that nobody reads hold so much together, the rest stays in the engine and comes whole', async (t) => {
  const limit = 1024 * KIB;
  const left = new LeftOutput(limit);
  const sent = 512 * KIB;
  const outputs = await Promise.all(
    Array.from({ length: 12 }, async (_, i) => {
      const output = newOutput(left);
      const { engine, disconnected } = await attached(output);
      disconnected.then(() => output.end());
      engine.end(frame(Buffer.alloc(sent, i)));
      output.drain();
      return output;
    }),
  );
  // A piece goes beyond it; a few turns are enough for all that comes without a reader.
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
  t.true(left.free < limit / 2, `${left.free} bytes are free`);
  t.true(left.free > -128 * KIB, `${left.free} bytes are free`);
  for (const [i, output] of outputs.entries()) {
    const source = output.open();
    let bytes = 0;
    for (let data = await source.read(sent); data.length > 0; data = await source.read(sent)) {
      bytes += data.filter((byte) => byte === i).length;
    }
    t.is(bytes, sent);
  }
  t.is(left.free, limit);
});

test('an output that may hold no more gives what was kept and then EIO, when the engine can wait no longer', async (t) => {
  const left = new LeftOutput(64 * KIB);
  const output = newOutput(left);
  const { ours, engine, disconnected } = await attached(output);
  engine.write(frame(Buffer.alloc(4096 * KIB)));
  output.drain();
  while (left.free === 64 * KIB || ours.readableLength === 0) await new Promise(setImmediate);
  t.true(output.isFull);
  output.giveUp();
  await disconnected;
  output.end();
  const got = await everythingOf(output);
  t.is(got.pop(), 'EIO');
  t.false(got.includes('EIO'));
  t.is(left.free, 64 * KIB);
  // One that has room goes on.
  const other = newOutput(left);
  const again = await attached(other);
  other.giveUp();
  t.true(other.attached);
  again.engine.end();
  other.release();
});

test.serial(
  'a container that goes on after all is held back again by what is unread',
  async (t) => {
    const [ours, engine] = await connection();
    const [others, drained] = await connection();
    const [output, other] = [newOutput(), newOutput()];
    for (const [each, socket] of [[output, ours] as const, [other, others] as const]) {
      each.attach(socket, () => {});
      each.drain();
    }
    output.stopDraining();
    const more = frame('x'.repeat(2_000_000));
    engine.write(more);
    // One that reads on has taken all of it by the time that this is done.
    await new Promise((resolve) => drained.write(more, resolve));
    t.true(engine.writableLength > 0);
    for (const each of [output, other]) each.end();
    engine.destroy();
    drained.destroy();
  },
);
