/** The node API as fuse-native serves it: what is the same as with our own host, and what takes its place. */
import { createHash } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { findMounts } from '../../mount/mounting/mount-table.js';
import type { Caller, Directory, Handle } from '../../mount/node.js';
import { type Mounted, mount, python, run, shell } from './mounted.js';
import { blockUntilWithdrawn, deferred, openFile, ToyDirectory, textFile } from './toy.js';

/** Seconds; the shortest that there is. */
const TIMEOUT_S = 1;

function mountIt(t: ExecutionContext, root: Directory, timeoutS = TIMEOUT_S): Promise<Mounted> {
  return mount(t, root, { host: 'fuse-native', timeoutS });
}

function streamOf(handle: Omit<Handle, 'io'>, mode = 0o600) {
  return openFile(mode, () => ({ io: 'stream', ...handle }));
}

test('directories, attributes, links and contents are those of the nodes', async (t) => {
  const root = new ToyDirectory();
  const sub = root.set('sub', new ToyDirectory());
  sub.set('long', textFile('x'.repeat(300_000)));
  sub.set('link', {
    kind: 'symlink',
    ttl: 60,
    attributes: () => ({ mode: 0o777, size: 4, mtime: 0n }),
    readlink: () => 'long',
  });
  // Its size is 0, as of a file whose content is not known before it is read.
  root.set(
    'unsized',
    openFile(0o400, () => ({
      io: 'direct',
      read: (offset, size) => Buffer.from('content').subarray(offset, offset + size),
    })),
  );
  const { directory, session, errors } = await mountIt(t, root);
  t.is(session.host, 'fuse-native');
  const script = `cd "$1"; ls -a . sub; stat -c '%a %s %F %U' sub/long sub; cat unsized; echo
    readlink sub/link; wc -c < sub/link; mkdir sub/new && rmdir sub/new && ls sub; df . | wc -l`;
  const { stdout, stderr } = await run(t, script, directory);
  t.deepEqual(
    [stdout.split('\n'), stderr],
    [
      [
        ...['.:', '.', '..', 'sub', 'unsized', '', 'sub:', '.', '..', 'link', 'long'],
        ...['444 300000 regular file root', '755 0 directory root', 'content', 'long', '300000'],
        ...['link', 'long', '2', ''],
      ],
      '',
    ],
  );
  t.is(sub.watchers.size, 0, 'nothing is held when the calls are over');
  t.deepEqual(errors, []);
});

test('what a node refuses, and what none can do, has the errno that our own host gives', async (t) => {
  const root = new ToyDirectory();
  root.set('text', textFile('text\n'));
  root.set(
    'deaf',
    streamOf({ write: () => Promise.reject(Object.assign(new Error(), { code: 'EPIPE' })) }),
  );
  const { directory } = await mountIt(t, root);
  const text = `
import errno, os, sys
os.chdir(sys.argv[1])
bad = b'\\xff\\xfe'
for call in (
    lambda: os.stat('none'), lambda: os.open('text/x', 0), lambda: os.mkdir('text'), lambda: os.rmdir('none'),
    lambda: os.unlink('text'), lambda: os.rename('text', 'x'), lambda: os.link('text', 'x'),
    lambda: os.symlink('text', 'x'), lambda: os.mkfifo('x'), lambda: os.open('x', os.O_CREAT | os.O_WRONLY),
    lambda: os.chmod('text', 0o700), lambda: os.chown('text', 12, 12), lambda: os.truncate('text', 0),
    lambda: os.write(os.open('deaf', os.O_WRONLY | os.O_TRUNC), b'x'), lambda: os.getxattr('text', 'user.x'),
    lambda: os.stat(bad), lambda: os.mkdir(bad), lambda: os.stat('n' * 256), lambda: os.readlink('text'),
    lambda: os.utime('text'),
):
    try: print(call())
    except OSError as e: print(errno.errorcode[e.errno])
`;
  const { stdout, stderr } = await python(t, text, directory).outcome;
  t.deepEqual(
    [stdout.split('\n'), stderr],
    [
      [
        ...['ENOENT', 'ENOTDIR', 'EEXIST', 'ENOENT', 'EPERM', 'EPERM', 'EPERM', 'EPERM', 'EPERM'],
        ...['EPERM', 'EPERM', 'EPERM', 'EACCES', 'EPIPE', 'ENOTSUP', 'ENOENT', 'EINVAL'],
        ...['ENAMETOOLONG', 'EINVAL', 'None', ''],
      ],
      '',
    ],
  );
});

test('an error without an errno is EIO and reported, and the file system goes on', async (t) => {
  const root = new ToyDirectory();
  root.set('broken', streamOf({ read: () => JSON.parse('{') }));
  root.set('text', textFile('text\n'));
  const { directory, errors } = await mountIt(t, root);
  const { stdout, stderr } = await run(t, 'cat "$1/broken"; cat "$1/text"', directory);
  t.regex(stderr, /broken: Input\/output error/);
  t.is(stdout, 'text\n');
  t.deepEqual(errors.map(String), [String(errors[0])]);
  t.regex(String(errors[0]), /^SyntaxError/);
});

test('a read that waits is EINTR after the time-out, and a message that comes between two reads reaches the second', async (t) => {
  const message = deferred<string>();
  const undelivered: Uint8Array[] = [];
  const settled: string[] = [];
  let first: Caller | undefined;
  const root = new ToyDirectory();
  root.set(
    'recv',
    streamOf({
      read: async (_offset, _size, _nonblock, caller) => {
        first ??= caller;
        return undelivered.pop() ?? Buffer.from(await message.promise);
      },
      settled: (data, delivered) => {
        settled.push(`${data} ${delivered}`);
        if (!delivered) undelivered.push(data);
      },
    }),
  );
  const { directory } = await mountIt(t, root);
  const text = `
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
fd = os.open(sys.argv[1] + '/recv', os.O_RDONLY)
buffer = ctypes.create_string_buffer(100)
print(libc.read(fd, buffer, 100), ctypes.get_errno(), flush=True)
sys.stdin.read(1)
print(os.read(fd, 100).decode())
`;
  const program = python(t, text, directory);
  await program.printed('-1 4\n');
  t.true(first?.aborted);
  message.resolve('late');
  program.child.stdin?.end('\n');
  t.is((await program.outcome).stdout, '-1 4\nlate\n');
  t.deepEqual(settled, ['late false', 'late true']);
});

test('a cat that waits goes on after the time-out, and Ctrl-C ends it at the next', async (t) => {
  const root = new ToyDirectory();
  const reads = [deferred(), deferred(), deferred()];
  let count = 0;
  root.set(
    'recv',
    streamOf({
      read: (_offset, _size, _nonblock, caller) => {
        count += 1;
        reads[count - 1]?.resolve();
        return count === 2 ? Buffer.from('hello\n') : blockUntilWithdrawn(caller, () => undefined);
      },
    }),
  );
  const { directory } = await mountIt(t, root);
  const cat = shell(t, 'exec cat "$1/recv"', directory);
  await cat.printed('hello\n');
  await reads[2]?.promise;
  cat.child.kill('SIGINT');
  t.is((await cat.outcome).signal, 'SIGINT');
  t.is(count, 3);
});

test('a write that waits returns after the time-out what was taken, else EINTR', async (t) => {
  const root = new ToyDirectory();
  let taken: number | undefined = 2;
  const write: Handle['write'] = (_data, _nonblock, caller) =>
    taken === undefined
      ? blockUntilWithdrawn(caller, () => undefined)
      : new Promise((resolve) => {
          caller.signal.addEventListener('abort', () => resolve(taken));
        });
  root.set('send', streamOf({ write }));
  const { directory } = await mountIt(t, root);
  const text = `
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
fd = os.open(sys.argv[1] + '/send', os.O_WRONLY)
for _ in range(2):
    print(libc.write(fd, b'hello', 5), ctypes.get_errno(), flush=True)
    sys.stdin.read(1)
`;
  const program = python(t, text, directory);
  await program.printed('2 0\n');
  taken = undefined;
  program.child.stdin?.end('\n');
  t.is((await program.outcome).stdout, '2 0\n-1 4\n');
});

test('a lookup, an open and a mkdir that wait are EINTR after the time-out', async (t) => {
  class Slow extends ToyDirectory {
    override lookup(name: string, caller: Caller) {
      if (name === 'slow') return blockUntilWithdrawn(caller, () => undefined);
      return super.lookup(name);
    }
    override mkdir(_name: string, caller?: Caller): Promise<never> {
      return caller ? blockUntilWithdrawn(caller, () => undefined) : Promise.reject();
    }
  }
  const root = new ToyDirectory();
  for (const name of ['a', 'b']) root.set(name, new Slow());
  root.set(
    'recv',
    openFile(0o400, (_mode, caller) => blockUntilWithdrawn(caller, () => undefined)),
  );
  const { directory } = await mountIt(t, root);
  // Through the C library: shells, dd and Python's own open() try again.
  const text = `
import ctypes, errno, os, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
os.chdir(sys.argv[1])
def call(what, *args):
    if what(*args) < 0: print(errno.errorcode[ctypes.get_errno()], flush=True)
calls = [(libc.access, b'a/slow', 0), (libc.mkdir, b'b/new', 0o777), (libc.open, b'recv', 0)]
threads = [threading.Thread(target=call, args=each) for each in calls]
for each in threads: each.start()
for each in threads: each.join()
`;
  const { stdout, stderr } = await python(t, text, directory).outcome;
  t.is(stdout, 'EINTR\n'.repeat(3), stderr);
});

test('with O_NONBLOCK a read and a write that would wait are EAGAIN', async (t) => {
  const root = new ToyDirectory();
  const wait = (nonblock: boolean) => {
    throw Object.assign(new Error(), { code: nonblock ? 'EAGAIN' : 'EPIPE' });
  };
  root.set(
    'c',
    streamOf({
      read: (_offset, _size, nonblock) => wait(nonblock),
      write: (_data, nonblock) => wait(nonblock),
    }),
  );
  const { directory } = await mountIt(t, root);
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

test('megabytes that are written and read arrive whole and in order, 128 KiB at a time', async (t) => {
  const root = new ToyDirectory();
  const hash = createHash('sha256');
  let largest = 0;
  let left = 100;
  root.set(
    'c',
    streamOf({
      write: async (data) => {
        largest = Math.max(largest, data.length);
        hash.update(data);
        return undefined;
      },
      read: (_offset, size) => {
        left -= 1;
        return Buffer.alloc(left >= 0 ? Math.min(size, 70_000) : 0, String(left % 10));
      },
    }),
  );
  const { directory } = await mountIt(t, root);
  const script =
    'seq 500000 | dd of="$1/c" bs=1M iflag=fullblock status=none; seq 500000 | sha256sum';
  const { stdout } = await run(t, script, directory);
  t.is(stdout, `${hash.digest('hex')}  -\n`);
  t.is(largest, 128 * 1024);
  t.is((await run(t, 'cat "$1/c" | tr -s 0-9', directory)).stdout, '9876543210'.repeat(10));
});

test('unmount answers 60 readers that wait, and leaves no mount', async (t) => {
  const root = new ToyDirectory();
  const all = deferred();
  let waiting = 0;
  let released = 0;
  root.set(
    'recv',
    streamOf({
      read: (_offset, _size, _nonblock, caller) =>
        blockUntilWithdrawn(caller, () => {
          waiting += 1;
          if (waiting === 60) all.resolve();
        }),
      release: () => {
        released += 1;
      },
    }),
  );
  root.set('text', textFile('text\n'));
  const { directory, session, errors } = await mountIt(t, root, 60);
  const script = 'for i in $(seq 60); do { cat "$1/recv" || echo failed; } & done; wait';
  const readers = shell(t, `export LC_ALL=C; ${script}`, directory);
  await all.promise;
  t.is((await run(t, 'cat "$1/text"', directory)).stdout, 'text\n', 'others are served meanwhile');
  await session.unmount();
  await session.ended;
  t.deepEqual(await findMounts(directory), []);
  const { stdout, stderr } = await readers.outcome;
  t.is(stdout, 'failed\n'.repeat(60));
  t.regex(stderr, /recv: Transport endpoint is not connected/);
  t.is(released, 60);
  t.deepEqual(errors, []);
});

test('an unmount from outside ends the session soon', async (t) => {
  const { directory, session, errors } = await mountIt(t, new ToyDirectory());
  t.is((await run(t, 'umount "$1"', directory)).status, 0);
  await session.ended;
  await session.unmount();
  t.deepEqual(errors, []);
});

test('with allowOther another user may read what the modes allow, and no caller is known', async (t) => {
  const root = new ToyDirectory();
  const callers: number[] = [];
  root.set(
    'public',
    openFile(0o444, (_mode, { uid }) => {
      callers.push(uid);
      return { io: 'direct', read: (offset) => Buffer.from('public').subarray(offset) };
    }),
  );
  root.set(
    'secret',
    openFile(0o400, () => ({ io: 'direct' })),
  );
  const { directory } = await mount(t, root, { host: 'fuse-native', allowOther: true });
  const nobody = 'setpriv --reuid=65534 --regid=65534 --clear-groups cat "$1/public" "$1/secret"';
  const { stdout, stderr } = await run(t, `chmod 755 "$(dirname "$1")"; ${nobody}`, directory);
  t.is(stdout, 'public', stderr);
  t.regex(stderr, /secret: Permission denied/);
  t.deepEqual(callers, [0xffffffff]);
});

test('the mount table shows the name, the type and the options as with our own host', async (t) => {
  const { directory } = await mountIt(t, new ToyDirectory());
  const { stdout } = await run(t, 'findmnt -nr -o SOURCE,FSTYPE,OPTIONS "$1"', directory);
  t.regex(stdout, /^toy,fs fuse\.circuittest rw,nosuid,nodev,noatime,.*default_permissions/);
});
