import { mock } from 'node:test';
import test, { type ExecutionContext } from 'ava';
import type { WebSocket } from 'ws';
import { RemoteMember } from '../../../src/anchor/remote-member.js';
import {
  type Files,
  type Source,
  type WriteOptions,
  writeAll,
} from '../../../src/kinds/control-file.js';
import { MAX_HELD_OF_CONNECTION, MAX_WAITING } from '../../../src/kinds/message-memory.js';
import { MAX_CHUNK } from '../../../src/transport/limits.js';
import { eventually } from '../../host/cluster.js';
import { binary } from '../client/circuit.js';
import { served } from './served.js';
import { newLog, peer, ToyCircuit } from './toy-circuit.js';

/** A channel of another member, and what the messages of this connection may hold there. */
async function farChannel(t: ExecutionContext, capacity = 1) {
  const operations = newLog();
  const circuit = new ToyCircuit(operations);
  const memory = circuit.member().messages.ofConnection();
  const sockets = new Map<string, WebSocket>();
  const socket = (side: 'server' | 'client') => {
    const found = sockets.get(side);
    if (!found) throw new Error(`the ${side} has no socket`);
    return found;
  };
  const connection = await served(t, circuit, operations, {
    memory,
    onSocket: (side, socket) => sockets.set(side, socket),
  });
  const member = new RemoteMember(circuit.self, async () => connection);
  const channel = await member.make(['c'], 'mkchan', String(capacity));
  return { local: circuit.member(), memory, socket, connection, channel };
}

/** Messages that were accepted. */
async function accepted(channel: Files): Promise<number> {
  return JSON.parse(await channel.value('peek')).NumSend;
}

async function readSome(incoming: Source): Promise<Uint8Array> {
  const data = await incoming.read(MAX_CHUNK);
  await incoming.settled(data, true);
  return data;
}

/** One message. */
async function receive(channel: Files): Promise<Buffer> {
  const incoming = channel.source('recv');
  const pieces = [];
  do pieces.push(await readSome(incoming));
  while (!incoming.ended && pieces.at(-1)?.length !== 0);
  incoming.close();
  return Buffer.concat(pieces);
}

/** Makes a write that is interrupted before its answer can be known. */
async function interruptEarly(write: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const giveUp = new AbortController();
  const writing = write(giveUp.signal);
  // It is on its way by then.
  await new Promise((resolve) => setImmediate(resolve));
  giveUp.abort();
  return await writing;
}

test('a peer’s send waits while its messages hold all that they may, and loses nothing', async (t) => {
  const { memory, channel } = await farChannel(t, 10);
  memory.hold(MAX_HELD_OF_CONNECTION);
  const data = Buffer.alloc(3 * MAX_CHUNK, 'circuit');
  let isSent = false;
  const sending = writeAll(channel.sink('send'), data, { last: true }).finally(() => {
    isSent = true;
  });
  await t.throwsAsync(writeAll(channel.sink('send'), data, { nonblock: true }), {
    code: 'EAGAIN',
    message: /came over this connection hold 64 MiB/,
  });
  const other = channel.sink('send');
  t.false(await other.ready());
  const ready = other.whenReady();
  // Later calls on the same connection are answered.
  t.is(await accepted(channel), 0);
  t.false(isSent);
  memory.free(MAX_HELD_OF_CONNECTION);
  await ready;
  t.true((await receive(channel)).equals(data));
  t.is(await sending, data.length);
});

// Serial tests run before the others: the clock is the test's alone.
test.serial('a write that is interrupted while there is no room has taken nothing', async (t) => {
  const { memory, channel } = await farChannel(t);
  // The answer may take 250 ms, which never pass here.
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.reset());
  const message = channel.sink('send');
  const write = (text: string, options: WriteOptions = {}) =>
    interruptEarly((signal) => writeAll(message, Buffer.from(text), { ...options, signal }));
  await writeAll(message, Buffer.from('first '));
  memory.hold(MAX_HELD_OF_CONNECTION);
  for (const last of [false, true]) {
    await t.throwsAsync(write('lost', { last }), { code: 'EINTR' });
    await t.throwsAsync(write('lost', { last, nonblock: true }), { code: 'EAGAIN' });
  }
  memory.free(MAX_HELD_OF_CONNECTION);
  t.is(await writeAll(message, Buffer.alloc(MAX_WAITING - 6, '.')), MAX_WAITING - 6);
  // 64 KiB wait for a receiver by now.
  const behind = { code: 'EAGAIN', message: /the receiver is behind/ };
  await t.throwsAsync(write('lost', { nonblock: true }), behind);
  t.is(await write('t'), 1);
  for (const last of [false, true]) await t.throwsAsync(write('lost', { last }), { code: 'EINTR' });
  const receiving = receive(channel);
  t.is(await writeAll(message, Buffer.from('u'), { last: true }), 1);
  t.is((await receiving).toString().replace(/\.+/, '.'), 'first .tu');
});

/** The connection is held up: the call is not seen, or its answer is not. */
const SIDES = ['server', 'client'] as const;

for (const side of SIDES) {
  for (const short of [false, true]) {
    const where = `the ${side} hears nothing, ${short ? 'no memory' : 'memory'}`;

    test(`bytes of an interrupted write that nobody answers for arrive once, and in order: ${where}`, async (t) => {
      const { local, memory, socket, channel } = await farChannel(t);
      using receiver = await local.files(['c']);
      for (const last of [false, true]) {
        const message = channel.sink('send');
        await writeAll(message, Buffer.from('first '));
        if (short) memory.hold(MAX_HELD_OF_CONNECTION);
        socket(side).pause();
        const data = Buffer.from('second');
        const taken = await interruptEarly((signal) => writeAll(message, data, { signal, last }));
        t.is(taken, data.length);
        // The buffer is the writer's again.
        data.fill('x');
        if (!last) message.close();
        socket(side).resume();
        // It has been refused by now, if it is, since this is answered after it.
        t.is(await accepted(channel), last ? 2 : 1);
        if (short) memory.free(MAX_HELD_OF_CONNECTION);
        t.is((await receive(receiver)).toString(), 'first second');
      }
    });
  }

  test(`what a non-blocking write adds comes after what is still on its way: the ${side} hears nothing`, async (t) => {
    const { local, socket, channel } = await farChannel(t);
    using receiver = await local.files(['c']);
    const message = channel.sink('send');
    const nonblock = true;
    await writeAll(message, Buffer.alloc(MAX_WAITING, 'a'), { nonblock });
    socket(side).pause();
    const taken = await interruptEarly((signal) =>
      writeAll(message, Buffer.from('b'), { signal, nonblock }),
    );
    t.is(taken, 1);
    const add = async () => await writeAll(message, Buffer.from('c'), { nonblock, last: true });
    const onItsWay = { code: 'EAGAIN', message: /what was written before is on its way/ };
    await t.throwsAsync(add(), onItsWay);
    t.false(await message.ready());
    const ready = message.whenReady();
    socket(side).resume();
    // It has been refused by now, since 64 KiB wait already.
    await accepted(channel);
    await t.throwsAsync(add(), onItsWay);
    t.false(await message.ready());
    const incoming = receiver.source('recv');
    const pieces = [await readSome(incoming), await readSome(incoming)];
    await ready;
    t.true(await message.ready());
    t.is(await add(), 1);
    while (!incoming.ended) pieces.push(await readSome(incoming));
    incoming.close();
    t.is(Buffer.concat(pieces).toString().replace(/a+/, 'a'), 'abc');
  });

  for (const awaited of [false, true]) {
    const where = `the ${side} hears nothing, ${awaited ? 'a' : 'no'} receiver waits`;

    test(`an interrupted write that is larger than there is memory for arrives in pieces: ${where}`, async (t) => {
      const { local, memory, socket, channel } = await farChannel(t);
      using receiver = await local.files(['c']);
      const message = channel.sink('send');
      const data = binary(MAX_WAITING + MAX_CHUNK);
      await writeAll(message, data.subarray(0, MAX_WAITING));
      const incoming = receiver.source('recv');
      const pieces = awaited ? [await readSome(incoming)] : [];
      memory.hold(MAX_HELD_OF_CONNECTION);
      // Where a receiver waits, a part is taken at once, and the answer does not come.
      const next = awaited ? readSome(incoming) : undefined;
      socket(side).pause();
      const rest = data.subarray(MAX_WAITING);
      t.is(await interruptEarly((signal) => writeAll(message, rest, { signal })), rest.length);
      message.close();
      socket(side).resume();
      if (next) pieces.push(await next);
      while (!incoming.ended) pieces.push(await readSome(incoming));
      incoming.close();
      t.true(pieces.length > 2);
      t.true(Buffer.concat(pieces).equals(data));
    });
  }
}

test('bytes on their way whose channel is scrubbed are lost, and the next write is EPIPE', async (t) => {
  const { local, memory, socket, channel } = await farChannel(t);
  const message = channel.sink('send');
  await writeAll(message, Buffer.from('first '));
  memory.hold(MAX_HELD_OF_CONNECTION);
  socket('server').pause();
  t.is(await interruptEarly((signal) => writeAll(message, Buffer.from('lost'), { signal })), 4);
  using files = await local.files(['c']);
  await files.command('scrub', '');
  socket('server').resume();
  await message.whenReady();
  await t.throwsAsync(writeAll(message, Buffer.from('more')), { code: 'EPIPE' });
});

test('a message that was closed while its last bytes are on their way is not aborted by a peer that goes', async (t) => {
  const { local, socket, channel } = await farChannel(t);
  using receiver = await local.files(['c']);
  const message = channel.sink('send');
  await writeAll(message, Buffer.from('first '));
  socket('client').pause();
  t.is(await interruptEarly((signal) => writeAll(message, Buffer.from('last'), { signal })), 4);
  message.close();
  // So does a daemon that relays, when its peer disposes what it has closed.
  message.abort();
  socket('client').resume();
  t.is((await receive(receiver)).toString(), 'first last');
});

test('an interrupted write ends no other call that waits for room', async (t) => {
  const { circuit, member } = await peer(t);
  // It is stopped, so that its input is full until it goes on.
  const command = { Path: 'sh', Args: ['-c', 'kill -STOP $$; cat > /dev/null'] };
  using files = await member.make(['p'], 'mkproc', JSON.stringify(command));
  await eventually(
    () => files.value('phase'),
    (phase) => phase === 'stopped\n',
  );
  const input = files.sink('stdin');
  t.is(await writeAll(input, Buffer.alloc(MAX_WAITING), { nonblock: true }), MAX_WAITING);
  let isReady = false;
  const ready = input.whenReady().then(() => {
    isReady = true;
  });
  const write = interruptEarly((signal) => writeAll(input, Buffer.from('b'), { signal }));
  await t.throwsAsync(write, { code: 'EINTR' });
  t.false(isReady);
  await files.command('signal', 'CONT');
  await t.notThrowsAsync(ready);
  input.close();
  await circuit.member().terminate(1_000);
});

test('a writer of an input counts from its open: the input ends when the last one closes', async (t) => {
  const { member } = await peer(t);
  const run = (name: string) => member.make([name], 'mkproc', '{"Path":"cat"}');
  using process = await run('p');
  const [idle, busy] = [process.sink('stdin'), process.sink('stdin')];
  await writeAll(busy, Buffer.from('one '));
  busy.close();
  t.is(await writeAll(idle, Buffer.from('two')), 3);
  idle.close();
  t.is(Buffer.from(await process.source('stdout').read(MAX_CHUNK)).toString(), 'one two');
  using other = await run('q');
  other.sink('stdin').close();
  t.regex(Buffer.from(await other.source('wait').read(MAX_CHUNK)).toString(), /exited/);
});

test('a send waits until its last bytes have room, and fails when its receiver goes before', async (t) => {
  const { local, channel } = await farChannel(t);
  using receiver = await local.files(['c']);
  for (const files of [receiver, channel]) {
    const sending = writeAll(files.sink('send'), Buffer.alloc(3 * MAX_WAITING), { last: true });
    const incoming = receiver.source('recv');
    await readSome(incoming);
    await eventually(
      () => incoming.ready(),
      (isReady) => isReady,
    );
    incoming.close();
    await t.throwsAsync(sending, { code: 'EPIPE' });
  }
});

test('bytes on their way hold the connection until they have arrived', async (t) => {
  const { local, socket, connection, channel } = await farChannel(t);
  using receiver = await local.files(['c']);
  let holders = 0;
  const hold = connection.hold.bind(connection);
  connection.hold = () => {
    holders += 1;
    const held = hold();
    return {
      [Symbol.dispose]: () => {
        holders -= 1;
        held[Symbol.dispose]();
      },
    };
  };
  const message = channel.sink('send');
  await writeAll(message, Buffer.from('first '));
  socket('client').pause();
  t.is(await interruptEarly((signal) => writeAll(message, Buffer.from('last'), { signal })), 4);
  message.close();
  t.is(holders, 1);
  socket('client').resume();
  t.is((await receive(receiver)).toString(), 'first last');
  await eventually(
    async () => holders,
    (count) => count === 0,
  );
});
