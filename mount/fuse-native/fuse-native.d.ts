/** The parts of fuse-native 2.2.6 that we use; the package has no types. */
declare module 'fuse-native' {
  namespace Fuse {
    /** An errno, negative; 0 for success. */
    type Done = (error: number) => void;
    type Listed = (error: number, names?: string[], stats?: Partial<Stat>[]) => void;
    type Answer<T> = (error: number, result?: T) => void;
    /** How many bytes were read or written, or an errno, negative. */
    type Transferred = (result: number) => void;

    interface Stat {
      readonly mode: number;
      readonly size: number;
      readonly blocks: number;
      readonly blksize: number;
      readonly nlink: number;
      readonly uid: number;
      readonly gid: number;
      /** Milliseconds since the epoch, an integer. */
      readonly atime: number;
      readonly mtime: number;
      readonly ctime: number;
    }

    interface Statfs {
      readonly bsize: number;
      readonly frsize: number;
      readonly blocks: number;
      readonly bfree: number;
      readonly bavail: number;
      readonly files: number;
      readonly ffree: number;
      readonly namemax: number;
    }

    /** Paths begin with a slash, which is the root of the mount. Bytes that are not UTF-8 have become U+FFFD. */
    interface Operations {
      getattr(path: string, done: Answer<Stat>): void;
      readdir(path: string, done: Listed): void;
      readlink(path: string, done: Answer<string>): void;
      statfs(path: string, done: Answer<Statfs>): void;
      open(path: string, flags: number, done: Answer<number>): void;
      create(path: string, mode: number, done: Answer<number>): void;
      /** `buffer` may be used until `done` is called. */
      read(
        path: string,
        fd: number,
        buffer: Buffer,
        length: number,
        offset: number,
        done: Transferred,
      ): void;
      write(
        path: string,
        fd: number,
        buffer: Buffer,
        length: number,
        offset: number,
        done: Transferred,
      ): void;
      flush(path: string, fd: number, done: Done): void;
      release(path: string, fd: number, done: Done): void;
      truncate(path: string, size: number, done: Done): void;
      chmod(path: string, mode: number, done: Done): void;
      chown(path: string, uid: number, gid: number, done: Done): void;
      /** `mtime` is the same as `atime`, by an error of the library. */
      utimens(path: string, atime: number, mtime: number, done: Done): void;
      mkdir(path: string, mode: number, done: Done): void;
      rmdir(path: string, done: Done): void;
      unlink(path: string, done: Done): void;
      mknod(path: string, mode: number, device: number, done: Done): void;
      rename(from: string, to: string, done: Done): void;
      link(from: string, to: string, done: Done): void;
      symlink(target: string, path: string, done: Done): void;
    }

    interface Options {
      /** Milliseconds until an operation is answered ETIMEDOUT; `false`: never. 0 means 15 s. */
      readonly timeout?: number | false;
      /** To log each call. */
      readonly debug?: boolean;
    }
  }

  class Fuse {
    constructor(directory: string, operations: Partial<Fuse.Operations>, options: Fuse.Options);
    static readonly ENOENT: number;
    mount(done: (error: Error | null) => void): void;
    unmount(done: (error: Error | null) => void): void;
    /** Options of libfuse's command line, as `-oONE,TWO`. */
    _fuseOptions(): string;
    /** By which the instances unmount: fusermount in a shell. */
    static unmount(directory: string, done: (error: Error | null) => void): void;
  }

  export = Fuse;
}
