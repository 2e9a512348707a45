import test from 'ava';
import type { Directory, SymbolicLink } from '../../mount/node.js';
import { eventually } from '../host/cluster.js';
import { mount, python, run } from './mounted.js';
import { deferred, openFile, ToyDirectory, textFile } from './toy.js';

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

test('the kernel answers a listing of an unchanged directory itself, and asks again after a change', async (t) => {
  const root = new ToyDirectory();
  root.entries.set('a', textFile('a'));
  const { directory, session } = await mount(t, root);
  for (let times = 0; times < 3; times += 1) {
    t.deepEqual(lines((await run(t, 'ls "$1"', directory)).stdout), ['a']);
  }
  t.is(root.calls.list, 1);
  root.set('b', textFile('b'));
  await session.invalidated();
  t.deepEqual(lines((await run(t, 'ls "$1"', directory)).stdout), ['a', 'b']);
  t.is(root.calls.list, 2);
});

test('the kernel answers a listing of a directory with ttl 0 only until its mtime moves', async (t) => {
  const root = new ToyDirectory();
  const remote = root.set('remote', new ToyDirectory(0));
  remote.watch = () => ({ [Symbol.dispose]: () => undefined });
  remote.set('a', textFile('a', 0));
  const { directory } = await mount(t, root);
  const list = async () => lines((await run(t, 'ls "$1/remote"', directory)).stdout);
  t.deepEqual([await list(), await list()], [['a'], ['a']]);
  t.is(remote.calls.list, 1);
  remote.set('b', textFile('b', 0));
  t.deepEqual(await list(), ['a', 'b']);
  remote.delete('a');
  t.deepEqual(await list(), ['b']);
});

test('of a directory that reports no changes the kernel keeps nothing that a listing shows to be gone', async (t) => {
  const root = new ToyDirectory();
  const remote = root.set('remote', new ToyDirectory(0));
  Object.assign(remote, { watch: undefined });
  const { directory, session } = await mount(t, root);
  const list = () => run(t, 'ls "$1/remote"', directory);
  await list();
  const { inodes } = session.held;
  for (const name of ['a', 'b', 'c']) {
    remote.set(name, new ToyDirectory(0));
    // Looked up, never listed.
    t.is((await run(t, 'stat "$1/remote/$2"', directory, name)).status, 0);
    remote.delete(name);
  }
  t.is(session.held.inodes, inodes + 3);
  await list();
  await eventually(
    async () => session.held.inodes,
    (now) => now === inodes,
  );
});

test('a volatile directory is asked for each listing, while the kernel keeps its attributes', async (t) => {
  const root = new ToyDirectory();
  const remote = root.set('remote', new ToyDirectory(3600, 0));
  remote.watch = () => ({ [Symbol.dispose]: () => undefined });
  Object.assign(remote, { volatile: true });
  let listings = 0n;
  remote.attributes = () => {
    remote.calls.attributes += 1;
    return { mode: 0o755, size: 0, mtime: listings };
  };
  remote.list = () => {
    listings += 1n;
    return remote.entries;
  };
  const { directory } = await mount(t, root);
  const list = async () => lines((await run(t, 'ls "$1/remote"', directory)).stdout);
  t.deepEqual(await list(), []);
  for (const name of ['a', 'b', 'c']) {
    remote.entries.set(name, textFile('', 0));
    t.true((await list()).includes(name));
  }
  await run(t, 'stat "$1/remote"', directory);
  const { attributes } = remote.calls;
  await run(t, 'for i in 1 2 3 4 5; do stat "$1/remote"; done', directory);
  t.is(remote.calls.attributes, attributes);
});

test('programs see an entry that comes or goes at once, whatever its ttl', async (t) => {
  const root = new ToyDirectory(3600);
  const { directory, session } = await mount(t, root);
  const exists = async () => (await run(t, 'test -e "$1/x"', directory)).status === 0;
  t.false(await exists());
  const lookups = root.calls.lookup;
  t.false(await exists());
  t.is(root.calls.lookup, lookups, 'the kernel remembers that there is no such name');
  root.set('x', textFile('one'));
  await session.invalidated();
  t.true(await exists());
  root.delete('x');
  await session.invalidated();
  t.false(await exists());
  root.set('x', textFile('two, longer'));
  await session.invalidated();
  t.is((await run(t, 'cat "$1/x"', directory)).stdout, 'two, longer');
  root.set('x', new ToyDirectory());
  await session.invalidated();
  t.is((await run(t, 'test -d "$1/x"', directory)).status, 0);
});

test('a shell sees the effect of its own write in its next command', async (t) => {
  const root = new ToyDirectory(3600);
  const scrub = openFile(0o200, () => ({
    io: 'direct',
    write: () => {
      root.delete('element');
      return undefined;
    },
  }));
  root.entries.set('scrub', scrub);
  const { directory } = await mount(t, root);
  const script = `
    cd "$1"; failures=0
    for i in 1 2 3 4 5 6 7 8 9 10; do
      mkdir element; [ -e element ] || failures=$((failures + 1))
      echo > scrub;  [ -e element ] && failures=$((failures + 1))
    done; echo $failures`;
  t.is((await run(t, script, directory)).stdout, '0\n');
});

test('each of 3000 entries is listed once, even while others come and go', async (t) => {
  const root = new ToyDirectory();
  const names = Array.from({ length: 3000 }, (_, index) => `entry-${index}`);
  for (const name of names) root.entries.set(name, textFile(name));
  const { directory, session } = await mount(t, root);
  const text = `
import os, sys
entries = os.scandir(sys.argv[1])
seen = [next(entries).name for _ in range(100)]
print('begun'); sys.stdin.readline()
seen += [entry.name for entry in entries]
print(*seen, sep='\\n')
`;
  const program = python(t, text, directory);
  await program.printed('begun');
  for (let index = 0; index < 3000; index += 3) root.delete(`entry-${index}`);
  for (let index = 0; index < 500; index += 1) root.set(`new-${index}`, textFile(''));
  await session.invalidated();
  // Another reader takes the list anew while the first is half-way.
  t.is(lines((await run(t, 'ls "$1"', directory)).stdout).length, 2500);
  program.child.stdin?.end('\n');
  const { stdout, stderr } = await program.outcome;
  const seen = lines(stdout).slice(1);
  t.is(new Set(seen).size, seen.length, 'no name twice');
  const missing = names.filter((name, index) => index % 3 !== 0 && !seen.includes(name));
  t.deepEqual(missing, [], stderr);
});

test('readdir and stat give a known file the same inode number', async (t) => {
  const root = new ToyDirectory();
  root.entries.set('a', textFile('a'));
  root.entries.set('d', new ToyDirectory());
  const { directory } = await mount(t, root);
  const text = `
import os, sys
os.stat(sys.argv[1] + '/d')
print(all(e.inode() == e.stat(follow_symlinks=False).st_ino for e in os.scandir(sys.argv[1])))
`;
  t.is((await python(t, text, directory).outcome).stdout, 'True\n');
});

test('a name that is too long is ENAMETOOLONG, one that is not UTF-8 does not exist, any other is accepted', async (t) => {
  const root = new ToyDirectory();
  const { directory } = await mount(t, root);
  const text = `
import os, sys, errno
os.chdir(sys.argv[1])
def attempt(call, name):
    try: call(name); print('done')
    except OSError as e: print(errno.errorcode[e.errno])
for name in (b'x' * 256, b'x' * 1000, b'\\xff\\xfe', 'ä €'.encode() + b'x' * 249):
    attempt(os.stat, name); attempt(os.mkdir, name); attempt(os.rmdir, name)
`;
  const { stdout, stderr } = await python(t, text, directory).outcome;
  t.deepEqual(
    lines(stdout),
    [
      ['ENAMETOOLONG', 'ENAMETOOLONG', 'ENAMETOOLONG'],
      ['ENAMETOOLONG', 'ENAMETOOLONG', 'ENAMETOOLONG'],
      ['ENOENT', 'EINVAL', 'ENOENT'],
      ['ENOENT', 'done', 'done'],
    ].flat(),
    stderr,
  );
});

test('mkdir and rmdir call the directory and fail with its errors, even in a directory just made', async (t) => {
  const root = new ToyDirectory();
  const { directory } = await mount(t, root);
  const { stdout, stderr } = await run(
    t,
    'cd "$1"; mkdir -p a/b/c; mkdir a; cd a && rmdir b/c && ls b && rmdir b && pwd -P && ls',
    directory,
  );
  t.is(stdout, `${directory}/a\n`);
  t.regex(stderr, /File exists/);
  t.is(lines(stderr).length, 1);
});

test('changes that a directory does not support fail with EPERM', async (t) => {
  const root = new ToyDirectory();
  root.entries.set('f', textFile('f'));
  const { directory } = await mount(t, root);
  const attempts = [
    'touch new',
    'rm -f f',
    'mv f g',
    'ln f g',
    'ln -s f g',
    'mkfifo p',
    'chmod 777 f',
    'chown 1:1 f',
  ];
  for (const attempt of attempts) {
    const { status, stderr } = await run(t, `cd "$1" && ${attempt}`, directory);
    t.not(status, 0, attempt);
    t.regex(stderr, /Operation not permitted/, attempt);
  }
});

test('a directory gives the reason why a file cannot be created; a file that came meanwhile is opened', async (t) => {
  const root: Directory = new ToyDirectory(0);
  root.create = (name) => {
    throw Object.assign(new Error(`no ${name} here`), { code: 'EEXIST' });
  };
  // Not there when the kernel looks for it at first.
  const lookup = root.lookup.bind(root);
  let looks = 0;
  root.lookup = (name, caller) => {
    if (name === 'late') looks += 1;
    return name === 'late' && looks > 1 ? textFile('here') : lookup(name, caller);
  };
  const { directory } = await mount(t, root);
  const { stderr } = await run(t, 'touch "$1/new"', directory);
  t.regex(stderr, /touch: .*new.*: File exists/);
  const open = 'import os, sys; print(os.read(os.open(sys.argv[1], os.O_CREAT), 9))';
  const late = await run(t, `python3 -c '${open}' "$1/late"`, directory);
  t.is(late.stdout, "b'here'\n", late.stderr);
  t.true(looks > 2);
});

test('the requests of shells and common tools are accepted', async (t) => {
  const root = new ToyDirectory();
  const written: string[] = [];
  const command = openFile(0o600, () => ({
    io: 'direct',
    write: (data) => {
      written.push(Buffer.from(data).toString());
      return undefined;
    },
  }));
  root.entries.set('command', command);
  root.entries.set('value', textFile('value\n'));
  const link: SymbolicLink = {
    kind: 'symlink',
    ttl: 0,
    attributes: () => ({ mode: 0o777, size: 5, mtime: 1n }),
    readlink: () => 'value',
  };
  root.entries.set('link', link);
  const { directory } = await mount(t, root);
  const script = `cd "$1" && set -e
    echo one > command; echo two >> command; : > command; echo three | tee command > /dev/null
    touch command; truncate -s 0 command; ls -la > /dev/null; stat -f . > /dev/null
    flock value true; cp value /dev/null; cat link; readlink link; test -w command
    dd if=value bs=1 skip=2 status=none; find . -type f | sort; du -s . > /dev/null`;
  const { status, stdout, stderr } = await run(t, script, directory);
  t.is(stderr, '');
  t.is(status, 0);
  t.is(stdout, 'value\nvalue\nlue\n./command\n./value\n');
  t.deepEqual(written, ['one\n', 'two\n', 'three\n']);
});

test('a cached file is read once, however often it is opened', async (t) => {
  const root = new ToyDirectory();
  let reads = 0;
  const file = openFile(
    0o444,
    () => ({
      io: 'cached',
      read: () => {
        reads += 1;
        return Buffer.from('static');
      },
    }),
    60,
  );
  root.entries.set('help', { ...file, attributes: () => ({ mode: 0o444, size: 6, mtime: 1n }) });
  const { directory } = await mount(t, root);
  t.is((await run(t, 'cat "$1/help" "$1/help" "$1/help"', directory)).stdout, 'static'.repeat(3));
  t.is(reads, 1);
});

test('a slow answer blocks no other program', async (t) => {
  const root = new ToyDirectory(0);
  root.entries.set('value', textFile('value'));
  const entries = root.entries;
  let answer: (() => void) | undefined;
  root.lookup = (name) =>
    name === 'slow'
      ? new Promise((resolve) => {
          answer = () => resolve(undefined);
        })
      : entries.get(name);
  const { directory } = await mount(t, root);
  const slow = run(t, 'test -e "$1/slow"', directory);
  t.is((await run(t, 'cat "$1/value"', directory)).stdout, 'value');
  while (answer === undefined) await new Promise(setImmediate);
  answer();
  t.is((await slow).status, 1);
});

test('the kernel is notified of a change as soon as a slow lookup in the same directory is answered', async (t) => {
  const root = new ToyDirectory(3600);
  root.entries.set('x', textFile('x'));
  const { directory, session } = await mount(t, root);
  const exists = async (name: string) =>
    (await run(t, `test -e "$1/${name}"`, directory)).status === 0;
  t.true(await exists('x'));
  const begun = deferred<void>();
  const answer = deferred<undefined>();
  root.lookup = (name) => {
    if (name !== 'slow') return root.entries.get(name);
    begun.resolve();
    return answer.promise;
  };
  const slow = exists('slow');
  await begun.promise;
  root.delete('x');
  answer.resolve(undefined);
  t.false(await slow);
  await session.invalidated();
  t.false(await exists('x'));
});
