import test from 'ava';
import { LateText } from '../../../src/kinds/late-text.js';
import { isSettled, take } from './chan/messages.js';

/** A text, and what makes it be there. */
function lateText() {
  let isThere = false;
  let resolve = (_text: string) => {};
  const text = new Promise<string>((done) => {
    resolve = done;
  });
  const tell = (written: string) => {
    isThere = true;
    resolve(written);
  };
  return {
    open: () =>
      new LateText(
        () => isThere,
        () => text,
      ),
    tell,
  };
}

test('a read waits for the text, and then gives it in pieces to its end', async (t) => {
  const { open, tell } = lateText();
  const source = open();
  const reading = take(source, 3);
  t.false(await isSettled(reading));
  tell('exited\n');
  t.is((await reading).toString(), 'exi');
  t.is((await take(source, 100)).toString(), 'ted\n');
  t.is((await take(source, 100)).length, 0);
});

test('every reader has the whole text', async (t) => {
  const { open, tell } = lateText();
  const sources = [open(), open()];
  tell('exited\n');
  for (const source of sources) t.is((await take(source, 100)).toString(), 'exited\n');
});

test('a read that is interrupted takes nothing, and the next one has the text', async (t) => {
  const { open, tell } = lateText();
  const source = open();
  const interrupt = new AbortController();
  const reading = source.read(10, interrupt);
  interrupt.abort();
  await t.throwsAsync(reading, { code: 'EINTR' });
  tell('exited\n');
  t.is((await take(source, 100)).toString(), 'exited\n');
});

test('bytes that were not delivered are read again', async (t) => {
  const { open, tell } = lateText();
  const source = open();
  tell('exited\n');
  source.settled(await source.read(3), false);
  source.settled(await source.read(100), false);
  t.is((await take(source, 100)).toString(), 'exited\n');
  source.settled(await source.read(100), false);
  t.is((await take(source, 100)).length, 0);
});

test('it is ready when there is the text: until then EAGAIN without blocking, and poll waits', async (t) => {
  const { open, tell } = lateText();
  const source = open();
  t.false(await source.ready());
  await t.throwsAsync(source.read(10, { nonblock: true }), { code: 'EAGAIN' });
  const interrupt = new AbortController();
  const given = source.whenReady(interrupt.signal);
  const ready = source.whenReady();
  interrupt.abort();
  await t.throwsAsync(given, { code: 'EINTR' });
  t.false(await isSettled(ready));
  tell('exited\n');
  await ready;
  t.true(await source.ready());
  t.is(Buffer.from(await source.read(100, { nonblock: true })).toString(), 'exited\n');
  t.true(await source.ready(), 'its end can be read, too');
});

test('reads that wait at the same time have the text once', async (t) => {
  const { open, tell } = lateText();
  const source = open();
  const readings = [source.read(3), source.read(100)];
  tell('exited\n');
  const pieces = (await Promise.all(readings)).map((data) => Buffer.from(data).toString());
  t.deepEqual(pieces, ['exi', 'ted\n']);
  t.true(source.ended);
});
