/**
 * A process of its own: `fuse-native-hello DIR` mounts one file, `hello`, on DIR by the fuse-native that
 * test/provision.sh installs, as that library's own example does. The yardstick of the mount.
 */
import { createRequire } from 'node:module';

type Callback<T = unknown> = (error: number, result?: T) => void;

interface Operations {
  readdir(path: string, callback: Callback<string[]>): void;
  getattr(path: string, callback: Callback): void;
  open(path: string, flags: number, callback: Callback<number>): void;
  release(path: string, fd: number, callback: Callback): void;
  read(
    path: string,
    fd: number,
    buffer: Buffer,
    length: number,
    position: number,
    callback: (bytes: number) => void,
  ): void;
}

interface FuseNative {
  new (
    directory: string,
    operations: Operations,
    options: object,
  ): {
    mount(callback: (error: Error | null) => void): void;
    unmount(callback: (error: Error | null) => void): void;
  };
  readonly ENOENT: number;
}

const [directory = ''] = process.argv.slice(2);
const Fuse: FuseNative = createRequire(import.meta.url)('fuse-native');
const content = Buffer.from(`circuit://127.0.0.1:11022/12345/Q${'0'.repeat(32)}\n`);

function attributes(mode: number, size: number) {
  const now = new Date();
  return { mtime: now, atime: now, ctime: now, nlink: 1, size, mode, uid: 0, gid: 0 };
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
