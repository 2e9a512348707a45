import test from 'ava';
import fc from 'fast-check';
import { errorCode } from '../../../../src/base/error.js';
import { ChannelElement } from '../../../../src/kinds/chan/channel-element.js';
import { writeAll } from '../../../../src/kinds/control-file.js';
import { bytes, receiveAll } from './messages.js';

interface Write {
  readonly size: number;
  readonly fate: 'block' | 'nonblock' | 'interrupt at once' | 'interrupt' | 'kill';
}

interface Read {
  readonly max: number;
  /** The bytes of a read on `hold` are settled with those of the next one. */
  readonly fate: 'deliver' | 'hold' | 'push back' | 'interrupt' | 'nonblock' | 'close';
}

interface Sent {
  readonly text: string;
  readonly outcome: 'sent' | 'cut' | 'killed';
  /** A write failed, and was tried again: the receiver to which it was offered may have broken off. */
  readonly wasRetried: boolean;
}

interface Received {
  readonly got: string;
  readonly end: 'whole' | 'closed' | 'cut';
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A program that writes a message as it was told to, and then the rest of it. */
async function send(
  channel: ChannelElement,
  text: string,
  writes: readonly Write[],
): Promise<Sent> {
  const message = channel.send();
  let rest = bytes(text);
  let wasRetried = false;
  for (let step = 0; rest.length > 0; step += 1) {
    const { size, fate } = writes[step] ?? { size: rest.length, fate: 'block' };
    if (fate === 'kill') {
      message.abort();
      return { text, outcome: 'killed', wasRetried };
    }
    const { signal, interrupted } = interruption(fate);
    // A message that is given whole and interrupted may have been received in that very moment.
    const last = size >= rest.length && (fate === 'block' || rest.length < text.length);
    const options = { signal, nonblock: fate === 'nonblock', last };
    const writing = writeAll(message, rest.subarray(0, size), options);
    interrupted();
    try {
      rest = rest.subarray(await writing);
    } catch (error) {
      if (errorCode(error) === 'EPIPE') return { text, outcome: 'cut', wasRetried };
      if (!isOneOf(error, 'EINTR', 'EAGAIN')) throw error;
      wasRetried = true;
    }
    await turn();
  }
  message.close();
  return { text, outcome: 'sent', wasRetried };
}

/** A program that reads a message as it was told to, and then the rest of it, if it has begun. */
async function receive(channel: ChannelElement, reads: readonly Read[]): Promise<Received> {
  const message = channel.receive();
  const held: Uint8Array[] = [];
  let got = '';
  const settle = (delivered: boolean) => {
    for (const data of delivered ? held : held.toReversed()) message.settled(data, delivered);
    if (delivered) got += Buffer.concat(held).toString();
    held.length = 0;
  };
  try {
    for (const { max, fate } of reads) {
      if (fate === 'close') break;
      const { signal, interrupted } = interruption(fate);
      // The sender blocks until a piece is delivered, so there may never be a second one.
      const nonblock = fate === 'nonblock' || held.length > 0;
      const reading = message.read(max, { signal, nonblock });
      interrupted();
      try {
        held.push(await reading);
      } catch (error) {
        if (!isOneOf(error, 'EINTR', 'EAGAIN')) throw error;
        settle(true);
        continue;
      }
      const isEnd = held.at(-1)?.length === 0;
      if (fate !== 'hold') settle(fate !== 'push back');
      if (isEnd && fate !== 'hold' && fate !== 'push back') return { got, end: 'whole' };
      await turn();
    }
    if (got === '' || reads.at(-1)?.fate === 'close') return { got, end: 'closed' };
    settle(true);
    got += (await receiveAll(message)).toString();
    return { got, end: 'whole' };
  } catch (error) {
    if (errorCode(error) === 'EIO') return { got, end: 'cut' };
    if (errorCode(error) === 'ENODATA') return { got, end: 'closed' };
    throw error;
  } finally {
    message.close();
  }
}

/** Receives until the channel is closed and drained. */
async function drain(channel: ChannelElement): Promise<Received[]> {
  const received: Received[] = [];
  for (;;) {
    const message = channel.receive();
    try {
      received.push({ got: (await receiveAll(message, 4)).toString(), end: 'whole' });
    } catch (error) {
      message.close();
      if (errorCode(error) === 'ENODATA') return received;
      if (errorCode(error) !== 'EIO') throw error;
    }
  }
}

function interruption(fate: string) {
  const controller = new AbortController();
  const interrupted = () => {
    if (fate === 'interrupt at once') controller.abort();
    if (fate === 'interrupt') setImmediate(() => controller.abort());
  };
  return { signal: controller.signal, interrupted };
}

function isOneOf(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(errorCode(error) ?? '');
}

const write = fc.record({
  size: fc.integer({ min: 1, max: 6 }),
  fate: fc.constantFrom<Write['fate'][]>(
    'block',
    'nonblock',
    'interrupt at once',
    'interrupt',
    'kill',
  ),
});
const read = fc.record({
  max: fc.integer({ min: 1, max: 6 }),
  fate: fc.constantFrom<Read['fate'][]>(
    'deliver',
    'deliver',
    'hold',
    'push back',
    'interrupt',
    'nonblock',
    'close',
  ),
});
const programs = <T>(step: fc.Arbitrary<T>) =>
  fc.array(fc.array(step, { maxLength: 5 }), { minLength: 1, maxLength: 5 });

test('whatever the order of reads, deliveries, give-backs and interrupts, each message is received once and whole', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.nat(2), programs(write), programs(read), async (capacity, out, into) => {
      const channel = new ChannelElement(capacity);
      const receiving = into.map((reads) => receive(channel, reads));
      const sending = out.map((writes, id) => send(channel, `${id}.....`, writes));
      const draining = drain(channel);
      const sent = await Promise.all(sending);
      channel.close();
      const received = [...(await Promise.all(receiving)), ...(await draining)];
      const begun = received.filter(({ got }) => got !== '');
      for (const { got } of begun)
        t.true(sent[Number(got[0])]?.text.startsWith(got), `${got} is none`);
      for (const { text, outcome, wasRetried } of sent) {
        const its = begun.filter(({ got }) => got[0] === text[0]);
        const whole = its.filter(({ end }) => end === 'whole');
        const cut = its.filter(({ end }) => end === 'cut');
        for (const { got } of whole) t.is(got, text);
        t.true(whole.length <= (outcome === 'sent' ? 1 : 0), `${text} is received at most once`);
        if (outcome !== 'killed') t.true(its.length > cut.length, `${text} is not lost`);
        if (wasRetried || outcome === 'killed') continue;
        // Only a sender that withdrew a message can have more than one receiver begin it.
        t.is(its.length, 1);
        t.is(cut.length, 0);
      }
    }),
    { numRuns: 500 },
  );
});
