import test from 'ava';
import { FlowControl } from '../../../src/transport/flow-control.js';
import { SMALL, WINDOW } from '../../../src/transport/limits.js';

const MIB = 1024 * 1024;

/** A connection that sends nothing until it is flushed. */
class ToySocket {
  readonly OPEN = 1;
  readyState: 0 | 1 | 2 | 3 = 1;
  bufferedAmount = 0;
  most = 0;
  #flushed: (() => void)[] = [];

  send(bytes: number): void {
    this.bufferedAmount += bytes;
    this.most = Math.max(this.most, this.bufferedAmount);
  }

  pong(_data: unknown, _mask: unknown, flushed?: () => void): void {
    if (flushed) this.#flushed.push(flushed);
  }

  flush(): void {
    this.bufferedAmount = 0;
    for (const flushed of this.#flushed.splice(0)) flushed();
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('answers of one turn of the event loop keep to the window, and go out as they came', async (t) => {
  const socket = new ToySocket();
  const flow = new FlowControl(socket);
  const sent: number[] = [];
  const answers = Array.from({ length: 100 }, async (_, i) => {
    await flow.room(MIB);
    // An answer is sent a few promises later, in the same turn.
    for (let hop = 0; hop < 10; hop += 1) await undefined;
    socket.send(MIB);
    sent.push(i);
  });
  while (sent.length < 100) {
    await turn();
    await turn();
    t.true(flow.congested || sent.length === 100);
    socket.flush();
  }
  await Promise.all(answers);
  t.true(socket.most <= WINDOW + MIB, `${socket.most} bytes lay unsent`);
  t.deepEqual(
    sent,
    [...sent].sort((one, other) => one - other),
  );
  await turn();
  t.false(flow.congested);
});

test('a small answer does not wait behind large ones', async (t) => {
  const socket = new ToySocket();
  const flow = new FlowControl(socket);
  socket.send(WINDOW + 1);
  const large = flow.room(MIB);
  t.truthy(large);
  t.is(flow.room(SMALL - 1), undefined);
  t.truthy(flow.room(SMALL));
});

test('answers that wait are let go when the connection ends', async (t) => {
  const socket = new ToySocket();
  const flow = new FlowControl(socket);
  socket.send(10 * WINDOW);
  const waiting = [flow.room(MIB), flow.room(MIB), flow.room(MIB)];
  await turn();
  socket.readyState = 3;
  socket.flush();
  socket.send(10 * WINDOW);
  await Promise.all(waiting);
  await turn();
  t.true(flow.congested, 'what lies there still counts');
});
