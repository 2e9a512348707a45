import test from 'ava';
import fc from 'fast-check';
import type { IncomingMessage } from '../../../../src/kinds/chan/message.js';
import {
  MAX_PENDING,
  SubscriptionElement,
} from '../../../../src/kinds/subscription/subscription.js';

/** A subscription, and what its source does. */
function subscription(limit?: number) {
  const element = new SubscriptionElement('@join', limit);
  const source = { tell: (_event: string) => {}, followed: true };
  element.follow((tell) => {
    source.tell = tell;
    return {
      [Symbol.dispose]: () => {
        source.followed = false;
      },
    };
  });
  return { element, source };
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  do {
    chunks.push(await message.read(7));
    await message.delivered();
  } while (chunks.at(-1)?.length);
  message.close();
  return Buffer.concat(chunks).toString();
}

test('each event is received once and in order, also if receivers go before it has reached them', async (t) => {
  const step = fc.constantFrom('event', 'receive', 'give up', 'interrupt');
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { element, source } = subscription();
      const received: string[] = [];
      let told = 0;
      for (const what of steps) {
        if (what === 'event') source.tell(`/X${told++}`);
        if (what === 'receive' && element.events.canReceive) {
          received.push(await textOf(element.receive()));
        }
        if (what === 'give up' && element.events.canReceive) {
          const message = element.receive();
          await message.read(3);
          message.close();
        }
        if (what === 'interrupt' && !element.events.canReceive) {
          const interrupted = new AbortController();
          const message = element.receive();
          const reading = message.read(10, { signal: interrupted.signal });
          interrupted.abort();
          await t.throwsAsync(reading, { code: 'EINTR' });
          message.close();
        }
      }
      while (received.length < told) received.push(await textOf(element.receive()));
      t.deepEqual(
        received,
        Array.from({ length: told }, (_, i) => `/X${i}\n`),
      );
      t.false(element.events.canReceive);
    }),
  );
});

test('receivers that wait get one event each, in the order in which they came', async (t) => {
  const { element, source } = subscription();
  const waiting = [1, 2, 3].map(() => textOf(element.receive()));
  for (const event of ['/Xa', '/Xb', '/Xc']) source.tell(event);
  t.deepEqual(await Promise.all(waiting), ['/Xa\n', '/Xb\n', '/Xc\n']);
});

test('without waiting: EAGAIN, unless there is an event', async (t) => {
  const { element, source } = subscription();
  const message = element.receive();
  await t.throwsAsync(message.read(10, { nonblock: true }), { code: 'EAGAIN' });
  source.tell('/Xa');
  t.is(Buffer.from(await message.read(10, { nonblock: true })).toString(), '/Xa\n');
});

test('too many that wait end it: they can still be received, and then it fails', async (t) => {
  const { element, source } = subscription(3);
  for (const event of ['/Xa', '/Xb', '/Xc']) source.tell(event);
  t.false(element.events.peek().Closed);
  source.tell('/Xd');
  t.true(element.events.peek().Closed);
  t.false(source.followed);
  source.tell('/Xe');
  for (const event of ['/Xa\n', '/Xb\n', '/Xc\n']) t.is(await textOf(element.receive()), event);
  const message = /events were lost, because 3 had not been received/;
  for (let i = 0; i < 2; i += 1) {
    await t.throwsAsync(textOf(element.receive()), { code: 'ENOBUFS', message });
  }
});

test('a source that tells too much at once is followed no more either', async (t) => {
  const element = new SubscriptionElement('@join', 3);
  let followed = true;
  element.follow((tell) => {
    for (const event of ['/Xa', '/Xb', '/Xc', '/Xd']) tell(event);
    return {
      [Symbol.dispose]: () => {
        followed = false;
      },
    };
  });
  t.false(followed);
  for (const event of ['/Xa\n', '/Xb\n', '/Xc\n']) t.is(await textOf(element.receive()), event);
  await t.throwsAsync(textOf(element.receive()), { code: 'ENOBUFS' });
});

test('it takes as many as wait at most, and goes on when some have been received', async (t) => {
  const { element, source } = subscription();
  for (let i = 0; i < MAX_PENDING; i += 1) source.tell(`/X${i}`);
  t.is(await textOf(element.receive()), '/X0\n');
  source.tell('/Xlast');
  t.like(element.events.peek(), { Closed: false, NumSend: MAX_PENDING + 1, NumRecv: 1 });
});

test('scrub: receivers fail with ENODATA, also those that wait, and nobody listens any more', async (t) => {
  const { element, source } = subscription();
  const waiting = textOf(element.receive());
  element.scrub();
  await t.throwsAsync(waiting, { code: 'ENODATA', message: 'the subscription was scrubbed' });
  await t.throwsAsync(textOf(element.receive()), { code: 'ENODATA' });
  t.false(source.followed);
});

test('a scrub in the moment of an event harms nobody', async (t) => {
  const { element, source } = subscription();
  source.tell('/Xa');
  element.scrub();
  source.tell('/Xb');
  await new Promise(setImmediate);
  await t.throwsAsync(textOf(element.receive()), { code: 'ENODATA' });
});
