/** A file that the kernel holds open: what its readers, writers and pollers wait for. */
import { deferred, whenReady } from '../awaitable.js';
import type { Request } from '../conversation/request.js';
import type { Inode } from '../inodes/inode-table.js';
import { type Awaitable, type Caller, type Handle, type OpenMode, PollEvents } from '../node.js';
import { OpenFlags } from '../wire/constants.js';
import { WriteBehind } from './write-behind.js';

/** asm-generic/poll.h: what select(2) and old programs ask for beside POLLIN and POLLOUT. */
const POLLRDNORM = 0x40;
const POLLWRNORM = 0x100;

const IO_FLAGS = {
  cached: OpenFlags.KEEP_CACHE,
  direct: OpenFlags.DIRECT_IO,
  stream: OpenFlags.DIRECT_IO | OpenFlags.NONSEEKABLE | OpenFlags.STREAM,
} as const;

export class OpenFile {
  #notifyScheduled = false;
  /** Of a poll that found the file ready: who may wait for it to be so again. */
  #watcher: (() => void) | undefined;
  /** Reads whose answers are not known to have reached the reader, or not. */
  readonly #reads = new Map<Caller, Promise<void>>();
  /** The last write that goes on though its program was answered. */
  behind: WriteBehind | undefined;
  /** Why a write behind failed, for its program to be told. */
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
    // A stream's close waits for what is written behind.
    const flushes = this.handle.flush !== undefined || io === 'stream';
    return IO_FLAGS[io] | (this.mode.write && flushes ? 0 : OpenFlags.NOFLUSH);
  }

  /** A read waits for its answer. @returns To be called when that has been settled, or has failed. */
  reading(caller: Caller): () => void {
    const { promise, resolve } = deferred();
    this.#reads.set(caller, promise);
    return () => {
      this.#reads.delete(caller);
      resolve();
    };
  }

  /**
   * That those who were interrupted have given back what they would have had: it comes before
   * what is read next. Nothing if there are none.
   */
  givenBack(): Promise<unknown> | undefined {
    if (this.#reads.size === 0) return undefined;
    const interrupted = [...this.#reads].filter(([{ aborted }]) => aborted);
    return interrupted.length > 0 ? Promise.all(interrupted.map(([, over]) => over)) : undefined;
  }

  /** A write goes on behind its program, which is answered now; `done` settles as the write does. */
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

  /** Tells a program, once, why a write of its that went on behind it has failed. */
  throwFailure({ filesOwner }: Caller): void {
    const failure = this.#failure;
    if (failure?.filesOwner !== filesOwner) return;
    this.#failure = undefined;
    throw failure.error;
  }

  /**
   * The events that are ready. `wake`, where given and there are none, is called
   * once when that may have changed; a call that is still due is not scheduled again.
   */
  poll(wake: (() => void) | undefined): Awaitable<number> {
    const { handle } = this;
    if (this.behind) {
      // There may be room when that is over, and poll(2) asks again.
      if (wake) this.behind.over.then(wake);
      return 0;
    }
    if (handle.poll === undefined) return withNormal(PollEvents.in | PollEvents.out);
    const notify = wake && !this.#notifyScheduled ? () => this.#notify(wake) : undefined;
    if (notify) this.#notifyScheduled = true;
    return whenReady(handle.poll(notify), (events) => {
      // Whoever finds it ready does not wait, and is to be told the next time that he does.
      if (notify && events !== 0) {
        this.#notifyScheduled = false;
        this.#watcher = wake;
      }
      return withNormal(events);
    });
  }

  /**
   * A read or a write has found it not ready. Who watches its edges (EPOLLET, as Go's
   * and Rust's runtimes do) has seen it ready and will not poll again by himself.
   */
  exhausted(): void {
    const wake = this.#watcher;
    if (wake === undefined) return;
    this.#watcher = undefined;
    const wakeIfReady = (events: number) => {
      if (events !== 0) wake();
    };
    // Whoever is woken polls, and is told what is wrong.
    Promise.resolve(whenReady(this.poll(wake), wakeIfReady)).catch(wake);
  }

  #notify(wake: () => void): void {
    if (!this.#notifyScheduled) return;
    this.#notifyScheduled = false;
    wake();
  }

  /** @throws what the handle's `release` throws */
  release(): void {
    this.#notifyScheduled = false;
    this.#watcher = undefined;
    // Another program closed it last; the writer still waits.
    if (this.behind) this.behind.over.then(() => this.handle.release?.());
    else this.handle.release?.();
  }
}

function withNormal(events: number): number {
  return (
    events | (events & PollEvents.in ? POLLRDNORM : 0) | (events & PollEvents.out ? POLLWRNORM : 0)
  );
}
