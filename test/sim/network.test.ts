import test from 'ava';
import type { Message } from '../../src/membership/messages.js';
import type { Endpoint } from './endpoint.js';
import { EventQueue } from './event-queue.js';
import { Network } from './network.js';
import { Random } from './random.js';

const SEEDS = 20;

/** Two daemons that note each call, and its time. */
class Fixture {
  readonly queue = new EventQueue();
  readonly network: Network;
  readonly a: Noted;
  readonly b: Noted;

  constructor(seed: number, { loss = 0.01, latency = { min: 1, max: 50 } } = {}) {
    this.network = new Network(this.queue, new Random(seed), { latency, loss, copies: false });
    this.a = this.#attach('a');
    this.b = this.#attach('b');
  }

  #attach(address: string): Noted {
    const notes: Note[] = [];
    const note = (what: string) => notes.push({ time: this.queue.now, what });
    const endpoint = this.network.attach(address, {
      deliver: (message) => note(text(message)),
      opened: (peer) => note(`opened ${peer}`),
      unreachable: (peer, verdict) => note(`unreachable ${peer} ${verdict}`),
      linkDown: (peer, how) => note(`down ${peer} ${how}`),
      probed: (peer, verdict) => note(`probed ${peer} ${verdict}`),
    });
    return { endpoint, notes };
  }
}

interface Note {
  readonly time: number;
  readonly what: string;
}

interface Noted {
  readonly endpoint: Endpoint;
  readonly notes: Note[];
}

test('a connection takes three round trips, and messages arrive in their order', (t) => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { queue, a, b } = new Fixture(seed, { loss: 0.2 });
    a.endpoint.open('b');
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    for (const number of numbers)
      queue.at(20 * number, () => a.endpoint.send('b', message(number)));
    queue.runTo(60_000);
    t.regex(a.notes[0]?.what ?? '', /^opened b$/);
    t.deepEqual(
      b.notes.map(({ what }) => what),
      numbers.map(String),
    );
  }
  const { queue, a, b } = new Fixture(1, { loss: 0, latency: { min: 10, max: 10 } });
  a.endpoint.open('b');
  a.endpoint.send('b', message(1));
  queue.runTo(1_000);
  t.deepEqual(a.notes, [{ time: 60, what: 'opened b' }]);
  t.deepEqual(b.notes, [{ time: 70, what: '1' }]);
});

test('a link serves both directions, and both sides may hold it', (t) => {
  const { queue, network, a, b } = new Fixture(1, { loss: 0 });
  a.endpoint.open('b');
  queue.runTo(1_000);
  b.endpoint.open('a');
  b.endpoint.send('a', message(1));
  t.is(b.notes.length, 0, 'the answer does not come before open() has returned');
  queue.runTo(2_000);
  t.deepEqual(b.notes, [{ time: 1_000, what: 'opened a' }]);
  t.is(b.endpoint.dials, 0);
  t.is(network.standingLinks().length, 1);
  a.endpoint.close('b');
  t.is(network.standingLinks().length, 1);
  b.endpoint.close('a');
  t.is(network.standingLinks().length, 0);
  queue.runTo(300_000);
  t.is(a.endpoint.ends.size, 0, 'nobody has used it for a minute');
  t.deepEqual(
    a.notes.map(({ what }) => what),
    ['opened b', '1'],
  );
});

test('peers learn at once that a process has ended, and dialling it is refused', (t) => {
  const { queue, network, a, b } = new Fixture(1, { loss: 0 });
  a.endpoint.open('b');
  queue.runTo(1_000);
  network.end(b.endpoint);
  queue.runTo(1_100);
  t.deepEqual(
    a.notes.map(({ what }) => what),
    ['opened b', 'down b closed'],
  );
  a.endpoint.probe('b', 2_000);
  a.endpoint.send('b', message(1));
  queue.runTo(1_200);
  t.deepEqual(
    a.notes
      .slice(2)
      .map(({ what }) => what)
      .sort(),
    ['probed b refused', 'unreachable b refused'],
  );
});

test('a host that is off is found silent after 2 to 4 s, and by a dial after its time-out', (t) => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { queue, network, a, b } = new Fixture(seed);
    a.endpoint.open('b');
    queue.runTo(10_000);
    network.powerOff(b.endpoint);
    queue.runTo(20_000);
    const [, down] = a.notes;
    t.is(down?.what, 'down b silent');
    t.true((down?.time ?? 0) >= 12_000 && (down?.time ?? 0) <= 14_000);
    a.endpoint.probe('b', 2_000);
    a.endpoint.open('b');
    queue.runTo(30_000);
    t.deepEqual(a.notes.slice(2), [
      { time: 22_000, what: 'probed b silent' },
      { time: 25_000, what: 'unreachable b silent' },
    ]);
  }
});

test('a process that was frozen for a moment gets what was sent to it, and the link stands', (t) => {
  const { queue, network, a, b } = new Fixture(1);
  a.endpoint.open('b');
  queue.runTo(10_000);
  network.freeze(b.endpoint);
  a.endpoint.send('b', message(1));
  queue.runTo(11_500);
  t.deepEqual(b.notes, []);
  for (const run of network.thaw(b.endpoint)) run();
  queue.runTo(30_000);
  t.deepEqual(b.notes, [{ time: 11_500, what: '1' }]);
  t.deepEqual(
    a.notes.map(({ what }) => what),
    ['opened b'],
  );
});

test('a process that was frozen for long gets what was sent to it, and finds that its peers hung up', (t) => {
  const { queue, network, a, b } = new Fixture(1);
  a.endpoint.open('b');
  queue.runTo(10_000);
  b.endpoint.open('a');
  queue.runTo(10_001);
  network.freeze(b.endpoint);
  a.endpoint.send('b', message(1));
  queue.runTo(20_000);
  t.is(a.notes.at(-1)?.what, 'down b silent');
  a.endpoint.probe('b', 2_000);
  queue.runTo(30_000);
  t.is(a.notes.at(-1)?.what, 'probed b silent');
  for (const run of network.thaw(b.endpoint)) run();
  t.deepEqual(
    b.notes.map(({ what }) => what),
    ['opened a', '1', 'down a closed'],
  );
});

test('a path that is cut is silent both ways; messages sent before it is mended arrive in order', (t) => {
  const { queue, network, a, b } = new Fixture(1);
  a.endpoint.open('b');
  queue.runTo(10_000);
  b.endpoint.open('a');
  network.cut(a.endpoint, b.endpoint);
  a.endpoint.send('b', message(1));
  queue.runTo(11_000);
  t.deepEqual(
    b.notes.map(({ what }) => what),
    ['opened a'],
  );
  network.mend(a.endpoint, b.endpoint);
  a.endpoint.send('b', message(2));
  queue.runTo(20_000);
  t.deepEqual(
    b.notes
      .slice(1)
      .map(({ what }) => what)
      .sort(),
    ['1', '2'],
  );
  network.cut(a.endpoint, b.endpoint);
  queue.runTo(30_000);
  t.is(a.notes.at(-1)?.what, 'down b silent');
  t.is(b.notes.at(-1)?.what, 'down a silent');
});

test('nothing is told of a link that was closed', (t) => {
  const { queue, network, a, b } = new Fixture(1);
  a.endpoint.open('b');
  queue.runTo(10_000);
  a.endpoint.open('b');
  a.endpoint.close('b');
  network.end(b.endpoint);
  queue.runTo(20_000);
  t.deepEqual(
    a.notes.map(({ what }) => what),
    ['opened b'],
  );
});

/** A message that bears a number. */
function message(number: number): Message {
  return { type: 'graft', names: [], ...{ number } };
}

function text(message: Message): string {
  return 'number' in message ? String(message.number) : message.type;
}
