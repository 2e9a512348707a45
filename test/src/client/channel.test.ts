import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import test from 'ava';
import { binary, connected, twoMembers } from './circuit.js';

test('a message arrives as it was sent, in one piece or many', async (t) => {
  const { anchors } = await twoMembers(t);
  for (const anchor of anchors) {
    using channel = await anchor.makeChannel(0);
    async function* pieces() {
      yield 'é';
      yield Buffer.from([0, 255, 10]);
      yield '';
      yield 'end';
    }
    for (const [data, bytes] of [
      [binary(1000), binary(1000)],
      ['text é', Buffer.from('text é')],
      ['', Buffer.alloc(0)],
      [pieces(), Buffer.concat([Buffer.from('é'), Buffer.from([0, 255, 10]), Buffer.from('end')])],
      [Readable.from([binary(70_000), binary(5)]), Buffer.concat([binary(70_000), binary(5)])],
    ] as const) {
      const sent = channel.send(data);
      const received = Buffer.from(await channel.recv());
      await sent;
      t.true(received.equals(bytes));
    }
    t.deepEqual(await channel.peek(), { Cap: 0, Closed: false, NumSend: 5, NumRecv: 5 });
  }
});

test('10 MB through one message, whole and as streams, have equal checksums', async (t) => {
  const { anchors } = await twoMembers(t);
  const data = binary(10_000_000);
  const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  for (const anchor of anchors) {
    using channel = await anchor.makeChannel(0);
    const [received] = await Promise.all([channel.recv(), channel.send(data)]);
    t.is(sha(received), sha(data));
    const sent = channel.send(Readable.from([data.subarray(0, 12_345), data.subarray(12_345)]));
    const hash = createHash('sha256');
    for await (const chunk of await channel.recvStream()) hash.update(chunk);
    await sent;
    t.is(hash.digest('hex'), sha(data));
  }
});

test('messages come in order until the channel is closed and drained', async (t) => {
  const { anchors } = await twoMembers(t);
  for (const anchor of anchors) {
    using channel = await anchor.makeChannel(3);
    for (const text of ['1', '2', '3']) await channel.send(text);
    await channel.close();
    t.true((await channel.peek()).Closed);
    await t.throwsAsync(channel.send('4'), { code: 'EPIPE' });
    const received: string[] = [];
    for await (const message of channel) received.push(Buffer.from(message).toString());
    t.deepEqual(received, ['1', '2', '3']);
    await t.throwsAsync(channel.recv(), { code: 'ENODATA' });
    await channel.scrub();
    await t.throwsAsync(channel.scrub(), { code: 'ENOENT' });
  }
});

test('bad capacities are refused, and say why', async (t) => {
  const { anchors } = await twoMembers(t);
  for (const anchor of anchors) {
    for (const capacity of [-1, 1.5, Number.NaN, 1e9]) {
      await t.throwsAsync(anchor.makeChannel(capacity), { code: 'EINVAL', message: /capacity/ });
    }
  }
});

test('a receiver that is interrupted has received nothing, and a sender has sent nothing', async (t) => {
  const { anchors } = await twoMembers(t);
  for (const anchor of anchors) {
    using channel = await anchor.makeChannel(0);
    for (const wait of [
      (signal: AbortSignal) => channel.recv({ signal }),
      (signal: AbortSignal) => channel.recvStream({ signal }),
      (signal: AbortSignal) => channel.messages({ signal }).next(),
      (signal: AbortSignal) => channel.send('never', { signal }),
      (signal: AbortSignal) => channel.send(new Readable({ read: () => {} }), { signal }),
    ]) {
      const interrupted = new AbortController();
      const waiting = t.throwsAsync(wait(interrupted.signal), { code: 'EINTR' });
      await channel.peek();
      interrupted.abort();
      await waiting;
      await t.throwsAsync(wait(AbortSignal.abort()), { code: 'EINTR' });
    }
    const sent = channel.send('message');
    t.is(Buffer.from(await channel.recv()).toString(), 'message');
    await sent;
  }
});

test('an interrupt in the moment of the hand-off loses no message and doubles none', async (t) => {
  const { anchors } = await twoMembers(t);
  for (const anchor of anchors) {
    using channel = await anchor.makeChannel(0);
    const received: string[] = [];
    const sending = (async () => {
      for (let i = 0; i < 100; i += 1) await channel.send(String(i));
      await channel.close();
    })();
    for (let round = 0; ; round += 1) {
      const interrupted = new AbortController();
      const message = channel.recv({ signal: interrupted.signal });
      const outcome = message.then(
        (data) => received.push(Buffer.from(data).toString()),
        (error) => error.code,
      );
      // Now and then before, amid, or after the hand-off.
      const until = performance.now() + (round % 60) / 10;
      while (performance.now() < until) await new Promise(setImmediate);
      interrupted.abort();
      if ((await outcome) === 'ENODATA') break;
    }
    await sending;
    t.deepEqual(
      received,
      Array.from({ length: 100 }, (_, i) => String(i)),
    );
  }
});

test('a sender that breaks off gives EIO, a receiver that goes away EPIPE', async (t) => {
  const { anchors } = await twoMembers(t);
  for (const anchor of anchors) {
    using channel = await anchor.makeChannel(0);
    async function* broken() {
      yield 'begun';
      throw new Error('no more');
    }
    const sent = t.throwsAsync(channel.send(broken()), { message: 'no more' });
    await t.throwsAsync(channel.recv(), { code: 'EIO' });
    await sent;
    async function* endless() {
      for (;;) yield binary(100_000);
    }
    const endlessly = t.throwsAsync(channel.send(endless()), { code: 'EPIPE' });
    for await (const _ of await channel.recvStream()) break;
    await endlessly;
    let leave = () => {};
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    async function* endsLate() {
      yield 'begun';
      await left;
    }
    const late = t.throwsAsync(channel.send(endsLate()), { code: 'EPIPE' });
    for await (const _ of await channel.recvStream()) break;
    await channel.peek();
    leave();
    await late;
    const { NumSend, NumRecv } = await channel.peek();
    t.deepEqual([NumSend, NumRecv], [3, 3]);
  }
});

test('a receiver that is disposed, or whose client closes, gives the message to the next', async (t) => {
  const { anchors, other } = await twoMembers(t);
  for (const anchor of anchors) {
    using channel = await anchor.makeChannel(0);
    const leaving = await connected(t, other);
    const theirs = await leaving.anchor(anchor.path).get();
    if (theirs?.kind !== 'chan') throw new Error('a channel');
    const waiting = t.throwsAsync(theirs.recv());
    await theirs.peek();
    leaving.close();
    await waiting;
    const sent = channel.send('message');
    t.is(Buffer.from(await channel.recv()).toString(), 'message');
    await sent;
  }
});
