import { once } from 'node:events';
import { constants } from 'node:os';
import { Worker } from 'node:worker_threads';
import test, { type ExecutionContext } from 'ava';
import * as native from '../../native/index.js';

/** Starts /bin/sh with a script. `stdin` and `stdout` are our ends. */
function startShell(t: ExecutionContext, script: string, directory = '') {
  const [stdin, stdout] = [native.pipe(1), native.pipe(0)];
  const start = new native.Start({
    candidates: ['/nonexistent/sh', '/bin/sh'],
    argv: ['a shell', '-c', script],
    environment: ['A=1', 'B='],
    directory,
    stdio: [stdin[0], stdout[1], stdout[1]],
    openFiles: 1024,
  });
  const closed = Promise.allSettled([start.started]).then(() => {
    native.close(stdin[0]);
    native.close(stdout[1]);
  });
  t.teardown(async () => {
    await closed;
    native.close(stdin[1]);
    native.close(stdout[0]);
  });
  return { start, closed, stdin: stdin[1], stdout: stdout[0] };
}

/** Repeats a call each time that the descriptor is ready, until the result is not `waiting`. */
async function whenReady<T>(fd: number, call: () => T, waiting: T): Promise<T> {
  for (;;) {
    const result = call();
    if (result !== waiting) return result;
    await new Promise<void>((resolve) => {
      const watcher = new native.Watcher(fd, () => {
        watcher.close();
        resolve();
      });
    });
  }
}

test('the first candidate that can be executed is started, and its status is reaped once', async (t) => {
  const { start, stdout } = startShell(t, 'echo "$0 $A"; exit 3');
  const [pid, pidfd] = await start.started;
  t.teardown(() => native.close(pidfd));
  t.is(await whenReady(pidfd, () => native.reapProcess(pid), undefined), 3 << 8);
  t.like(
    t.throws(() => native.reapProcess(pid)),
    { errno: -constants.errno.ECHILD, syscall: 'waitpid' },
  );
  const into = Buffer.alloc(100);
  t.is(native.readPipe(stdout, into), 10);
  t.is(into.toString('utf8', 0, 10), 'a shell 1\n');
  t.is(await whenReady(stdout, () => native.readPipe(stdout, into), -1), 0);
});

test('a start that fails rejects with the system call', async (t) => {
  const { start } = startShell(t, '', '/nonexistent');
  t.like(await t.throwsAsync(start.started), { code: 'ENOENT', syscall: 'chdir', errno: -2 });
  start.abort();
});

test('an abort does not touch a program that runs', async (t) => {
  const { start, stdin } = startShell(t, 'read line; exit 4');
  const [pid, pidfd] = await start.started;
  t.teardown(() => native.close(pidfd));
  start.abort();
  t.is(native.writePipe(stdin, Buffer.from('\n')), 1);
  t.is(await whenReady(pidfd, () => native.reapProcess(pid), undefined), 4 << 8);
});

test('a start that is aborted at once settles, and its program does not stay', async (t) => {
  for (let i = 0; i < 50; i += 1) {
    const { start, closed, stdout } = startShell(t, 'read line');
    start.abort();
    const [outcome] = await Promise.allSettled([start.started]);
    await closed;
    if (outcome.status === 'rejected') {
      t.like(outcome.reason, { code: 'EINTR' });
    } else {
      const [pid, pidfd] = outcome.value;
      t.teardown(() => native.close(pidfd));
      if (process.kill(pid, 0)) process.kill(pid, 'SIGKILL');
      t.is(await whenReady(pidfd, () => native.reapProcess(pid), undefined), 9);
    }
    // Children of the other tests hold copies until they are their programs.
    const ended = () => native.readPipe(stdout, Buffer.alloc(1));
    t.is(await whenReady(stdout, ended, -1), 0);
  }
});

// Alone, since children of other tests hold copies of the ends until they are their programs.
test.serial('a pipe never blocks us, and tells how many bytes it took', (t) => {
  const [reading, writing] = native.pipe(1);
  t.true(native.isReady(writing));
  t.is(native.writePipe(writing, Buffer.alloc(100_000)), 65_536);
  t.is(native.writePipe(writing, Buffer.alloc(1)), 0);
  t.false(native.isReady(writing));
  native.close(reading);
  t.true(native.isReady(writing));
  t.like(
    t.throws(() => native.writePipe(writing, Buffer.alloc(1))),
    { code: 'EPIPE', syscall: 'write' },
  );
  native.close(writing);
  const [from, to] = native.pipe(0);
  t.is(native.readPipe(from, Buffer.alloc(10)), -1);
  t.false(native.isReady(from));
  native.close(to);
  t.is(native.readPipe(from, Buffer.alloc(10)), 0);
  native.close(from);
});

test('a watcher can pause, and can watch for room to write', async (t) => {
  const [reading, writing] = native.pipe(1);
  native.writePipe(writing, Buffer.alloc(65_536));
  let calls = 0;
  const ready = new Promise<void>((resolve) => {
    const watcher = new native.Watcher(writing, () => {
      calls += 1;
      watcher.watchFor(native.WatchFor.none);
      setImmediate(() => setImmediate(resolve));
    });
    t.teardown(() => {
      watcher.close();
      watcher.watchFor(native.WatchFor.writable);
      native.close(writing);
      native.close(reading);
    });
    watcher.watchFor(native.WatchFor.writable);
  });
  native.readPipe(reading, Buffer.alloc(65_536));
  await ready;
  t.is(calls, 1);
});

test('the end of an environment in which programs start does not crash the process', async (t) => {
  const text = `
    const native = await import(${JSON.stringify(new URL('../../native/index.js', import.meta.url).href)});
    for (let i = 0; i < 20; i += 1) {
      const [a, b] = native.pipe(0);
      new native.Start({ candidates: ['/bin/true'], argv: ['true'], environment: [], directory: '', stdio: [a, b, b], openFiles: 1024 });
    }
    process.exit();
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(text)}`));
  await once(worker, 'exit');
  t.pass();
});
