/** The node API as fuse-native serves it: a time-out takes the place of the interrupt. */
import test from 'ava';
import type { Caller, Handle } from '../../../mount/node.js';
import { python, shell } from '../mounted.js';
import { blockUntilWithdrawn, deferred, openFile, ToyDirectory } from '../toy.js';
import { mountIt, streamOf } from './mounted.js';

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
    if what(*args) < 0: seen.append(errno.errorcode[ctypes.get_errno()])
seen = []
calls = [(libc.access, b'a/slow', 0), (libc.mkdir, b'b/new', 0o777), (libc.open, b'recv', 0)]
threads = [threading.Thread(target=call, args=each) for each in calls]
for each in threads: each.start()
for each in threads: each.join()
print(*seen)
`;
  const { stdout, stderr } = await python(t, text, directory).outcome;
  t.is(stdout, 'EINTR EINTR EINTR\n', stderr);
});
