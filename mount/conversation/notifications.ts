/**
 * Notifies the kernel of names and attributes that it must ask for again, and of files that it must
 * poll again.
 *
 * write(2) of FUSE_NOTIFY_INVAL_ENTRY takes the lock of the parent's inode in the kernel
 * (fs/fuse/dir.c, fuse_reverse_inval_entry). A LOOKUP or MKDIR that waits for our answer may hold that
 * lock, so:
 * - The notification is written on the thread pool, one at a time, since other work shares the pool.
 * - It is not written while a request about the directory waits: a process that is killed while one of
 *   its threads blocks there never goes away.
 * - FUSE_NOTIFY_DELETE is not used. It takes the lock of the deleted inode, too, which a blocked
 *   write(2) or a slow LOOKUP may hold for long, and the parent would be locked meanwhile.
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
  /** Resolves when the notification has been written. */
  readonly told: Deferred<void>;
}

/** Errors of write(2) if the kernel does not know the inode or the name, or is unmounting. */
const expected = new Set(['ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'ENOTCONN', 'ENODEV', 'ECANCELED']);

export class Notifications {
  /** Whether the kernel knows FUSE_EXPIRE_ONLY. */
  expireOnly = false;
  readonly #device: Device;
  readonly #onError: (error: unknown) => void;
  readonly #queue = new Map<string, Change>();
  /** Names that a request is changing, with the change that was reported meanwhile. */
  readonly #held = new Map<string, { readonly gone: boolean } | undefined>();
  #writing: Change | undefined;
  #stopped = false;

  constructor(device: Device, onError: (error: unknown) => void) {
    this.#device = device;
    this.#onError = onError;
  }

  /** An entry came or went. The kernel drops the directory's attributes at once, the name soon. */
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
   * Holds changes of a name back until the returned function is called. With `true` they are dropped,
   * since the kernel has learned of them from a reply.
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

  /** Whether any notification waits or is being written. */
  get pending(): boolean {
    return this.#writing !== undefined || this.#queue.size > 0;
  }

  /** Resolves when all notifications until now have been written, but for those that must wait. */
  async written(): Promise<void> {
    const changes = [...this.#queue.values()].filter(({ directory }) => directory.waiting === 0);
    await Promise.all([this.#writing, ...changes].map((change) => change?.told.promise));
  }

  /** Writes the next notification, if any may be written. To be called when a request is answered. */
  writeNext(): void {
    if (this.#writing !== undefined || this.#stopped) return;
    for (const [key, change] of this.#queue) {
      if (change.directory.waiting > 0) continue;
      this.#queue.delete(key);
      void this.#write(change);
      return;
    }
  }

  /** Drops all notifications from now on. Resolves when the one that is being written has returned. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { told } of this.#queue.values()) told.resolve();
    this.#queue.clear();
    await this.#writing?.told.promise;
  }

  async #write(change: Change): Promise<void> {
    const { directory, name, gone, told } = change;
    this.#writing = change;
    // The kernel may have an entry that came already, and it may be the working directory of some
    // process. So the kernel is to ask again, not to drop it.
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

  /** For notifications that take no lock in the kernel. */
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
