import test from 'ava';
import { CircuitError } from '../../../src/base/error.js';
import { type LogPiece, OperationsLog } from '../../../src/base/log.js';

const silent = () => {};

test('an operation is logged with caller, verb and outcome, and its result passes through', async (t) => {
  const lines: string[] = [];
  const log = new OperationsLog((line) => lines.push(line));
  t.is(await log.operation('uid=0 pid=1', 'join', async () => 7), 7);
  const failure = new CircuitError('EACCES', 'refused');
  const run = log.operation('peer=X1', 'join', () => Promise.reject(failure));
  t.is(await t.throwsAsync(run), failure);
  log.event('started\nnot a second line\u001b[31m');
  t.regex(lines[0] ?? '', /^\d{4}-\d\d-\d\dT[\d:.]+Z uid=0 pid=1 join: ok\n$/);
  t.regex(lines[1] ?? '', / peer=X1 join: EACCES: refused\n$/);
  t.regex(lines[2] ?? '', / - started\\x0anot a second line\\x1b\[31m\n$/);
});

const textOf = ({ data }: LogPiece) => Buffer.from(data).toString();

test('the log in memory is bounded, and begins with a whole line', (t) => {
  const all: string[] = [];
  const log = new OperationsLog((line) => all.push(line));
  for (let i = 0; i < 30_000; i += 1) log.event(`line ${i} ${'x'.repeat(50)}`);
  const text = all.join('');
  t.is(log.end, Buffer.byteLength(text));
  t.true(log.end - log.start <= 1024 * 1024);
  t.is(textOf(log.read(log.start, log.end)), text.slice(log.start));
  const oldest = log.read(0, 100);
  t.is(oldest.offset, log.start);
  t.is(textOf(oldest), text.slice(log.start, log.start + 100));
  t.is(textOf(log.read(log.end, 100)), '');
  t.is(text[log.start - 1], '\n');
});

test('offsets that are not whole numbers fail with EINVAL', (t) => {
  const log = new OperationsLog(silent);
  for (const [offset, size] of [
    [-1, 1],
    [0.5, 1],
    [0, Number.NaN],
    [Number.POSITIVE_INFINITY, 1],
  ] as const) {
    t.throws(() => log.read(offset, size), { code: 'EINVAL' });
  }
});

test('a reader that waits for the log to grow gets the next line, and gives up when interrupted', async (t) => {
  const log = new OperationsLog(silent);
  log.event('first');
  await log.whenBeyond(0);
  const giveUp = new AbortController();
  const interrupted = log.whenBeyond(log.end, giveUp.signal);
  const later = log.whenBeyond(log.end);
  const muchLater = log.whenBeyond(log.end + 100);
  giveUp.abort();
  await t.throwsAsync(interrupted, { code: 'EINTR' });
  const before = log.end;
  log.event('second');
  await later;
  t.true(log.end < before + 100);
  log.event('x'.repeat(100));
  await muchLater;
  for (const offset of [-1, 0.5, Number.NaN]) {
    await t.throwsAsync(log.whenBeyond(offset), { code: 'EINVAL' });
  }
});
