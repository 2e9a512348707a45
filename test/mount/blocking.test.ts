import { createHash } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import type { Caller, Handle } from '../../mount/node.js';
import { PollEvents } from '../../mount/node.js';
import { eventually } from '../host/cluster.js';
import { mount, python, run, shell } from './mounted.js';
import { blockUntilWithdrawn, deferred, openFile, ToyDirectory } from './toy.js';

/** Ends a program that is blocked in the mount. */
async function endBlocked(t: ExecutionContext, signal: NodeJS.Signals) {
  const root = new ToyDirectory();
  const begun = deferred<Caller>();
  const handle: Handle = {
    io: 'stream',
    read: (_offset, _size, _nonblock, caller) => blockUntilWithdrawn(caller, begun.resolve),
  };
  root.entries.set(
    'recv',
    openFile(0o400, () => handle),
  );
  const { directory } = await mount(t, root);
  const cat = shell(t, 'exec cat "$1/recv"', directory);
  const caller = await begun.promise;
  cat.child.kill(signal);
  return { caller, outcome: await cat.outcome };
}

for (const signal of ['SIGINT', 'SIGKILL'] as const) {
  test(`${signal} ends a blocked cat at once and aborts the handler's signal`, async (t) => {
    const { caller, outcome } = await endBlocked(t, signal);
    t.is(outcome.signal, signal);
    t.true(caller.signal.aborted);
  });
}

test('a blocked write can be interrupted while another writer is blocked in the same file', async (t) => {
  const root = new ToyDirectory();
  const begun = [deferred<Caller>(), deferred<Caller>()];
  let writes = 0;
  const send = openFile(0o200, () => ({
    io: 'stream',
    write: (_data, _nonblock, caller) =>
      blockUntilWithdrawn(caller, (from) => begun[writes++]?.resolve(from)),
  }));
  root.entries.set('send', send);
  const { directory } = await mount(t, root);
  const first = shell(t, 'exec /bin/echo one > "$1/send"', directory);
  await begun[0]?.promise;
  const second = shell(t, 'exec /bin/echo two > "$1/send"', directory);
  await begun[1]?.promise;
  second.child.kill('SIGINT');
  t.is((await second.outcome).signal, 'SIGINT');
  first.child.kill('SIGINT');
  t.is((await first.outcome).signal, 'SIGINT');
});

test('a blocked write survives the end of a background job, and Ctrl-C still ends it', async (t) => {
  const root = new ToyDirectory();
  const begun = [deferred<Caller>(), deferred<Caller>()] as const;
  const accepted = deferred<undefined>();
  let writes = 0;
  const send = openFile(0o200, () => ({
    io: 'stream',
    write: (_data, _nonblock, caller) => {
      const first = writes++ === 0;
      begun[first ? 0 : 1].resolve(caller);
      return first ? accepted.promise : blockUntilWithdrawn(caller, () => undefined);
    },
  }));
  root.entries.set('send', send);
  const { directory } = await mount(t, root);
  const script = 'trap : CHLD; echo 1 > "$1"; echo $?; echo 2 > "$1"';
  const bash = shell(t, `exec bash -c '${script}' bash "$1/send"`, directory);
  for (const { promise } of begun) {
    const caller = await promise;
    bash.child.kill('SIGCHLD');
    // The kernel sends an interrupt for that signal, if any, before the next request.
    await run(t, 'df "$1"', directory);
    t.false(caller.signal.aborted);
    accepted.resolve(undefined);
  }
  bash.child.kill('SIGINT');
  const { stdout, signal } = await bash.outcome;
  t.is(signal, 'SIGINT');
  t.is(stdout, '0\n');
  t.is(writes, 2);
});

test('a read and a write with O_NONBLOCK fail with EAGAIN if they would block', async (t) => {
  const root = new ToyDirectory();
  const again = () => Object.assign(new Error('would wait'), { code: 'EAGAIN' });
  const wait = (nonblock: boolean) => {
    throw nonblock ? again() : Object.assign(new Error('it may wait'), { code: 'EPIPE' });
  };
  const file = openFile(0o600, () => ({
    io: 'stream',
    read: (_offset, _size, nonblock) => wait(nonblock),
    write: (_data, nonblock) => wait(nonblock),
  }));
  root.entries.set('c', file);
  const { directory } = await mount(t, root);
  const text = `
import os, sys, errno
for flags in (os.O_NONBLOCK, 0):
    fd = os.open(sys.argv[1] + '/c', os.O_RDWR | flags)
    for call in (lambda: os.read(fd, 10), lambda: os.write(fd, b'x')):
        try: call()
        except OSError as e: print(errno.errorcode[e.errno])
`;
  const { stdout, stderr } = await python(t, text, directory).outcome;
  t.is(stdout, 'EAGAIN\nEAGAIN\nEPIPE\nEPIPE\n', stderr);
});

/** How to register a descriptor, and to wait for it. */
const pollers = {
  poll: ['p = select.poll(); p.register(fd, select.POLLIN)', 'ready = p.poll(30000)'],
  select: ['', 'ready = select.select([fd], [], [], 30)[0]'],
  epoll: ['p = select.epoll(); p.register(fd, select.EPOLLIN)', 'ready = p.poll(30)'],
} as const;

for (const [name, [register, wait]] of Object.entries(pollers)) {
  test(`${name} sleeps until the handle notifies it`, async (t) => {
    const root = new ToyDirectory();
    let events = 0;
    const scheduled = deferred<() => void>();
    const file = openFile(0o400, () => ({
      io: 'stream',
      read: () => Buffer.from('message'),
      poll: (notify) => {
        if (notify !== undefined) scheduled.resolve(notify);
        return events;
      },
    }));
    root.entries.set('recv', file);
    const { directory } = await mount(t, root);
    const text = `
import os, sys, select
fd = os.open(sys.argv[1] + '/recv', os.O_RDONLY | os.O_NONBLOCK)
print(select.select([fd], [], [], 0)[0])
${register}
${wait}
print(len(ready), os.read(fd, 10))
`;
    const program = python(t, text, directory);
    const notify = await scheduled.promise;
    await program.printed('[]');
    events = PollEvents.in;
    notify();
    const { stdout, stderr } = await program.outcome;
    t.is(stdout, "[]\n1 b'message'\n", stderr);
  });
}

for (const [name, [register, wait]] of Object.entries(pollers)) {
  test(`${name} in an event loop sleeps again after all ready messages were read`, async (t) => {
    const root = new ToyDirectory();
    const messages = ['one'];
    let notify: (() => void) | undefined;
    const file = openFile(0o400, () => ({
      io: 'stream',
      read: () => Buffer.from(messages.shift() ?? ''),
      poll: (scheduled) => {
        if (messages.length > 0) return PollEvents.in;
        notify = scheduled;
        return 0;
      },
    }));
    root.entries.set('recv', file);
    const { directory } = await mount(t, root);
    const text = `
import os, sys, select
fd = os.open(sys.argv[1] + '/recv', os.O_RDONLY | os.O_NONBLOCK)
${register}
for _ in range(3):
    ${wait}
    print(os.read(fd, 10).decode() if ready else 'nothing', flush=True)
`;
    const program = python(t, text, directory);
    for (const message of ['two', 'three']) {
      await eventually(
        async () => notify,
        (scheduled) => scheduled !== undefined,
      );
      messages.push(message);
      const wake = notify;
      notify = undefined;
      wake?.();
    }
    const { stdout, stderr } = await program.outcome;
    t.is(stdout, 'one\ntwo\nthree\n', stderr);
  });
}

test('an edge-triggered poller (EPOLLET) is woken each time that the file becomes ready', async (t) => {
  const root = new ToyDirectory();
  const messages = ['one'];
  let notify: (() => void) | undefined;
  const file = openFile(0o400, () => ({
    io: 'stream',
    read: () => {
      const message = messages.shift();
      if (message === undefined) throw Object.assign(new Error('empty'), { code: 'EAGAIN' });
      return Buffer.from(message);
    },
    poll: (scheduled) => {
      if (messages.length > 0) return PollEvents.in;
      notify = scheduled;
      return 0;
    },
  }));
  root.entries.set('recv', file);
  const { directory } = await mount(t, root);
  const text = `
import os, sys, select
fd = os.open(sys.argv[1] + '/recv', os.O_RDONLY | os.O_NONBLOCK)
p = select.epoll(); p.register(fd, select.EPOLLIN | select.EPOLLET)
for _ in range(3):
    if not p.poll(30): print('nothing')
    try:
        while True: print(os.read(fd, 10).decode())
    except BlockingIOError: pass
`;
  const program = python(t, text, directory);
  for (const message of ['two', 'three']) {
    await eventually(
      async () => notify,
      (scheduled) => scheduled !== undefined,
    );
    messages.push(message);
    const wake = notify;
    notify = undefined;
    wake?.();
  }
  const { stdout, stderr } = await program.outcome;
  t.is(stdout, 'one\ntwo\nthree\n', stderr);
});

test('a handle without poll is always ready', async (t) => {
  const root = new ToyDirectory();
  root.entries.set(
    'f',
    openFile(0o600, () => ({ io: 'direct' })),
  );
  const { directory } = await mount(t, root);
  const text = `
import os, sys, select
fd = os.open(sys.argv[1] + '/f', os.O_RDWR)
print([len(l) for l in select.select([fd], [fd], [], 0)])
`;
  const { stdout, stderr } = await python(t, text, directory).outcome;
  t.is(stdout, '[1, 1, 0]\n', stderr);
});

test('a program gets the error that write or flush throws', async (t) => {
  const root = new ToyDirectory();
  const fail = (code: string) => {
    throw Object.assign(new Error(code), { code });
  };
  root.entries.set(
    'write',
    openFile(0o200, () => ({ io: 'direct', write: () => fail('EINVAL') })),
  );
  let written = false;
  const atClose = openFile(0o200, () => ({
    io: 'direct',
    write: () => {
      written = true;
      return undefined;
    },
    flush: () => {
      if (written) fail('EHOSTUNREACH');
    },
  }));
  root.entries.set('close', atClose);
  const { directory } = await mount(t, root);
  const write = await run(t, 'echo bad > "$1/write"', directory);
  t.not(write.status, 0);
  t.regex(write.stderr, /Invalid argument|I\/O error/);
  const close = await run(t, '/bin/echo -n bad > "$1/close"', directory);
  t.not(close.status, 0);
  t.regex(close.stderr, /No route to host/);
});

test('a stream is not seekable, and delivers all bytes in order until its end', async (t) => {
  const root = new ToyDirectory();
  const file = openFile(0o400, () => {
    let left = 100;
    return {
      io: 'stream',
      read: (_offset, size) => {
        const bytes = Buffer.alloc(left > 0 ? Math.min(size, 70_000) : 0, String(left % 10));
        left -= 1;
        return bytes;
      },
    };
  });
  root.entries.set('stdout', file);
  const { directory } = await mount(t, root);
  const { stdout } = await run(t, 'cat "$1/stdout" | tr -s 0-9', directory);
  t.is(stdout, '0987654321'.repeat(10));
  const text = "import sys; print(open(sys.argv[1] + '/stdout', 'rb').seekable())";
  t.is((await python(t, text, directory).outcome).stdout, 'False\n');
});

test('a handle that fails with the reason of its aborted signal is not reported', async (t) => {
  const root = new ToyDirectory();
  const begun = deferred<Caller>();
  const file = openFile(0o400, () => ({
    io: 'stream',
    read: (_offset, _size, _nonblock, caller) =>
      new Promise<Uint8Array>((_, reject) => {
        caller.signal.addEventListener('abort', () => reject(caller.signal.reason));
        begun.resolve(caller);
      }),
  }));
  root.entries.set('recv', file);
  const { directory, errors } = await mount(t, root);
  const cat = shell(t, 'exec cat "$1/recv"', directory);
  await begun.promise;
  cat.child.kill('SIGINT');
  await cat.outcome;
  t.deepEqual(errors, []);
});

test('a write of many megabytes arrives whole and in order', async (t) => {
  const root = new ToyDirectory();
  const hash = createHash('sha256');
  let hashed = false;
  let writes = 0;
  const file = openFile(0o200, () => ({
    io: 'stream',
    write: async (data) => {
      writes += 1;
      if (!hashed) hash.update(data);
      return undefined;
    },
  }));
  root.entries.set('send', file);
  const { directory } = await mount(t, root);
  const script = 'seq 2000000 | tee "$1/send" | sha256sum';
  const { stdout } = await run(t, script, directory);
  hashed = true;
  t.is(stdout, `${hash.digest('hex')}  -\n`);
  writes = 0;
  await run(t, 'dd if=/dev/zero of="$1/send" bs=4M count=2 status=none', directory);
  t.is(writes, 8, 'a mebibyte at a time');
});
