import test from 'ava';
import { NoteElement } from '../../../../src/kinds/note/note-element.js';

const textOf = async (reading: Promise<Uint8Array>) => Buffer.from(await reading).toString();

test('each reader of `next` gets the first text that is set after it has opened it', async (t) => {
  const note = new NoteElement('first');
  const one = note.next();
  t.false(await one.ready());
  await t.throwsAsync(one.read(100, { nonblock: true }), { code: 'EAGAIN' });
  note.set('second');
  const other = note.next();
  note.set('third');
  t.is(note.text, 'third');
  t.is(await textOf(one.read(100)), 'second\n');
  t.is(await textOf(one.read(100)), '');
  t.is(await textOf(other.read(100)), 'third\n');
});

test('a reader that is interrupted misses nothing', async (t) => {
  const note = new NoteElement('first');
  const next = note.next();
  const stop = new AbortController();
  const reading = next.read(100, stop);
  stop.abort();
  await t.throwsAsync(reading, { code: 'EINTR' });
  note.set('second');
  t.is(await textOf(next.read(100)), 'second\n');
});

test('scrub ends those that wait with ENODATA, and harms nobody where none waits', async (t) => {
  const [awaited, lonely] = [new NoteElement(''), new NoteElement('')];
  const reading = awaited.next().read(100);
  await awaited.scrub();
  await lonely.scrub();
  await t.throwsAsync(reading, { code: 'ENODATA' });
});
