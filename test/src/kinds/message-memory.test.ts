import test from 'ava';
import { ChannelElement } from '../../../src/kinds/chan/channel-element.js';
import type { OutgoingMessage } from '../../../src/kinds/chan/outgoing-message.js';
import { writeAll } from '../../../src/kinds/control-file.js';
import {
  LEFT_TO_HOST,
  MAX_HELD,
  MAX_HELD_OF_CONNECTION,
  MAX_WAITING,
  MessageMemory,
  type MessageShare,
} from '../../../src/kinds/message-memory.js';
import { isSettled, receiveAll, take } from './chan/messages.js';

const MIB = 1024 * 1024;
const PIECE = new Uint8Array(MIB).fill(7);

/** Receives one message whole, and gives its length. */
async function receive(channel: ChannelElement): Promise<number> {
  return (await receiveAll(channel.receive())).length;
}

test('a message that is full takes no more from a sender that does not wait until it is drained', async (t) => {
  const channel = new ChannelElement(1);
  const message = channel.send();
  t.is(await message.accept(PIECE, { nonblock: true }), MIB);
  t.true(message.full);
  t.is(await message.accept(new Uint8Array(1)), undefined);
  await t.throwsAsync(message.accept(new Uint8Array(1), { nonblock: true }), {
    code: 'EAGAIN',
    message: /the receiver is behind/,
  });
  await message.accept(new Uint8Array(), { last: true });
  t.is(await receive(channel), MIB, 'and what was accepted is there');
});

test('a message whose receiver has gone keeps no bytes that are written to it', async (t) => {
  const memory = new MessageMemory();
  const channel = new ChannelElement(1);
  const message = channel.send(memory.ofConnection());
  await message.accept(PIECE);
  const receiver = channel.receive();
  await take(receiver, 1);
  receiver.close();
  for (let i = 0; i < 3; i += 1) await t.throwsAsync(message.accept(PIECE), { code: 'EPIPE' });
  t.is(memory.held, 0);
});

test('the messages of one connection hold 64 MiB; then trysend is EAGAIN, and send waits', async (t) => {
  const memory = new MessageMemory();
  const share = memory.ofConnection();
  const channel = new ChannelElement(1_000);
  let sent = 0;
  const full = await t.throwsAsync(
    async () => {
      for (; sent < 1_000; sent += 1) {
        await writeAll(channel.send(share), PIECE, { last: true, nonblock: true });
      }
    },
    { code: 'EAGAIN' },
  );
  t.regex(full.message, /came over this connection hold 64 MiB/);
  t.true(sent >= 60 && memory.held <= MAX_HELD_OF_CONNECTION + MIB);
  share.hold(MAX_HELD_OF_CONNECTION - memory.held);
  const waiting = [1, 2].map(() => writeAll(channel.send(share), PIECE.subarray(-MAX_WAITING)));
  t.false(await isSettled(Promise.race(waiting)));
  // Other senders are not held up.
  await writeAll(channel.send(memory.ofConnection()), PIECE.subarray(1), { nonblock: true });
  await writeAll(channel.send(memory.ofHost()), PIECE.subarray(1), { nonblock: true });
  t.is(await receive(channel), MIB);
  t.deepEqual(await Promise.all(waiting), [MAX_WAITING, MAX_WAITING]);
  for (let i = 1; i < sent; i += 1) t.is(await receive(channel), MIB, 'none was lost');
});

/** Fills a share with messages of which 64 KiB wait each, whose senders have more. */
async function fill(channel: ChannelElement, share: MessageShare): Promise<Promise<number>[]> {
  const sending: Promise<number>[] = [];
  const data = PIECE.subarray(0, 3 * MAX_WAITING);
  for (let i = 0; i < 1_100; i += 1) {
    sending.push(writeAll(channel.send(share), data, { last: true }));
  }
  await isSettled(Promise.all(sending));
  return sending;
}

for (const whose of ['ofConnection', 'ofHost'] as const) {
  test(`a receiver gets all of a message while messages hold all that they may (${whose})`, async (t) => {
    const memory = new MessageMemory();
    const share = memory[whose]();
    const channel = new ChannelElement(2_000);
    share.hold((whose === 'ofHost' ? MAX_HELD : MAX_HELD_OF_CONNECTION) - 60 * MIB);
    const sending = await fill(channel, share);
    t.is(share.roomFor(false), 0, 'it is full');
    // One receiver, who comes to the next message when the sender has written all of this one.
    for (const _ of sending) t.is(await receive(channel), 3 * MAX_WAITING);
    for (const sent of sending) t.is(await sent, 3 * MAX_WAITING);
  });
}

test('receivers that do not read have messages hold 8 MiB more, and hold up none that reads', async (t) => {
  const memory = new MessageMemory();
  const share = memory.ofConnection();
  const channel = new ChannelElement(1);
  const stop = new AbortController();
  const begin = async () => {
    const message = channel.send(share);
    await message.accept(new Uint8Array(1));
    const receiver = channel.receive();
    await take(receiver, 1);
    return { message, receiver };
  };
  const stalled = await Promise.all(Array.from({ length: 300 }, begin));
  const { message, receiver } = await begin();
  share.hold(MAX_HELD_OF_CONNECTION - memory.held);
  const write = { signal: stop.signal };
  const writing = stalled.map((each) => writeAll(each.message, PIECE, write));
  t.false(await isSettled(Promise.race(writing)));
  const beyond = memory.held - MAX_HELD_OF_CONNECTION;
  t.true(beyond > 7 * MIB && beyond < 9 * MIB, `${beyond} bytes beyond`);
  const whole = writeAll(message, PIECE, { last: true });
  let length = 0;
  while (!receiver.ended) length += (await receiver.read(MIB)).length;
  t.deepEqual([length, await whole], [MIB, MIB]);
  stop.abort();
  await Promise.allSettled(writing);
});

test('a channel and a message are ready just where a write of any length takes a byte', async (t) => {
  for (const size of [1, 10, MAX_WAITING, MIB]) {
    const data = PIECE.subarray(0, size);
    for (const room of [-9 * MIB, -MIB, 0, 1, 500 * 1024, 2 * MIB]) {
      const memory = new MessageMemory();
      const share = memory.ofConnection();
      const channel = new ChannelElement(10);
      const send = () => channel.send(share);
      const takes = async (message: OutgoingMessage) => {
        const taken = await writeAll(message, data, { nonblock: true }).catch(() => 0);
        message.abort();
        return taken > 0;
      };
      const [waiting, full, awaited] = [send(), send(), send()];
      await awaited.accept(PIECE.subarray(0, 1));
      const receiver = channel.receive();
      await take(receiver, 1);
      await waiting.accept(PIECE.subarray(0, 1));
      await full.accept(PIECE.subarray(0, MAX_WAITING));
      const leaveRoom = () => share.hold(MAX_HELD_OF_CONNECTION - room - memory.held);
      leaveRoom();
      const told = `${size} bytes, room for ${room}`;
      t.is(await send().ready(), room > 0, told);
      for (const message of [awaited, full, waiting]) {
        leaveRoom();
        const isReady = await message.ready();
        t.is(isReady, message === awaited || (room > 0 && message === waiting), told);
        t.is(await takes(message), isReady, told);
      }
      leaveRoom();
      t.is(await takes(send()), await send().ready(), told);
    }
  }
});

test('all messages together hold 256 MiB, of which 64 are left to programs of this host', async (t) => {
  const memory = new MessageMemory();
  const host = memory.ofHost();
  const hasRoom = (share: MessageShare) => share.roomFor(false) > 0;
  const full = (share: MessageShare, bound: number) => {
    const message = new RegExp(`of this daemon hold ${bound} MiB`);
    const sending = new ChannelElement(1).send(share).accept(PIECE, { nonblock: true });
    return t.throwsAsync(sending, { code: 'EAGAIN', message });
  };
  const large = [64, 64, 48].map((held) => {
    const share = memory.ofConnection();
    share.hold(held * MIB);
    return share;
  });
  // Connections that hold little go on, until sixteen of them have held more.
  for (let i = 0; i < 16; i += 1) {
    const small = memory.ofConnection();
    t.true(hasRoom(small));
    small.hold(MIB);
    await full(small, 176);
  }
  await full(memory.ofConnection(), 192);
  t.true(hasRoom(host));
  host.hold(LEFT_TO_HOST);
  t.is(memory.held, MAX_HELD);
  await full(host, 256);
  large[0]?.free(MIB);
  t.true(hasRoom(host));
  t.false(hasRoom(memory.ofConnection()));
});

test('a peer that connects again and again has its messages hold 192 MiB, and leaves 64 to this host', async (t) => {
  const memory = new MessageMemory();
  const channel = new ChannelElement(1_000);
  let accepted = 0;
  for (let connection = 0; connection < 300; connection += 1) {
    const share = memory.ofConnection();
    for (const data of [PIECE.subarray(4096), PIECE]) {
      const sending = writeAll(channel.send(share), data, { last: true, nonblock: true });
      const isAccepted = await sending.then(
        () => true,
        () => false,
      );
      if (isAccepted) accepted += 1;
    }
  }
  t.true(memory.held <= MAX_HELD - LEFT_TO_HOST + MIB + 2048, `${memory.held}`);
  t.true(accepted > 180);
  for (let i = 0; i < 60; i += 1) {
    await writeAll(channel.send(memory.ofHost()), PIECE, { last: true, nonblock: true });
  }
});

test('a send that waits for memory is refused when its channel is closed, and can be interrupted', async (t) => {
  const memory = new MessageMemory();
  const share = memory.ofConnection();
  share.hold(MAX_HELD_OF_CONNECTION);
  const channel = new ChannelElement(10);
  const stop = new AbortController();
  const interrupted = writeAll(channel.send(share), PIECE, { signal: stop.signal });
  const refused = writeAll(channel.send(share), PIECE);
  t.false(await isSettled(Promise.race([interrupted, refused])));
  stop.abort();
  await t.throwsAsync(interrupted, { code: 'EINTR' });
  channel.close();
  await t.throwsAsync(refused, { code: 'EPIPE', message: /is closed/ });
  await t.throwsAsync(writeAll(channel.send(share), PIECE), {
    code: 'EPIPE',
    message: /is closed/,
  });
});

test('a message holds nothing any more when it has ended, however it did', async (t) => {
  const memory = new MessageMemory();
  const share = memory.ofConnection();
  const data = new Uint8Array(1_000);
  const begun = async (channel: ChannelElement): Promise<OutgoingMessage> => {
    const message = channel.send(share);
    await writeAll(message, data);
    return message;
  };
  const ends: Record<string, (channel: ChannelElement) => Promise<unknown>> = {
    'it was received': async (channel) => {
      (await begun(channel)).close();
      await receive(channel);
    },
    'its sender went before anybody received it': async (channel) => (await begun(channel)).abort(),
    'its sender went while it was offered': async (channel) => {
      const message = await begun(channel);
      const receiver = channel.receive();
      await receiver.read(10);
      message.abort();
      receiver.close();
    },
    'it was complete, offered and taken back before it was accepted': async (channel) => {
      await begun(channel);
      const message = channel.send(share);
      const writing = writeAll(message, data, { last: true });
      const [first, second] = [channel.receive(), channel.receive()];
      const piece = await first.read(10);
      await second.read(10);
      message.abort();
      await t.throwsAsync(writing, { code: 'EINTR' });
      second.close();
      await first.settled(piece, true);
      first.close();
    },
    'its receiver went in the middle of it': async (channel) => {
      await begun(channel);
      const receiver = channel.receive();
      await take(receiver, 10);
      receiver.close();
    },
    'the channel was scrubbed': async (channel) => {
      await begun(channel);
      const waiting = writeAll(channel.send(share), data);
      channel.scrub();
      await t.throwsAsync(waiting, { code: 'EPIPE' });
    },
    'the channel was scrubbed while it was offered': async (channel) => {
      await begun(channel);
      const receiver = channel.receive();
      await receiver.read(10);
      channel.scrub();
      receiver.close();
    },
    'it was interrupted before it was accepted': async (channel) => {
      const first = await begun(channel);
      const stop = new AbortController();
      const waiting = writeAll(channel.send(share), data, { signal: stop.signal });
      stop.abort();
      await t.throwsAsync(waiting, { code: 'EINTR' });
      first.abort();
    },
  };
  for (const [how, run] of Object.entries(ends)) {
    await run(new ChannelElement(1));
    t.is(memory.held, 0, how);
  }
});
