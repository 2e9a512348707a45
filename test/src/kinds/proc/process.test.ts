import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import test from 'ava';
import { groupMembers, readExactly, script, start, textOf, until } from './started.js';

test('a process tells its command, pid, phase and exit, under the Go keys', async (t) => {
  const process = await script(t, 'read line; exit 3');
  const Cmd = { Path: 'sh', Args: ['-c', 'read line; exit 3', 'sh'], Scrub: false };
  t.deepEqual(process.peek(), { Cmd, Exit: '', Phase: 'running', Pid: process.pid });
  process.stdin.open().close();
  await process.exited;
  t.deepEqual(process.peek(), { Cmd, Exit: '3', Phase: 'exited', Pid: process.pid });
  t.false(existsSync(`/proc/${process.pid}`), 'it was not reaped');
});

for (const signal of ['TERM', 'SIGTERM', 'sigterm', '15', 15]) {
  test(`the signal ${JSON.stringify(signal)} is TERM`, async (t) => {
    const process = await start(t, { Path: 'sleep', Args: ['1000'] });
    process.signal(signal);
    await process.exited;
    t.like(process.peek(), { Exit: 'TERM', Phase: 'signaled' });
  });
}

test('a real-time signal is known by its number', async (t) => {
  const process = await start(t, { Path: 'sleep', Args: ['1000'] });
  process.signal(40);
  await process.exited;
  t.like(process.peek(), { Exit: '40', Phase: 'signaled' });
});

test('a signal that does not exist is EINVAL, and named', async (t) => {
  const process = await start(t, { Path: 'sleep', Args: ['1000'] });
  for (const signal of ['NOPE', '', '0', '65', '-9', '9x', 'SIGSIGKILL']) {
    const error = t.throws(() => process.signal(signal));
    t.like(error, { code: 'EINVAL' });
    t.true(error?.message.includes(JSON.stringify(signal)));
  }
  t.is(process.phase, 'running');
});

test('a signal to a process that has ended is ESRCH', async (t) => {
  const process = await start(t, { Path: 'true' });
  await process.exited;
  const error = t.throws(() => process.signal('TERM'), { message: /ended/ });
  t.like(error, { code: 'ESRCH' });
});

test('a process that is stopped says so, and runs on after CONT', async (t) => {
  const process = await start(t, { Path: 'cat' });
  process.signal('STOP');
  await until(() => process.phase === 'stopped');
  t.is(process.phase, 'stopped');
  t.is(process.exit, '');
  process.signal('CONT');
  await until(() => process.phase === 'running');
  process.stdin.open().close();
  await process.exited;
  t.is(process.exit, '0');
});

test('a signal reaches the whole group', async (t) => {
  const process = await script(t, 'sleep 1000 & sleep 1000 & echo ready; wait');
  await readExactly(process.stdout.open(), 6);
  t.is(groupMembers(process.pid).length, 3);
  process.signal('TERM');
  await process.exited;
  // The output ends when the last of them has gone.
  t.is(await textOf(process.stdout), '');
  t.deepEqual(groupMembers(process.pid), []);
});

test('scrub kills the whole group, and nothing of it is left', async (t) => {
  const process = await script(
    t,
    'trap "" TERM HUP INT; (trap "" TERM HUP INT; while :; do sleep 1000; done) & echo ready; wait',
  );
  await readExactly(process.stdout.open(), 6);
  await process.scrub();
  t.deepEqual(groupMembers(process.pid), []);
  t.is(process.exit, 'KILL');
  await process.scrub();
});

test('scrub of a process that has ended kills the processes that it left running', async (t) => {
  const process = await script(t, 'sleep 1000 & exit 0');
  await process.exited;
  t.is(groupMembers(process.pid).length, 1);
  await process.scrub();
  t.deepEqual(groupMembers(process.pid), []);
  t.is(process.exit, '0');
});

test('scrub ends a process that is stopped', async (t) => {
  const process = await start(t, { Path: 'sleep', Args: ['1000'] });
  process.signal(constants.signals.SIGSTOP);
  await until(() => process.phase === 'stopped');
  await process.scrub();
  t.is(process.exit, 'KILL');
});

test('a reader that has the output of a scrubbed process open still gets the rest of it, then its end', async (t) => {
  const process = await script(t, 'echo last words; exec sleep 1000');
  const reader = process.stdout.open();
  t.is(await readExactly(reader, 5), 'last ');
  await process.scrub();
  t.is(await textOf(process.stdout), 'words\n');
});

test('an orderly end asks first: TERM, to a stopped process too', async (t) => {
  const process = await script(
    t,
    'trap "echo bye; exit 5" TERM; echo ready; while :; do sleep 1000 & wait; done',
  );
  const reader = process.stdout.open();
  await readExactly(reader, 6);
  process.signal('STOP');
  await until(() => process.phase === 'stopped');
  await process.terminate(60_000);
  t.is(process.exit, '5');
  t.is(await readExactly(reader, 4), 'bye\n');
  t.deepEqual(groupMembers(process.pid), []);
});

test('an orderly end kills a process that does not listen', async (t) => {
  const process = await script(t, 'trap "" TERM; echo ready; while :; do sleep 1000; done');
  await readExactly(process.stdout.open(), 6);
  await process.terminate(50);
  t.is(process.exit, 'KILL');
  t.deepEqual(groupMembers(process.pid), []);
});
