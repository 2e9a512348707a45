import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { RefusalLog } from '../../../src/transport/refusal-log.js';

/** A log that tells every 50 ms, and what it has told. */
function refusalLog(t: ExecutionContext) {
  const events: string[] = [];
  const told = new EventTarget();
  const refusals = new RefusalLog((event) => {
    events.push(event);
    told.dispatchEvent(new Event('told'));
  }, 50);
  t.teardown(() => refusals.close());
  return { events, told, refusals };
}

test('the first refusal is told of at once, later ones together after the pause, with the last peer', async (t) => {
  const { events, told, refusals } = refusalLog(t);
  refusals.note('unknownKey', '10.0.0.7');
  t.deepEqual(events, ['refused: 1 handshake with an unknown key, from 10.0.0.7']);
  const again = once(told, 'told');
  for (const host of ['10.0.0.7', '10.0.0.8', '10.0.0.9']) refusals.note('unknownKey', host);
  t.is(events.length, 1);
  await again;
  t.regex(
    events[1] ?? '',
    /^refused since \S+Z: 3 handshakes with an unknown key, the last from 10\.0\.0\.9$/,
  );
  // Another pause begins: one that is refused in it waits for its end.
  const third = once(told, 'told');
  refusals.note('unknownKey', '10.0.0.1');
  t.is(events.length, 2);
  await third;
  t.regex(events[2] ?? '', /^refused since \S+Z: 1 handshake with an unknown key, the last from/);
});

test('all kinds of refusal share the one line of a pause', async (t) => {
  const { events, told, refusals } = refusalLog(t);
  for (const kind of ['noKey', 'tooMany', 'wrongAddress', 'noKey', 'noKey'] as const) {
    refusals.note(kind, '10.0.0.7');
  }
  t.deepEqual(events, ['refused: 1 connection that proved no key, from 10.0.0.7']);
  await once(told, 'told');
  t.regex(
    events[1] ?? '',
    /^refused since \S+Z: 1 introduction too many, the last from 10\.0\.0\.7; 1 handshake with a wrong address, the last from \S+; 2 connections that proved no key, the last from \S+$/,
  );
});
