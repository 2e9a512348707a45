/**
 * The node API: what one writes to make a file system, which a {@link Session} then mounts and serves.
 *
 * # What to implement
 *
 * A file system is a tree of nodes: a {@link Directory} finds its entries by name (`lookup`) and
 * lists them (`list`); a {@link File} is opened and gives a {@link Handle}, which is read, written
 * and closed; a {@link SymbolicLink} has a target. All nodes have `attributes`. The session turns the
 * kernel's requests into calls of these methods, whose names are those of the system calls. Nodes may
 * be made when they are asked for: the session keeps those that the kernel knows, and no others.
 *
 * This file system is a mailbox. A message goes to one reader, and a reader waits for one:
 *
 *     import { EventEmitter, once } from 'node:events';
 *     import { type Directory, type File, PollEvents } from './node.js';
 *     import { Session } from './session.js';
 *
 *     const messages: Uint8Array[] = [];
 *     const arrivals = new EventEmitter();
 *
 *     const help: File = {
 *       kind: 'file',
 *       ttl: 3600,
 *       attributes: () => ({ mode: 0o444, size: 21, mtime: 0n }),
 *       open: () => ({ io: 'cached', read: () => Buffer.from('echo hi > mail & cat\n') }),
 *     };
 *
 *     const mail: File = {
 *       kind: 'file',
 *       ttl: 0,
 *       attributes: () => ({ mode: 0o600, size: 0, mtime: 0n }),
 *       open: () => ({
 *         io: 'stream',
 *         write(data) {
 *           messages.push(Uint8Array.from(data));
 *           arrivals.emit('message');
 *           return undefined;
 *         },
 *         async read(_offset, size, nonblock, { signal }) {
 *           while (messages.length === 0) {
 *             if (nonblock) throw Object.assign(new Error('no message yet'), { code: 'EAGAIN' });
 *             await once(arrivals, 'message', { signal });
 *           }
 *           const [message = new Uint8Array()] = messages.splice(0, 1);
 *           if (message.length > size) messages.unshift(message.subarray(size));
 *           return message.subarray(0, size);
 *         },
 *         settled(data, delivered) {
 *           if (!delivered) messages.unshift(data);
 *         },
 *         poll(notify) {
 *           if (messages.length > 0) return PollEvents.in | PollEvents.out;
 *           if (notify) arrivals.once('message', notify);
 *           return PollEvents.out;
 *         },
 *       }),
 *     };
 *
 *     const entries = new Map([
 *       ['help', help],
 *       ['mail', mail],
 *     ]);
 *
 *     const root: Directory = {
 *       kind: 'directory',
 *       ttl: 3600,
 *       negativeTtl: 3600,
 *       attributes: () => ({ mode: 0o755, size: 0, mtime: 0n }),
 *       list: () => entries,
 *       lookup: (name) => entries.get(name),
 *     };
 *
 *     export function mountMailbox(directory: string): Promise<Session> {
 *       return Session.mount(root, directory, { fsname: 'mailbox', subtype: 'mailbox' });
 *     }
 *
 * # Answers and errors
 *
 * A method answers at once, or with a promise; it never blocks the event loop, on which all requests
 * are served. An error's `code`, an errno's name such as `ENOENT`, becomes what the system call
 * returns. Any other error is a bug: the program gets EIO, and the session's `onError` is told.
 *
 * # Names and identity
 *
 * A name is UTF-8 of at most 255 bytes; the session refuses others. The kernel does not keep nodes but
 * inodes: it calls each by a number that the session gives out once and never again. The node that
 * `lookup` returns is the inode that has the name already if it is of the same kind and `id`; the
 * inode then answers through the newer object. A node with another `id` is another inode: what is
 * open of the old one stays what it was. So a file that is removed and made anew under its name
 * should change its `id`. Without an `id` the name decides.
 *
 * # What the kernel remembers
 *
 * The kernel may use a name and its attributes for `ttl` seconds without asking, and it may remember
 * for `negativeTtl` seconds that a directory has no such name. With 0 it asks each time. With more it
 * asks seldom, and must be told of changes: a directory that changes by itself implements `watch`,
 * and the session drops what the kernel has of the entry. Changes made by the kernel's own mkdir and
 * rmdir need no report, though one does no harm. A write is answered when the kernel knows of the
 * changes that it brought about, so a shell sees the effect of its `echo` in its next command.
 *
 * The kernel keeps the list of every directory as long as its mtime stands still. A directory whose
 * entries change without anybody knowing is `volatile`, and moves its mtime with each call of `list`.
 *
 * # Content
 *
 * A handle says how its content is read (`io`):
 * - `cached`: the content never changes. The kernel reads it once, up to the size in the
 *   attributes, and answers later readers itself.
 * - `direct`: each read(2) and write(2) comes to the handle, at any offset. The size should still be
 *   exact: archivers, and what copies with sendfile(2), read no more than that.
 * - `stream`: as `direct`, but it cannot be sought, and offsets are always 0.
 *
 * # Blocking, interruption and delivery
 *
 * A read or a write may wait as long as it likes: that costs an entry in a map. With O_NONBLOCK
 * (`nonblock`) it throws EAGAIN instead. A caller that gives up aborts its {@link Caller.signal}:
 * - A read is answered EINTR at once. What the handle gives later is not lost: `settled` says of all
 *   bytes that `read` returned whether they reached the reader. A handle whose bytes go to one reader
 *   (a message) pushes undelivered bytes back; the next read of the same open file waits for that.
 * - A write has 300 ms to return how many bytes it has taken; then it is EINTR, too.
 * - Signals that end nothing (SIGCHLD, SIGWINCH) interrupt nothing. A writer that is stopped (Ctrl-Z)
 *   is answered at once while its write goes on; its next write and its close(2) wait for it.
 * The signal's reason has the code EINTR, so a method may rethrow it.
 *
 * `flush` runs at each close(2) of a file open for writing, and close(2) returns what it throws;
 * `release` runs when the last descriptor is gone. `abandon` comes before `flush` where the program is
 * being killed: what it wrote may be incomplete.
 *
 * # Poll
 *
 * A handle without `poll` is always ready. With it, poll(2), select(2) and epoll(7) work, edge-triggered
 * ones, too: `poll` returns what is ready, and where nothing is, calls `notify` once when that may
 * have changed.
 *
 * # Locks in the kernel
 *
 * write(2) holds the kernel's lock on the inode until it is answered, and another writer of the same
 * inode waits for that lock where no signal reaches it. So a file whose writes may block has a `ttl` of 0:
 * each open then finds an inode that no writer holds. A lookup, mkdir or rmdir that waits likewise holds
 * the lock of its directory, and changes reported by `watch` reach the kernel only afterwards.
 *
 * Nothing in this process may use the mount by a call that blocks the event loop: the call would wait
 * for an answer that the event loop has to give.
 */

export type Awaitable<T> = T | Promise<T>;

/** The program that makes a request, and the signal by which it gives up (FUSE_INTERRUPT). */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
  /**
   * Identifies the table of open files through which a write or a close came (lock_owner in
   * linux/fuse.h). The threads of a process share one; a child has its own. 0 for other requests.
   */
  readonly filesOwner: number;
  readonly signal: AbortSignal;
  /** Whether the signal is aborted. Cheaper than to ask the signal, which is made at its first use. */
  readonly aborted: boolean;
}

export interface Attributes {
  /** The permission bits alone, for example `0o400`. */
  readonly mode: number;
  /** Bytes. Archivers, and programs that use sendfile(2), copy no more. Streams have 0. */
  readonly size: number;
  /** Nanoseconds since the epoch. The mtime of a directory moves with each change of its entries. */
  readonly mtime: bigint;
}

interface NodeBase {
  /**
   * Distinguishes this node from another one that has the same name at another time. Nodes with equal
   * ids are the same inode to the kernel. Without an id the name decides.
   */
  readonly id?: number | string | undefined;
  /** Seconds for which the kernel may use the name and the attributes without asking again. */
  readonly ttl: number;
  /** Seconds for which it may use the attributes, if not for `ttl`. */
  readonly attributesTtl?: number;
  attributes(caller: Caller): Awaitable<Attributes>;
}

export interface Directory extends NodeBase {
  readonly kind: 'directory';
  /** Seconds for which the kernel may remember that a name does not exist. */
  readonly negativeTtl: number;
  lookup(name: string, caller: Caller): Awaitable<Node | undefined>;
  /**
   * The entries without `.` and `..`. Entries that are left out can still be looked up; a directory that
   * has such names has `watch`, or they are dropped with each listing.
   */
  list(caller: Caller): Awaitable<Iterable<readonly [name: string, node: Node]>>;
  /** Without it mkdir(2) fails with EPERM. */
  mkdir?(name: string, caller: Caller): Awaitable<Directory>;
  /** Without it rmdir(2) fails with EPERM. */
  rmdir?(name: string, caller: Caller): Awaitable<void>;
  /**
   * open(2) with O_CREAT has found no file of this name. Files cannot be created, so this throws the
   * reason. Without it the reason is EPERM.
   */
  create?(name: string, caller: Caller): Awaitable<never>;
  /**
   * Entries can come and go without a report to `watch`: the kernel asks for each listing, though it
   * keeps the attributes for `ttl`. The mtime must move with each call of `list`.
   */
  readonly volatile?: boolean;
  /**
   * Reports entries that came (`gone` false) or went, until it is disposed, so that the kernel drops
   * what it has of them. A directory that changes by itself must have it, or be `volatile`, if its ttl
   * is above 0. The session watches directories that the kernel knows.
   */
  watch?(changed: (name: string, gone: boolean) => void): Disposable;
}

export interface SymbolicLink extends NodeBase {
  readonly kind: 'symlink';
  readlink(caller: Caller): Awaitable<string>;
}

/** The flags of open(2) that a handle may need. */
export interface OpenMode {
  readonly read: boolean;
  readonly write: boolean;
  readonly append: boolean;
}

export interface File extends NodeBase {
  readonly kind: 'file';
  /**
   * Throws EACCES if the mode of the file forbids this access: the kernel does not check root. A file
   * whose writes may block must have a ttl of 0, see "Locks in the kernel" above.
   */
  open(mode: OpenMode, caller: Caller): Awaitable<Handle>;
}

export type Node = Directory | File | SymbolicLink;

/** The event bits of poll(2), as in asm-generic/poll.h. */
export const PollEvents = { in: 0x1, out: 0x4, error: 0x8, hangUp: 0x10 } as const;

/** An open file. */
export interface Handle {
  /**
   * `cached`: the content never changes and has the size in the attributes; the kernel keeps it.
   * `direct`: each read(2) and write(2) comes here, at any offset. `stream`: as `direct`, but not
   * seekable, and offsets are always 0.
   */
  readonly io: 'cached' | 'direct' | 'stream';
  /** Returns up to `size` bytes; none at the end of file. Throws EAGAIN if `nonblock` and it would wait. */
  read?(offset: number, size: number, nonblock: boolean, caller: Caller): Awaitable<Uint8Array>;
  /**
   * Takes all bytes, or as many as it returns. `data` is valid until the method returns, or until its
   * promise is settled: a handle that keeps the bytes for longer copies them. A stream may get only the
   * beginning of a write(2); it is called again with the rest.
   */
  write?(
    data: Uint8Array,
    nonblock: boolean,
    caller: Caller,
    offset: number,
  ): Awaitable<number | undefined>;
  /** Runs at each close(2) of a file open for writing. close(2) fails with what it throws. */
  flush?(caller: Caller): Awaitable<void>;
  /**
   * The program that closes the file is being killed, or gave up before all its bytes were taken: the
   * bytes may be incomplete. Runs before `flush`.
   */
  abandon?(): void;
  /** The last descriptor of the open file is gone. */
  release?(): void;
  /**
   * Reports whether the bytes that `read` returned have reached the reader. They have not if the reader
   * was interrupted or killed before.
   */
  settled?(data: Uint8Array, delivered: boolean): void;
  /**
   * Returns the events that are ready now ({@link PollEvents} bits). If there are none and `notify` is
   * given, it is called once when that may have changed.
   */
  poll?(notify: (() => void) | undefined): Awaitable<number>;
}
