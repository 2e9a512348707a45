import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { HandOff, type Receiving, type Sending } from '../../../../src/kinds/chan/hand-off.js';

interface Sender {
  readonly id: number;
  sending?: Sending;
  state: 'waiting' | 'admitted' | 'refused';
  withdrawn: boolean;
  taken: boolean;
}

interface Receiver {
  receiving?: Receiving;
  state: 'waiting' | 'offered' | 'drained' | 'done';
  offer: Sender | undefined;
}

/** A channel with senders and receivers that note what they are told, and check it. */
class Play {
  readonly senders: Sender[] = [];
  readonly receivers: Receiver[] = [];
  readonly channel: HandOff<Sender>;
  closed = false;
  scrubbed = false;

  constructor(
    readonly t: ExecutionContext,
    readonly capacity: number,
  ) {
    this.channel = new HandOff<Sender>(capacity);
  }

  enter(): void {
    const sender: Sender = {
      id: this.senders.length,
      state: 'waiting',
      withdrawn: false,
      taken: false,
    };
    this.senders.push(sender);
    sender.sending = this.channel.enter(sender, {
      admitted: () => {
        this.t.is(sender.state, 'waiting');
        sender.state = 'admitted';
      },
      refused: () => {
        this.t.true(this.closed);
        this.t.not(sender.state, 'refused');
        if (sender.state === 'admitted') this.t.true(this.scrubbed);
        sender.state = 'refused';
      },
    });
  }

  receive(): void {
    const receiver: Receiver = { state: 'waiting', offer: undefined };
    this.receivers.push(receiver);
    receiver.receiving = this.channel.receive({
      offered: (message) => {
        this.t.is(receiver.state, 'waiting');
        // In order: nothing that entered before waits without being offered.
        const earlier = this.free().filter(({ id }) => id < message.id);
        this.t.deepEqual(earlier, []);
        receiver.state = 'offered';
        receiver.offer = message;
      },
      drained: () => {
        this.t.is(receiver.state, 'waiting');
        this.t.true(this.closed);
        receiver.state = 'drained';
      },
    });
  }

  withdraw(index: number): void {
    const sender = pick(this.senders, index, ({ withdrawn, taken }) => !withdrawn && !taken);
    if (!sender) return;
    sender.withdrawn = true;
    sender.sending?.withdraw();
  }

  take(index: number): void {
    const receiver = pick(this.receivers, index, ({ state }) => state === 'offered');
    if (!receiver?.offer) return;
    this.t.false(receiver.offer.taken, 'each message is taken once');
    receiver.offer.taken = true;
    receiver.state = 'done';
    receiver.receiving?.take();
  }

  giveBack(index: number): void {
    const gone = ({ state }: Receiver) => state === 'waiting' || state === 'offered';
    const receiver = pick(this.receivers, index, gone);
    if (!receiver) return;
    receiver.state = 'done';
    receiver.offer = undefined;
    receiver.receiving?.giveBack();
  }

  close(): void {
    this.closed = true;
    this.channel.close();
  }

  scrub(): void {
    this.closed = true;
    this.scrubbed = true;
    this.channel.scrub();
  }

  /** Messages that could be offered now. */
  free(): Sender[] {
    const offered = new Set(this.offered().map(({ offer }) => offer));
    return this.senders.filter(
      (sender) =>
        !sender.taken && !sender.withdrawn && sender.state !== 'refused' && !offered.has(sender),
    );
  }

  offered(): Receiver[] {
    return this.receivers.filter(({ state }) => state === 'offered');
  }

  check(): void {
    const { t, capacity } = this;
    const waiting = this.receivers.filter(({ state }) => state === 'waiting');
    const free = this.free();
    t.true(waiting.length === 0 || free.length === 0, 'nobody waits beside a message');
    const untaken = this.senders.filter(({ taken, state }) => !taken && state !== 'refused');
    const admitted = untaken.filter(({ state, withdrawn }) => state === 'admitted' && !withdrawn);
    t.true(admitted.length <= capacity, 'no more messages than places');
    if (free.some(({ state }) => state === 'waiting')) {
      const offered = new Set(this.offered().map(({ offer }) => offer));
      const placed = untaken.filter((sender) => !sender.withdrawn || offered.has(sender));
      t.is(placed.filter(({ state }) => state === 'admitted').length, capacity, 'no place is idle');
    }
    if (this.closed) {
      t.true(
        free.every(({ state }) => state === 'admitted'),
        'a message that waited was refused',
      );
      const undecided = free.length + this.offered().length;
      if (undecided === 0 || this.scrubbed) t.is(waiting.length, 0, 'nobody waits in vain');
    }
    t.is(this.channel.received, this.senders.filter(({ taken }) => taken).length);
  }

  /** Fresh receivers take what is left: nothing may have been lost. */
  drain(): void {
    for (const receiver of this.receivers) if (receiver.state === 'offered') this.giveBack(0);
    const left = this.free();
    for (const _ of left) {
      this.receive();
      this.take(0);
    }
    this.t.true(left.every(({ taken }) => taken));
  }
}

function pick<T>(items: readonly T[], index: number, which: (item: T) => boolean): T | undefined {
  const possible = items.filter(which);
  return possible[index % possible.length];
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.constant(['enter'] as const) },
  { weight: 5, arbitrary: fc.constant(['receive'] as const) },
  { weight: 5, arbitrary: fc.tuple(fc.constant('take' as const), fc.nat(5)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('giveBack' as const), fc.nat(5)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('withdraw' as const), fc.nat(5)) },
  { weight: 1, arbitrary: fc.constantFrom(['close'] as const, ['scrub'] as const) },
);

test('any order of senders, receivers, interrupts, closes and scrubs keeps every promise', (t) => {
  fc.assert(
    fc.property(fc.nat(3), fc.array(step, { maxLength: 60 }), (capacity, steps) => {
      const play = new Play(t, capacity);
      for (const [verb, index] of steps) {
        play[verb](index ?? 0);
        play.check();
      }
      play.drain();
      play.check();
    }),
    { numRuns: 2_000 },
  );
});

test('capacity 0 is a rendezvous: a sender is admitted when a receiver has taken', (t) => {
  const play = new Play(t, 0);
  play.enter();
  play.receive();
  t.is(play.senders[0]?.state, 'waiting');
  play.take(0);
  t.is(play.senders[0]?.state, 'admitted');
});

test('a message that is given back goes to the next receiver, before later ones', (t) => {
  const play = new Play(t, 2);
  play.enter();
  play.enter();
  play.receive();
  play.giveBack(0);
  play.receive();
  t.is(play.offered()[0]?.offer?.id, 0);
});

test('close lets receivers have the messages that were admitted, and then tells them that there are no more', (t) => {
  const play = new Play(t, 1);
  play.enter();
  play.enter();
  play.close();
  t.deepEqual(
    play.senders.map(({ state }) => state),
    ['admitted', 'refused'],
  );
  play.receive();
  play.receive();
  t.is(play.receivers[1]?.state, 'waiting', 'the first might still be given back');
  play.take(0);
  t.is(play.receivers[1]?.state, 'drained');
});

test('an event may lead to the next step at once', (t) => {
  const channel = new HandOff<number>(0);
  const got: number[] = [];
  const receive = () => {
    channel.receive({
      offered: (message, receiving) => {
        got.push(message);
        receiving.take();
        if (got.length < 3) receive();
      },
      drained: () => {},
    });
  };
  for (let i = 0; i < 3; i += 1) channel.enter(i, { admitted: () => {}, refused: () => {} });
  receive();
  t.deepEqual(got, [0, 1, 2]);
});

/** The most that a channel holds; the square of it would take an hour. */
const MILLION = 1_000_000;

for (const [name, empty] of [
  ['scrubbed', (channel) => channel.scrub()],
  ['received', (channel) => receiveAll(channel)],
  [
    'closed while as many wait',
    (channel) => {
      enterAll(channel);
      channel.close();
      receiveAll(channel);
    },
  ],
] as const satisfies readonly (readonly [string, (channel: HandOff<number>) => void])[]) {
  test(`a channel with a million messages is ${name}`, (t) => {
    const channel = new HandOff<number>(MILLION);
    enterAll(channel);
    t.is(channel.sent, MILLION);
    empty(channel);
    t.is(channel.canReceive, channel.closed, 'nothing is left, and only a closed one says so');
    t.is(channel.received, name === 'scrubbed' ? 0 : MILLION);
  });
}

function enterAll(channel: HandOff<number>): void {
  const events = { admitted: () => {}, refused: () => {} };
  for (let i = 0; i < MILLION; i += 1) channel.enter(i, events);
}

function receiveAll(channel: HandOff<number>): void {
  const events = {
    offered: (_: number, receiving: Receiving) => receiving.take(),
    drained: () => {},
  };
  for (let i = 0; i < MILLION; i += 1) channel.receive(events);
}
