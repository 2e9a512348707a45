/** An open file (struct file in the kernel), with its blocked reads, writes and polls. */
import { deferred, whenReady } from '../awaitable.js';
import type { Request } from '../conversation/request.js';
import type { Inode } from '../inodes/inode-table.js';
import { type Awaitable, type Caller, type Handle, type OpenMode, PollEvents } from '../node.js';
import { OpenFlags } from '../wire/constants.js';
import { WriteBehind } from './write-behind.js';

/** asm-generic/poll.h: select(2) and old programs ask for these beside POLLIN and POLLOUT. */
const POLLRDNORM = 0x40;
const POLLWRNORM = 0x100;

const IO_FLAGS = {
  cached: OpenFlags.KEEP_CACHE,
  direct: OpenFlags.DIRECT_IO,
  stream: OpenFlags.DIRECT_IO | OpenFlags.NONSEEKABLE | OpenFlags.STREAM,
} as const;

export class OpenFile {
  #notifyScheduled = false;
  /** Wakes a poller that found the file ready. It may wait for the next edge. */
  #watcher: (() => void) | undefined;
  /** The reads of which it is unknown whether their answers reach the reader. */
  readonly #reads = new Map<Caller, Promise<void>>();
  /** The last write that goes on after its program was answered. */
  behind: WriteBehind | undefined;
  /** The error of a write behind, until its program is told. */
  #failure: { readonly error: unknown; readonly filesOwner: number } | undefined;

  constructor(
    readonly fh: number,
    readonly handle: Handle,
    readonly inode: Inode,
    readonly mode: OpenMode,
  ) {}

  /** The FOPEN_* flags of the reply to OPEN. */
  get flags(): number {
    const { io } = this.handle;
    // The close of a stream waits for a write behind.
    const flushes = this.handle.flush !== undefined || io === 'stream';
    return IO_FLAGS[io] | (this.mode.write && flushes ? 0 : OpenFlags.NOFLUSH);
  }

  /** Notes a read that blocks. @returns A function to call when its answer is settled, or has failed. */
  reading(caller: Caller): () => void {
    const { promise, resolve } = deferred();
    this.#reads.set(caller, promise);
    return () => {
      this.#reads.delete(caller);
      resolve();
    };
  }

  /**
   * Waits until interrupted reads have pushed back their bytes, which come before the bytes of the
   * next read. Undefined if no read was interrupted.
   */
  givenBack(): Promise<unknown> | undefined {
    if (this.#reads.size === 0) return undefined;
    const interrupted = [...this.#reads].filter(([{ aborted }]) => aborted);
    return interrupted.length > 0 ? Promise.all(interrupted.map(([, over]) => over)) : undefined;
  }

  /** Notes a write that goes on while its program is answered. `done` settles as the write does. */
  writeBehind(done: Promise<unknown>, caller: Request): void {
    const { filesOwner } = caller;
    const failed = (error: unknown) => {
      this.#failure = { error, filesOwner };
    };
    const behind = new WriteBehind(done, caller, failed, this.behind);
    this.behind = behind;
    behind.over.then(() => {
      if (this.behind === behind) this.behind = undefined;
    });
  }

  /** Throws the error of a write behind, once, to the program that made the write. */
  throwFailure({ filesOwner }: Caller): void {
    const failure = this.#failure;
    if (failure?.filesOwner !== filesOwner) return;
    this.#failure = undefined;
    throw failure.error;
  }

  /**
   * Returns the events that are ready. If there are none, `wake` is called once when that may have
   * changed. A call that is scheduled already is not scheduled again.
   */
  poll(wake: (() => void) | undefined): Awaitable<number> {
    const { handle } = this;
    if (this.behind) {
      // There may be room when the write is over; then poll(2) asks again.
      if (wake) this.behind.over.then(wake);
      return 0;
    }
    if (handle.poll === undefined) return withNormal(PollEvents.in | PollEvents.out);
    const notify = wake && !this.#notifyScheduled ? () => this.#notify(wake) : undefined;
    if (notify) this.#notifyScheduled = true;
    return whenReady(handle.poll(notify), (events) => {
      // A poller that finds the file ready does not wait yet; it may wait for the next edge.
      if (notify && events !== 0) {
        this.#notifyScheduled = false;
        this.#watcher = wake;
      }
      return withNormal(events);
    });
  }

  /**
   * A read or a write has found the file not ready. An edge-triggered poller (EPOLLET, as in the
   * runtimes of Go and Rust) has seen it ready and does not poll again by itself.
   */
  exhausted(): void {
    const wake = this.#watcher;
    if (wake === undefined) return;
    this.#watcher = undefined;
    const wakeIfReady = (events: number) => {
      if (events !== 0) wake();
    };
    // A poll that fails wakes the poller, which polls again and gets the error.
    Promise.resolve(whenReady(this.poll(wake), wakeIfReady)).catch(wake);
  }

  #notify(wake: () => void): void {
    if (!this.#notifyScheduled) return;
    this.#notifyScheduled = false;
    wake();
  }

  /** Throws what the handle's `release` throws. */
  release(): void {
    this.#notifyScheduled = false;
    this.#watcher = undefined;
    // The last close came from another program, while a stopped writer still waits.
    if (this.behind) this.behind.over.then(() => this.handle.release?.());
    else this.handle.release?.();
  }
}

function withNormal(events: number): number {
  return (
    events | (events & PollEvents.in ? POLLRDNORM : 0) | (events & PollEvents.out ? POLLWRNORM : 0)
  );
}
