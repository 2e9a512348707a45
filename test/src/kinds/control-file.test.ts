import test from 'ava';
import { CircuitError } from '../../../src/base/error.js';
import { ChannelElement } from '../../../src/kinds/chan/channel-element.js';
import {
  MAX_PIECE,
  type Sink,
  type WriteOptions,
  writeAll,
} from '../../../src/kinds/control-file.js';
import {
  MAX_HELD_OF_CONNECTION,
  MAX_WAITING,
  MessageMemory,
} from '../../../src/kinds/message-memory.js';
import { bytes, isSettled, receive, receiveAll } from './chan/messages.js';

/** A sink that takes as many bytes at a time as it is told; undefined is no room, until it is ready. */
class ToySink implements Sink {
  readonly taken: number[] = [];
  readonly lasts: boolean[] = [];
  full = false;
  readonly #answers: (number | undefined | CircuitError)[];
  #ready: (() => void) | undefined;

  constructor(...answers: (number | undefined | CircuitError)[]) {
    this.#answers = answers;
  }

  async accept(data: Uint8Array, { last = false }: WriteOptions = {}): Promise<number | undefined> {
    const answer = this.#answers.shift();
    if (answer instanceof CircuitError) throw answer;
    if (answer === undefined) return undefined;
    const taken = Math.min(answer, data.length);
    this.taken.push(taken);
    this.lasts.push(last);
    return taken;
  }

  drained(signal?: AbortSignal): Promise<void> {
    return this.whenReady(signal);
  }

  async ready(): Promise<boolean> {
    return true;
  }

  whenReady(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#ready = resolve;
      signal?.addEventListener('abort', () => reject(new CircuitError('EINTR', 'interrupted')));
    });
  }

  /** There is room again. */
  makeReady(): void {
    this.full = false;
    this.#ready?.();
  }

  close(): void {}
  abort(): void {}
}

const DATA = new Uint8Array(10);

test('writeAll writes all, however little the sink takes at a time', async (t) => {
  const sink = new ToySink(3, 3, 3, 3);
  t.is(await writeAll(sink, DATA, { last: true }), 10);
  t.deepEqual(sink.taken, [3, 3, 3, 1]);
  t.deepEqual(sink.lasts, [true, true, true, true], 'the sink knows which of them ends it');
});

test('writeAll blocks while the sink has no room, and returns when the sink has drained', async (t) => {
  const sink = new ToySink(undefined, 10);
  const writing = writeAll(sink, DATA);
  t.false(await isSettled(writing));
  t.deepEqual(sink.taken, []);
  sink.makeReady();
  sink.full = true;
  t.false(await isSettled(writing));
  t.deepEqual(sink.taken, [10]);
  sink.makeReady();
  t.is(await writing, 10);
});

test('writeAll without blocking fills the room that there is, and is EAGAIN where there is none', async (t) => {
  const full = new CircuitError('EAGAIN', 'full');
  const sink = new ToySink(4, full, full);
  sink.full = true;
  t.is(await writeAll(sink, DATA, { nonblock: true }), 4);
  await t.throwsAsync(writeAll(sink, DATA, { nonblock: true }), { is: full });
});

test('writeAll that is interrupted half-way tells how much was taken; before that it is EINTR', async (t) => {
  for (const answers of [[undefined], [4, undefined]]) {
    const sink = new ToySink(...answers);
    const interrupt = new AbortController();
    const writing = writeAll(sink, DATA, { signal: interrupt.signal });
    t.false(await isSettled(writing));
    interrupt.abort();
    if (answers.length === 2) t.is(await writing, 4);
    else await t.throwsAsync(writing, { code: 'EINTR' });
  }
});

test('writeAll fails where the sink does, also half-way', async (t) => {
  const broken = new CircuitError('EPIPE', 'nobody reads');
  await t.throwsAsync(writeAll(new ToySink(broken), DATA), { is: broken });
  await t.throwsAsync(writeAll(new ToySink(4, broken), DATA), { is: broken });
});

test('an end without bytes waits for room, too', async (t) => {
  const sink = new ToySink(undefined, 0);
  const ending = writeAll(sink, new Uint8Array(), { last: true });
  t.false(await isSettled(ending));
  sink.makeReady();
  t.is(await ending, 0);
  t.deepEqual(sink.lasts, [true]);
});

test('a message is written without blocking up to 1 MiB, and further when its receiver has read', async (t) => {
  const channel = new ChannelElement(1);
  const message = channel.send();
  const data = new Uint8Array(MAX_PIECE + 5);
  t.is(await writeAll(message, data, { nonblock: true, last: true }), MAX_PIECE);
  await t.throwsAsync(writeAll(message, data.subarray(MAX_PIECE), { nonblock: true }), {
    code: 'EAGAIN',
    message: /the receiver is behind/,
  });
  t.false(await message.ready());
  const received = receiveAll(channel.receive());
  await message.whenReady();
  t.is(await writeAll(message, data.subarray(MAX_PIECE), { nonblock: true, last: true }), 5);
  t.is((await received).length, data.length);
});

test('a try is EAGAIN where it would block to begin, and blocks once it has begun', async (t) => {
  const channel = new ChannelElement(1);
  await t.throwsAsync(channel.receive(true).read(10), { code: 'EAGAIN' });
  const first = channel.send(undefined, true);
  const large = new Uint8Array(2 * MAX_WAITING);
  t.is(await first.accept(large), large.length, 'what is given in one write is taken whole');
  const second = channel.send(undefined, true);
  await t.throwsAsync(writeAll(second, bytes('b')), { code: 'EAGAIN' });
  t.false(await second.ready());
  const more = writeAll(first, bytes('a'), { last: true });
  t.false(await isSettled(more));
  const receiver = channel.receive(true);
  t.is((await receiveAll(receiver)).length, large.length + 1);
  t.is(await more, 1);
  t.is(await writeAll(second, bytes('b'), { last: true }), 1);
  t.is((await receiveAll(channel.receive(true))).toString(), 'b');
});

test('a try finds the message of a sender that blocks, also of one that had to wait for memory', async (t) => {
  for (const isWaiting of [false, true]) {
    const share = new MessageMemory().ofConnection();
    if (isWaiting) share.hold(MAX_HELD_OF_CONNECTION);
    const channel = new ChannelElement(0);
    const sent = writeAll(channel.send(share), bytes('a'), { last: true });
    t.false(await isSettled(sent));
    t.is(await channel.receive().ready(), !isWaiting);
    if (isWaiting) share.free(MAX_HELD_OF_CONNECTION);
    await new Promise(setImmediate);
    t.is((await receiveAll(channel.receive(true))).toString(), 'a');
    t.is(await sent, 1);
  }
});

test('a sender that does not block and lacked memory is ready only where somebody can have its message', async (t) => {
  const share = new MessageMemory().ofConnection();
  share.hold(MAX_HELD_OF_CONNECTION);
  const channel = new ChannelElement(0);
  const [receiver, message] = [channel.receive(), channel.send(share)];
  const interrupt = new AbortController();
  const reading = receiver.read(10, interrupt);
  const refused = writeAll(message, bytes('a'), { nonblock: true });
  await t.throwsAsync(refused, { code: 'EAGAIN', message: /64 MiB/ });
  interrupt.abort();
  await t.throwsAsync(reading, { code: 'EINTR' });
  share.free(MAX_HELD_OF_CONNECTION);
  t.false(await message.ready());
  const received = receive(channel);
  t.true(await message.ready());
  t.is(await writeAll(message, bytes('a'), { nonblock: true, last: true }), 1);
  t.is(await received, 'a');
});
