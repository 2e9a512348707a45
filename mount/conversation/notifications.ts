/**
 * What the kernel is told unasked: names and attributes that it must ask for again, and files that
 * it must poll again.
 *
 * write(2) of FUSE_NOTIFY_INVAL_ENTRY takes the lock of the parent's inode in the
 * kernel (fs/fuse/dir.c, fuse_reverse_inval_entry). A LOOKUP or MKDIR that
 * waits for our answer may hold it, so:
 * - it is written on the thread pool, one at a time, since the threads are shared;
 * - it is not written while a request about that directory waits, since a
 *   daemon that is killed with a thread blocked there never goes away;
 * - FUSE_NOTIFY_DELETE is not used: it takes the lock of the deleted inode
 *   too, which a blocked write(2) or a LOOKUP on a member that has just
 *   vanished may hold for long, with the parent locked meanwhile.
 */
import { type Deferred, deferred } from '../awaitable.js';
import { codeOf } from '../errno.js';
import type { Inode } from '../inodes/inode-table.js';
import { EXPIRE_ONLY } from '../wire/constants.js';
import type { Device } from '../wire/device.js';
import { notifyAttributes, notifyEntry, notifyPoll } from '../wire/notification.js';

interface Change {
  readonly directory: Inode;
  readonly name: string;
  gone: boolean;
  /** Settles when the kernel has been told. */
  readonly told: Deferred<void>;
}

/** What a write says when the kernel does not know the inode or the name, or is unmounting. */
const expected = new Set(['ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'ENOTCONN', 'ENODEV', 'ECANCELED']);

export class Notifications {
  /** Whether the kernel knows FUSE_EXPIRE_ONLY. */
  expireOnly = false;
  readonly #device: Device;
  readonly #onError: (error: unknown) => void;
  readonly #queue = new Map<string, Change>();
  /** Names that a request is changing right now: the kernel sees to them itself. */
  readonly #held = new Map<string, { readonly gone: boolean } | undefined>();
  #writing: Change | undefined;
  #stopped = false;

  constructor(device: Device, onError: (error: unknown) => void) {
    this.#device = device;
    this.#onError = onError;
  }

  /** An entry came or went. The directory's attributes are dropped at once, the name soon. */
  entry(directory: Inode, name: string, gone: boolean): void {
    if (this.#stopped) return;
    const key = keyOf(directory, name);
    if (this.#held.has(key)) {
      this.#held.set(key, { gone });
      return;
    }
    this.attributes(directory);
    const queued = this.#queue.get(key);
    if (queued) queued.gone = gone;
    else this.#queue.set(key, { directory, name, gone, told: deferred() });
    this.writeNext();
  }

  /** The kernel asks for an inode's attributes at the next use. */
  attributes(inode: Inode): void {
    this.#writeNow(notifyAttributes(inode.nodeid));
  }

  /** The kernel polls again what was registered under `kh`. */
  poll(kh: number): void {
    this.#writeNow(notifyPoll(kh));
  }

  /**
   * Keeps what is told of a name until the returned function is called: with
   * `true` it is dropped, since the kernel has learned it from a reply.
   */
  hold(directory: Inode, name: string): (learned: boolean) => void {
    const key = keyOf(directory, name);
    this.#held.set(key, undefined);
    return (learned) => {
      const change = this.#held.get(key);
      this.#held.delete(key);
      if (change !== undefined && !learned) this.entry(directory, name, change.gone);
    };
  }

  /** Whether there is anything that {@link written} would wait for. */
  get pending(): boolean {
    return this.#writing !== undefined || this.#queue.size > 0;
  }

  /** Resolves when the kernel has been told what was to be told until now. */
  async written(): Promise<void> {
    const changes = [...this.#queue.values()].filter(({ directory }) => directory.waiting === 0);
    await Promise.all([this.#writing, ...changes].map((change) => change?.told.promise));
  }

  /** Writes what may be written; to be called when a directory has no waiting request any more. */
  writeNext(): void {
    if (this.#writing !== undefined || this.#stopped) return;
    for (const [key, change] of this.#queue) {
      if (change.directory.waiting > 0) continue;
      this.#queue.delete(key);
      void this.#write(change);
      return;
    }
  }

  /** Tells nothing any more; resolves when the write under way has returned. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { told } of this.#queue.values()) told.resolve();
    this.#queue.clear();
    await this.#writing?.told.promise;
  }

  async #write(change: Change): Promise<void> {
    const { directory, name, gone, told } = change;
    this.#writing = change;
    // An entry that came may be one that the kernel has already and that is some
    // process's working directory: let it ask again, but not throw it away.
    const flags = !gone && this.expireOnly ? EXPIRE_ONLY : 0;
    try {
      await this.#device.queuedWrite(notifyEntry(directory.nodeid, name, flags));
    } catch (error) {
      this.#report(error);
    }
    this.#writing = undefined;
    told.resolve();
    this.writeNext();
  }

  /** For what takes no lock in the kernel. */
  #writeNow(message: Uint8Array): void {
    if (this.#stopped) return;
    try {
      this.#device.write(message);
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    if (!expected.has(codeOf(error) ?? '')) this.#onError(error);
  }
}

function keyOf(directory: Inode, name: string): string {
  return `${directory.nodeid}/${name}`;
}
