/**
 * A process of its own: `fuse-native-hello DIR` mounts one file, `hello`, on DIR by the fuse-native that
 * test/provision.sh installs, as that library's own example does. The yardstick of the mount.
 */
import { createRequire } from 'node:module';
import type FuseNative from 'fuse-native';

const [directory = ''] = process.argv.slice(2);
const Fuse: typeof FuseNative = createRequire(import.meta.url)('fuse-native');
const content = Buffer.from(`circuit://127.0.0.1:11022/12345/Q${'0'.repeat(32)}\n`);

function attributes(mode: number, size: number): FuseNative.Stat {
  const now = Date.now();
  const times = { atime: now, mtime: now, ctime: now };
  return { ...times, nlink: 1, size, blocks: 0, blksize: 4096, mode, uid: 0, gid: 0 };
}

const fuse = new Fuse(
  directory,
  {
    readdir: (path, callback) => (path === '/' ? callback(0, ['hello']) : callback(Fuse.ENOENT)),
    getattr: (path, callback) => {
      if (path === '/') callback(0, attributes(0o40755, 4096));
      else if (path === '/hello') callback(0, attributes(0o100644, content.length));
      else callback(Fuse.ENOENT);
    },
    open: (_path, _flags, callback) => callback(0, 42),
    release: (_path, _fd, callback) => callback(0),
    read: (_path, _fd, buffer, length, position, callback) => {
      const part = content.subarray(position, position + length);
      part.copy(buffer);
      callback(part.length);
    },
  },
  { debug: false },
);

fuse.mount((error) => {
  if (error) throw error;
  process.stdout.write('mounted\n');
});
process.once('SIGTERM', () => fuse.unmount(() => process.exit(0)));
