/**
 * What a file system served by a {@link Session} is made of. The session turns
 * the kernel's requests into calls of these methods, and what they return or
 * throw into replies. A method may answer at once or later; an error's `code`
 * (an errno name such as `ENOENT`) becomes the errno, any other error is EIO.
 */

export type Awaitable<T> = T | Promise<T>;

/** Who asks, and the signal by which the kernel withdraws the request (FUSE_INTERRUPT). */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
  /**
   * Of a write and of a close: whose table of open files it was (lock_owner in
   * linux/fuse.h). The threads of a process share one; a child has its own. Otherwise 0.
   */
  readonly filesOwner: number;
  readonly signal: AbortSignal;
  /** Whether the signal is aborted; does not make one. */
  readonly aborted: boolean;
}

export interface Attributes {
  /** Permission bits alone, for example `0o400`. */
  readonly mode: number;
  /** Bytes. Programs that copy with sendfile(2), and archivers, copy no more; streams have 0. */
  readonly size: number;
  /** Nanoseconds since the epoch. A directory's moves with each change of its entries. */
  readonly mtime: bigint;
}

interface NodeBase {
  /**
   * Tells this node from another that bears the same name at another time:
   * equal ids are the same node to the kernel. Without one, the name decides.
   */
  readonly id?: number | string | undefined;
  /** Seconds for which the kernel may use the name and the attributes without asking again. */
  readonly ttl: number;
  /** Seconds for which it may use the attributes, if not as long as the name. */
  readonly attributesTtl?: number;
  attributes(caller: Caller): Awaitable<Attributes>;
}

export interface Directory extends NodeBase {
  readonly kind: 'directory';
  /** Seconds for which the kernel may remember that a name does not exist. */
  readonly negativeTtl: number;
  lookup(name: string, caller: Caller): Awaitable<Node | undefined>;
  /** The entries without `.` and `..`. Names that begin with a dot are listed too. */
  list(caller: Caller): Awaitable<Iterable<readonly [name: string, node: Node]>>;
  /** Without it mkdir(2) fails with EPERM. */
  mkdir?(name: string, caller: Caller): Awaitable<Directory>;
  /** Without it rmdir(2) fails with EPERM. */
  rmdir?(name: string, caller: Caller): Awaitable<void>;
  /**
   * Makes nothing, since files are not made by open(2): throws why there is none of
   * this name. Without it the reason is EPERM.
   */
  create?(name: string, caller: Caller): Awaitable<never>;
  /**
   * Entries can come and go without a word: the kernel has to ask for each
   * listing, though it keeps the attributes for `ttl`. The mtime must move with
   * each call of `list`.
   */
  readonly volatile?: boolean;
  /**
   * Tells of entries that came (`gone` false) or went, so that the kernel's
   * copies can be dropped. A directory with a ttl above 0 that can change by
   * itself must have it, or be `volatile`. Called while the kernel knows the directory.
   */
  watch?(changed: (name: string, gone: boolean) => void): Disposable;
}

export interface SymbolicLink extends NodeBase {
  readonly kind: 'symlink';
  readlink(caller: Caller): Awaitable<string>;
}

/** The flags of open(2) that matter here. */
export interface OpenMode {
  readonly read: boolean;
  readonly write: boolean;
  readonly append: boolean;
}

export interface File extends NodeBase {
  readonly kind: 'file';
  /**
   * Throws EACCES where the mode does not allow what is asked (root passes the kernel's check).
   * A file whose writes may block must have a ttl of 0: then each writer gets an inode of its own,
   * whose lock no other writer holds in the kernel.
   */
  open(mode: OpenMode, caller: Caller): Awaitable<Handle>;
}

export type Node = Directory | File | SymbolicLink;

/** poll(2) event bits, as in asm-generic/poll.h. */
export const PollEvents = { in: 0x1, out: 0x4, error: 0x8, hangUp: 0x10 } as const;

/** An open file. */
export interface Handle {
  /**
   * `cached`: the content never changes, has the size that `attributes` tells,
   * and the kernel may keep it. `direct`: each read(2) comes here, at any
   * offset. `stream`: the same, but not seekable, and offsets are always 0.
   */
  readonly io: 'cached' | 'direct' | 'stream';
  /** Up to `size` bytes; an empty array is the end of file. Throws EAGAIN if it would wait and `nonblock`. */
  read?(offset: number, size: number, nonblock: boolean, caller: Caller): Awaitable<Uint8Array>;
  /**
   * Takes all of `data`, or the number of bytes that it returns. The bytes are good until this
   * returns, or until its promise is settled: a handle that keeps them for longer copies them.
   * A stream may be given the beginning of what write(2) had, and is called again with the rest.
   */
  write?(
    data: Uint8Array,
    nonblock: boolean,
    caller: Caller,
    offset: number,
  ): Awaitable<number | undefined>;
  /** Runs at each close(2) of a file open for writing; what it throws is what close(2) returns. */
  flush?(caller: Caller): Awaitable<void>;
  /**
   * A program that has it open is being killed, or gave up before all that it wrote was taken: what
   * was written need not be complete. Runs before `flush`.
   */
  abandon?(): void;
  /** The last reference has gone. */
  release?(): void;
  /**
   * Whether what `read` returned has reached the reader, or the reader was
   * interrupted or killed before; it may have been asked for again already.
   */
  settled?(data: Uint8Array, delivered: boolean): void;
  /**
   * The events that are ready now ({@link PollEvents} bits). Where there are none
   * and `notify` is given, it is called once when that may have changed.
   */
  poll?(notify: (() => void) | undefined): Awaitable<number>;
}
