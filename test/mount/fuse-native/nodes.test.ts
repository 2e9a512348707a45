/** The node API as fuse-native serves it: contents, attributes and errors are those of our own host. */
import { createHash } from 'node:crypto';
import test from 'ava';
import { python, run } from '../mounted.js';
import { openFile, ToyDirectory, textFile } from '../toy.js';
import { mountIt, streamOf } from './mounted.js';

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
  // Of size 0, as a file is whose content is not known before it is read.
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
