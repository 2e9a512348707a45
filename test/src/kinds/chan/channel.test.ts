import { randomBytes } from 'node:crypto';
import test from 'ava';
import { ChannelElement } from '../../../../src/kinds/chan/channel-element.js';
import { writeAll } from '../../../../src/kinds/control-file.js';
import { MAX_WAITING } from '../../../../src/kinds/message-memory.js';
import { bytes, isSettled, receive, receiveAll, send, take } from './messages.js';

test('capacity 0: a write waits for a receiver, a read for a sender', async (t) => {
  const channel = new ChannelElement(0);
  const sent = send(channel, 'hello');
  t.false(await isSettled(sent));
  t.is(await receive(channel), 'hello');
  await sent;
  const received = receive(channel);
  t.false(await isSettled(received));
  await send(channel, 'again');
  t.is(await received, 'again');
  t.deepEqual(channel.peek(), { Cap: 0, Closed: false, NumSend: 2, NumRecv: 2 });
});

test('a place takes a message of up to 64 KiB; more waits for the receiver', async (t) => {
  const channel = new ChannelElement(1);
  const message = channel.send();
  await writeAll(message, randomBytes(MAX_WAITING));
  const more = writeAll(message, randomBytes(1));
  t.false(await isSettled(more));
  const second = send(channel, 'second');
  t.false(await isSettled(second), 'the only place is taken');
  const incoming = channel.receive();
  t.is((await take(incoming, 1 << 20)).length, MAX_WAITING);
  await more;
  await second;
  message.close();
  t.is((await incoming.read(1 << 20)).length, 1);
  t.is((await incoming.read(1 << 20)).length, 0);
});

test('a message stays as it was written, though its writer uses the buffer again', async (t) => {
  const channel = new ChannelElement(1);
  const bytes = Buffer.from('first');
  const sending = channel.send();
  await writeAll(sending, bytes);
  bytes.fill('x');
  sending.close();
  t.is(await receive(channel), 'first');
});

test('a message of any length arrives whole and in order, with bounded memory', async (t) => {
  const channel = new ChannelElement(0);
  const data = randomBytes(5_000_000);
  const message = channel.send();
  const sent = (async () => {
    for (let at = 0; at < data.length; at += 100_000) {
      await writeAll(message, data.subarray(at, at + 100_000));
    }
    message.close();
  })();
  t.true((await receiveAll(channel.receive(), 7_777)).equals(data));
  await sent;
});

test('a receiver that goes before the first byte was delivered has received nothing', async (t) => {
  const channel = new ChannelElement(0);
  const sent = send(channel, 'precious');
  const first = channel.receive();
  t.is((await first.read(3)).length, 3);
  first.close();
  t.false(await isSettled(sent));
  t.is(await receive(channel), 'precious');
  await sent;
});

test('a receiver that goes before the end gives EPIPE to a sender that ends the message', async (t) => {
  const channel = new ChannelElement(1);
  const message = channel.send();
  await writeAll(message, bytes('begun'));
  const receiver = channel.receive();
  await take(receiver, 5);
  receiver.close();
  await t.throwsAsync(writeAll(message, new Uint8Array(), { last: true }), { code: 'EPIPE' });
});

test('a receiver that goes later gives the sender EPIPE', async (t) => {
  const channel = new ChannelElement(0);
  const message = channel.send();
  const written = writeAll(message, randomBytes(10 * MAX_WAITING));
  const incoming = channel.receive();
  await take(incoming, 100);
  incoming.close();
  await t.throwsAsync(written, { code: 'EPIPE' });
  await t.throwsAsync(writeAll(message, bytes('x')), { code: 'EPIPE' });
});

test('a receiver that has the whole message and closes at once is no failure to its sender', async (t) => {
  const channel = new ChannelElement(0);
  const receiver = channel.receive();
  const reading = receiver.read(10);
  const sent = writeAll(channel.send(), bytes('whole'), { last: true });
  const data = await reading;
  t.true(receiver.ended);
  receiver.settled(data, true);
  receiver.close();
  t.is(await sent, 5);
});

test('a sender that goes half-way gives the receiver EIO, never a clean end', async (t) => {
  const channel = new ChannelElement(0);
  const message = channel.send();
  const written = writeAll(message, bytes('half'));
  const incoming = channel.receive();
  t.is((await take(incoming, 100)).length, 4);
  await written;
  message.abort();
  await t.throwsAsync(incoming.read(100), { code: 'EIO' });
});

test('a sender that goes before anybody took the message leaves nothing behind', async (t) => {
  const channel = new ChannelElement(1);
  const message = channel.send();
  await writeAll(message, bytes('half'));
  message.abort();
  const received = receive(channel);
  t.false(await isSettled(received));
  await send(channel, 'whole');
  t.is(await received, 'whole');
});

test('interrupts: a waiting send sends nothing, a waiting receive receives nothing', async (t) => {
  const channel = new ChannelElement(0);
  const stop = new AbortController();
  const { signal } = stop;
  const writing = writeAll(channel.send(), bytes('never'), { signal });
  stop.abort();
  await t.throwsAsync(writing, { code: 'EINTR' });
  const again = new AbortController();
  const reading = channel.receive().read(10, { signal: again.signal });
  again.abort();
  await t.throwsAsync(reading, { code: 'EINTR' });
  await t.throwsAsync(channel.receive().read(10, { signal }), { code: 'EINTR' });
  const sent = send(channel, 'real');
  t.is(await receive(channel), 'real');
  await sent;
});

test('a sender that was interrupted before its message was accepted can try again', async (t) => {
  const channel = new ChannelElement(0);
  const message = channel.send();
  const stop = new AbortController();
  const writing = writeAll(message, bytes('once'), { signal: stop.signal });
  stop.abort();
  await t.throwsAsync(writing, { code: 'EINTR' });
  const again = writeAll(message, bytes('once'));
  const received = receive(channel);
  await again;
  message.close();
  t.is(await received, 'once');
});

test('a sender that is interrupted while a receiver is given its message goes on, or has sent nothing', async (t) => {
  const channel = new ChannelElement(0);
  for (const delivered of [true, false]) {
    const message = channel.send();
    const incoming = channel.receive();
    const stop = new AbortController();
    const writing = writeAll(message, bytes('once'), { signal: stop.signal });
    const data = await incoming.read(10);
    stop.abort();
    await incoming.settled(data, delivered);
    if (delivered) {
      t.is(await writing, 4);
      message.close();
      t.is((await incoming.read(10)).length, 0, 'a clean end');
    } else {
      await t.throwsAsync(writing, { code: 'EINTR' });
      message.close();
    }
    incoming.close();
  }
  t.is(channel.peek().NumSend, 1);
});

test('a receiver that comes when a sender has just been interrupted gets the next message', async (t) => {
  const channel = new ChannelElement(0);
  const stop = new AbortController();
  const message = channel.send();
  const writing = writeAll(message, bytes('never'), { signal: stop.signal });
  stop.abort();
  // In the same turn, before the sender has heard of it.
  const received = receive(channel);
  await t.throwsAsync(writing, { code: 'EINTR' });
  message.close();
  await send(channel, 'next');
  t.is(await received, 'next');
});

test('an interrupted write tells how much it has taken, and none of that is written twice', async (t) => {
  const channel = new ChannelElement(1);
  const message = channel.send();
  const data = randomBytes(3 * MAX_WAITING);
  const stop = new AbortController();
  const writing = writeAll(message, data, { signal: stop.signal });
  t.false(await isSettled(writing));
  stop.abort();
  t.is(await writing, MAX_WAITING);
  const again = new AbortController();
  const more = writeAll(message, data.subarray(MAX_WAITING), { signal: again.signal });
  t.false(await isSettled(more));
  again.abort();
  t.is(await more, 2 * MAX_WAITING, 'what waits already has been taken');
  const none = t.throwsAsync(writeAll(message, data, again), { code: 'EINTR' });
  await none;
  message.close();
  t.true((await receiveAll(channel.receive())).equals(data));
});

test('each piece that waits is the channel’s own: its sender may use the buffer again', async (t) => {
  const channel = new ChannelElement(1);
  const buffer = bytes('first');
  const message = channel.send();
  await writeAll(message, buffer);
  buffer.set(bytes('other'));
  await writeAll(message, buffer, { last: true });
  t.is(await receive(channel), 'firstother');
});

test('without waiting: EAGAIN, unless it can be done at once', async (t) => {
  const channel = new ChannelElement(1);
  const nonblock = true;
  await t.throwsAsync(channel.receive().read(10, { nonblock }), { code: 'EAGAIN' });
  await writeAll(channel.send(), bytes('one'), { nonblock });
  await t.throwsAsync(writeAll(channel.send(), bytes('two'), { nonblock }), { code: 'EAGAIN' });
  const incoming = channel.receive();
  const data = await incoming.read(10, { nonblock });
  t.is(data.length, 3);
  await incoming.settled(data, true);
  await t.throwsAsync(incoming.read(10, { nonblock }), { code: 'EAGAIN' });
});

test('a send without waiting whose receiver goes is EAGAIN, and sends nothing', async (t) => {
  const channel = new ChannelElement(0);
  const incoming = channel.receive();
  const reading = incoming.read(10);
  const sending = writeAll(channel.send(), bytes('x'), { nonblock: true });
  await reading;
  incoming.close();
  await t.throwsAsync(sending, { code: 'EAGAIN' });
  t.false(await channel.receive().ready());
});

test('close: no more sends, the buffered messages are received, then ENODATA', async (t) => {
  const channel = new ChannelElement(2);
  await send(channel, 'a');
  await send(channel, 'b');
  const late = send(channel, 'c');
  channel.close();
  await t.throwsAsync(late, { code: 'EPIPE' });
  await t.throwsAsync(send(channel, 'd'), { code: 'EPIPE' });
  t.is(await receive(channel), 'a');
  t.is(await receive(channel), 'b');
  await t.throwsAsync(receive(channel), { code: 'ENODATA' });
});

test('scrub: senders fail with EPIPE, receivers with ENODATA, also those that wait', async (t) => {
  const [empty, full] = [new ChannelElement(0), new ChannelElement(1)];
  const receiving = receive(empty);
  await send(full, 'lost');
  const sending = send(full, 'late');
  const streaming = full.send();
  empty.scrub();
  full.scrub();
  await t.throwsAsync(receiving, { code: 'ENODATA' });
  await t.throwsAsync(sending, { code: 'EPIPE' });
  await t.throwsAsync(writeAll(streaming, bytes('x')), { code: 'EPIPE' });
  await t.throwsAsync(receive(full), { code: 'ENODATA' });
});

test('an empty message passes, and one that was never written to does not', async (t) => {
  const channel = new ChannelElement(1);
  channel.send().close();
  t.is(channel.peek().NumSend, 0);
  await writeAll(channel.send(), new Uint8Array(), { last: true });
  t.is(await receive(channel), '');
});

test('a message whose first write is empty begins with the first byte, or its end', async (t) => {
  const channel = new ChannelElement(0);
  const message = channel.send();
  await writeAll(message, new Uint8Array());
  const receiver = channel.receive();
  await t.throwsAsync(receiver.read(10, { nonblock: true }), { code: 'EAGAIN' });
  const sent = writeAll(message, new Uint8Array(), { last: true });
  t.is((await take(receiver, 10)).length, 0);
  await sent;
});

test('a message in one piece is received with its end, and stays when its sender goes', async (t) => {
  const channel = new ChannelElement(1);
  const message = channel.send();
  await writeAll(message, bytes('all'), { last: true });
  message.abort();
  const received = channel.receive();
  t.false(received.ended);
  t.is((await take(received, 2)).toString(), 'al');
  t.false(received.ended);
  t.is((await take(received, 2)).toString(), 'l');
  t.true(received.ended);
  t.is((await received.read(2)).length, 0);
});

test('a message in one piece that was not accepted is withdrawn with its sender', async (t) => {
  const channel = new ChannelElement(0);
  const interrupt = new AbortController();
  const waiting = writeAll(channel.send(), bytes('a'), { last: true, signal: interrupt.signal });
  interrupt.abort();
  await t.throwsAsync(waiting, { code: 'EINTR' });
  const gone = channel.send();
  const entered = writeAll(gone, bytes('b'), { last: true });
  gone.abort();
  await t.throwsAsync(entered, { code: 'EINTR' });
  const sent = writeAll(channel.send(), bytes('c'), { last: true });
  t.is(await receive(channel), 'c');
  await sent;
});

test('a receiver that is closed stops waiting, for a message or in one, and disturbs no other', async (t) => {
  const channel = new ChannelElement(0);
  const first = channel.receive();
  const waiting = first.read(10);
  first.close();
  await t.throwsAsync(waiting, { code: 'EINTR' });
  const message = channel.send();
  const accepted = writeAll(message, bytes('a'));
  const second = channel.receive();
  t.is(Buffer.from(await second.read(10)).toString(), 'a');
  const inMessage = second.read(10);
  t.false(await isSettled(inMessage), 'no more of it has come');
  const third = channel.receive();
  const next = third.read(10);
  second.close();
  await t.throwsAsync(inMessage, { code: 'EINTR' });
  t.is(Buffer.from(await next).toString(), 'a', 'it has the message now');
  for (const gone of [first, second]) gone.close();
  await third.settled(await next, true);
  await accepted;
  await writeAll(message, bytes('b'), { last: true });
  t.is(Buffer.from(await third.read(10)).toString(), 'b');
});

test('two reads of one message at once take turns, and leave no receiver behind', async (t) => {
  const channel = new ChannelElement(0);
  const message = channel.receive();
  const reads = [message.read(10), message.read(10)];
  await t.throwsAsync(message.read(10, { nonblock: true }), { code: 'EAGAIN' });
  message.close();
  for (const read of reads) await t.throwsAsync(read, { code: 'EINTR' });
  t.false(channel.canSend, 'no receiver waits there any more');
  const both = channel.receive();
  const halves = [both.read(1), both.read(1)];
  const sent = writeAll(channel.send(), bytes('ab'), { last: true });
  const read = await Promise.all(halves);
  t.is(Buffer.concat(read).toString(), 'ab');
  for (const data of read) await both.settled(data, true);
  await sent;
});

test('a receiver that has read twice before it was delivered gives both pieces back', async (t) => {
  const channel = new ChannelElement(0);
  const sent = writeAll(channel.send(), bytes('abc'), { last: true });
  const first = channel.receive();
  for (const piece of ['a', 'b']) t.is(Buffer.from(await first.read(1)).toString(), piece);
  first.close();
  t.is(await receive(channel), 'abc');
  await sent;
});

test('a message that is given back is its reader’s no more, whatever that was about to do with it', async (t) => {
  const channel = new ChannelElement(1);
  const sender = channel.send();
  await writeAll(sender, bytes('ab'));
  const receiver = channel.receive();
  const data = await receiver.read(1);
  const next = take(channel.receive(), 10);
  const reading = receiver.read(1, { nonblock: true });
  await receiver.settled(data, false);
  await t.throwsAsync(reading, { code: 'EAGAIN' });
  t.is((await next).toString(), 'a');
});

test('a reader that waits in a message which it gives back waits for the next one', async (t) => {
  const channel = new ChannelElement(2);
  const sender = channel.send();
  await writeAll(sender, bytes('a'));
  const receiver = channel.receive();
  const data = await receiver.read(10);
  const ready = receiver.whenReady();
  const other = channel.receive();
  const taken = take(other, 10);
  await receiver.settled(data, false);
  t.is((await taken).toString(), 'a');
  await ready;
  t.false(await receiver.ready());
  const again = receiver.whenReady();
  await send(channel, 'b');
  await again;
  t.is((await take(receiver, 10)).toString(), 'b');
});

test('a sender that has gone while a write waited cannot begin again', async (t) => {
  const channel = new ChannelElement(0);
  const message = channel.send();
  const waiting = writeAll(message, bytes('a'));
  message.abort();
  await t.throwsAsync(waiting, { code: 'EINTR' });
  await t.throwsAsync(writeAll(message, bytes('b')), { code: 'EIO' });
  t.false(await channel.receive().ready());
});

test('a write that is tried again is not accepted with the first attempt', async (t) => {
  const channel = new ChannelElement(0);
  const interrupt = new AbortController();
  const first = channel.receive();
  const message = channel.send();
  const interrupted = writeAll(message, bytes('a'), { signal: interrupt.signal });
  const data = await first.read(10);
  interrupt.abort();
  await t.throwsAsync(interrupted, { code: 'EINTR' });
  const again = writeAll(message, bytes('a'), { last: true });
  await first.settled(data, true);
  await t.throwsAsync(first.read(10), { code: 'EIO' });
  t.false(await isSettled(again));
  t.is(await receive(channel), 'a');
  await again;
});

test('in the middle of a message both sides can wait until it goes on', async (t) => {
  const channel = new ChannelElement(0);
  const [sender, receiver] = [channel.send(), channel.receive()];
  const nonblock = true;
  const reading = take(receiver, 1);
  t.is(await sender.accept(new Uint8Array(MAX_WAITING + 2), { nonblock }), MAX_WAITING + 2);
  await reading;
  t.true(sender.full);
  t.false(await sender.ready());
  const room = sender.whenReady();
  t.false(await isSettled(room));
  t.true(await receiver.ready());
  await receiver.read(MAX_WAITING);
  await room;
  await receiver.read(MAX_WAITING);
  t.false(await receiver.ready());
  const interrupt = new AbortController();
  const given = receiver.whenReady(interrupt.signal);
  const more = receiver.whenReady();
  interrupt.abort();
  await t.throwsAsync(given, { code: 'EINTR' });
  sender.close();
  await more;
  t.true(await receiver.ready());
});

test('a capacity that is no whole number from 0 to a million is EINVAL', (t) => {
  for (const capacity of [-1, 0.5, Number.NaN, 1e9, Number.POSITIVE_INFINITY]) {
    t.throws(() => new ChannelElement(capacity), { code: 'EINVAL' });
  }
});
