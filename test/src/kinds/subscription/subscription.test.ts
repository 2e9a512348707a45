import test from 'ava';
import fc from 'fast-check';
import {
  MAX_PENDING,
  SubscriptionElement,
} from '../../../../src/kinds/subscription/subscription-element.js';
import { receiveAll } from '../chan/messages.js';

/** A subscription that has been placed, and its source. */
function subscription(limit?: number) {
  const source = { tell: (_event: string) => {}, followed: true };
  const follow = (tell: (event: string) => void) => {
    source.tell = tell;
    return {
      [Symbol.dispose]: () => {
        source.followed = false;
      },
    };
  };
  const element = new SubscriptionElement('@join', follow, limit);
  element.placed();
  return { element, source };
}

/** One event, received in pieces of 7 bytes. */
async function receive(element: SubscriptionElement): Promise<string> {
  return (await receiveAll(element.receive(), 7)).toString();
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
        if (what === 'receive' && (await element.receive().ready())) {
          received.push(await receive(element));
        }
        if (what === 'give up' && (await element.receive().ready())) {
          const message = element.receive();
          await message.read(3);
          message.close();
        }
        if (what === 'interrupt' && !(await element.receive().ready())) {
          const interrupted = new AbortController();
          const message = element.receive();
          const reading = message.read(10, { signal: interrupted.signal });
          interrupted.abort();
          await t.throwsAsync(reading, { code: 'EINTR' });
          message.close();
        }
      }
      while (received.length < told) received.push(await receive(element));
      t.deepEqual(
        received,
        Array.from({ length: told }, (_, i) => `/X${i}\n`),
      );
      t.false(await element.receive().ready());
    }),
  );
});

test('receivers that wait get one event each, in the order in which they came', async (t) => {
  const { element, source } = subscription();
  const waiting = [1, 2, 3].map(() => receive(element));
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
  t.false(element.peek().Closed);
  source.tell('/Xd');
  t.true(element.peek().Closed);
  t.false(source.followed);
  source.tell('/Xe');
  for (const event of ['/Xa\n', '/Xb\n', '/Xc\n']) t.is(await receive(element), event);
  const message = /events were lost, because 3 had not been received/;
  for (let i = 0; i < 2; i += 1) {
    await t.throwsAsync(receive(element), { code: 'ENOBUFS', message });
  }
});

test('a source that tells too much at once is followed no more either', async (t) => {
  let followed = true;
  const follow = (tell: (event: string) => void) => {
    for (const event of ['/Xa', '/Xb', '/Xc', '/Xd']) tell(event);
    return {
      [Symbol.dispose]: () => {
        followed = false;
      },
    };
  };
  const element = new SubscriptionElement('@join', follow, 3);
  element.placed();
  t.false(followed);
  for (const event of ['/Xa\n', '/Xb\n', '/Xc\n']) t.is(await receive(element), event);
  await t.throwsAsync(receive(element), { code: 'ENOBUFS' });
});

test('it takes as many as wait at most, and goes on when some have been received', async (t) => {
  const { element, source } = subscription();
  for (let i = 0; i < MAX_PENDING; i += 1) source.tell(`/X${i}`);
  t.is(await receive(element), '/X0\n');
  source.tell('/Xlast');
  t.deepEqual(element.peek(), { Source: '@join', Pending: MAX_PENDING, Closed: false });
});

test('scrub: receivers fail with ENODATA, also those that wait, and the source is followed no more', async (t) => {
  const { element, source } = subscription();
  const waiting = receive(element);
  element.scrub();
  await t.throwsAsync(waiting, { code: 'ENODATA', message: 'the subscription was scrubbed' });
  await t.throwsAsync(receive(element), { code: 'ENODATA' });
  t.false(source.followed);
});

test('a scrub in the moment of an event does no harm', async (t) => {
  const { element, source } = subscription();
  source.tell('/Xa');
  element.scrub();
  source.tell('/Xb');
  await new Promise(setImmediate);
  await t.throwsAsync(receive(element), { code: 'ENODATA' });
});
