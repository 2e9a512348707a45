import * as native from '../../../native/index.js';
import { interrupted, wouldWait } from '../../base/error.js';
import { moved } from '../../base/garbage.js';
import { Mutex } from '../../base/mutex.js';
import { StreamBudget } from '../../base/stream-budget.js';
import type { WaitOptions } from '../chan/message.js';
import { PipeEnd } from './pipe.js';
import { Slab } from './slab.js';

/** What one program reads of an output of a process. */
export interface OutputReader {
  /**
   * Up to `max` bytes, as soon as there are any; none at the end, when the
   * process and all who inherited the output from it have closed it.
   * @throws CircuitError EINTR (nothing is lost), EAGAIN
   */
  read(max: number, options?: WaitOptions): Promise<Uint8Array>;
  /** Gives back what a read returned and nobody received: it is the next to be read. */
  unread(data: Uint8Array): void;
  /** What a read returned has been used: its bytes are free for others. */
  received?(data: Uint8Array): void;
  /** Whether a read would be answered at once. */
  readonly readable: boolean;
  /** Calls the listener once, later, when a read may be answered at once. */
  onceReadable(listener: () => void): Disposable;
}

/** The standard output or error of a process. */
export interface ProcessOutput {
  /** A reader. Without `Retain` all readers share the one pipe. */
  open(): OutputReader;
  /** The process has ended: takes what it has written, if it is not held back by that. */
  catchUp(): void;
  /** Closes the pipe; what it holds can still be read by who has it open. */
  release(): void;
}

/** How much to take of what an ended process has left: a pipe's 64 KiB, or what it was enlarged to. */
export const MAX_LEFT = 1024 * 1024;

/** An output as a pipe: each byte goes to one reader, and what is unread holds the process back. */
export class PipedOutput implements ProcessOutput, OutputReader {
  readonly #pipe: PipeEnd;
  readonly #mutex = new Mutex();
  /** Copies of what was given back, and what the pipe held when it was released. */
  readonly #unread: Uint8Array[] = [];
  readonly #budget = new StreamBudget();
  #slab: Slab | undefined;
  #released = false;

  /** @param fd Our end of the pipe; becomes this object's. */
  constructor(fd: number) {
    this.#pipe = new PipeEnd(fd, 'readable');
  }

  open(): OutputReader {
    return this;
  }

  get readable(): boolean {
    return this.#unread.length > 0 || this.#pipe.ready;
  }

  onceReadable(listener: () => void): Disposable {
    const waiting = this.#pipe.onceReady(listener);
    if (this.#unread.length > 0) queueMicrotask(() => this.#pipe.wake());
    return waiting;
  }

  async read(max: number, { signal, nonblock }: WaitOptions = {}): Promise<Uint8Array> {
    using _lock = nonblock ? this.#mutex.tryLock() : await this.#mutex.lock(signal);
    if (!nonblock) await this.#pipe.breathe();
    for (;;) {
      if (signal?.aborted) throw interrupted();
      const data = this.#takeUnread(max) ?? this.#readPipe(max, nonblock);
      if (data) return data;
      if (nonblock) throw wouldWait('nothing has come yet');
      await this.#pipe.wait(signal);
    }
  }

  unread(data: Uint8Array): void {
    if (data.length === 0) return;
    // It may stay for long, and a slab is larger.
    this.#unread.unshift(new Uint8Array(data));
    if (!this.#released) this.#budget.take(data.length);
    Slab.received(data);
    this.#pipe.wake();
  }

  received(data: Uint8Array): void {
    Slab.received(data);
  }

  catchUp(): void {}

  release(): void {
    const before = this.#unread.reduce((sum, { length }) => sum + length, 0);
    for (let left = MAX_LEFT; left > 0 && this.#pipe.fd !== undefined; ) {
      const data = this.#readPipe(left);
      if (!data || data.length === 0) break;
      this.#unread.push(new Uint8Array(data));
      Slab.received(data);
      left -= data.length;
    }
    this.#pipe.close();
    // From now on it lasts no longer than those who have it open.
    if (!this.#released) this.#budget.giveBack(before);
    this.#released = true;
  }

  #takeUnread(max: number): Uint8Array | undefined {
    const first = this.#unread[0];
    if (!first) return undefined;
    if (first.length > max) this.#unread[0] = first.subarray(max);
    else this.#unread.shift();
    const taken = first.subarray(0, max);
    if (!this.#released) this.#budget.giveBack(taken.length);
    return taken;
  }

  /** @param more Whether it follows what was just read, to lie behind it in memory. */
  #readPipe(max: number, more = false): Uint8Array | undefined {
    const { fd } = this.#pipe;
    if (fd === undefined) return new Uint8Array();
    const data = this.#readAvailable(fd, max, more);
    if (data?.length === 0) this.#pipe.close();
    if (data) this.#pipe.count(data.length);
    if (data) moved(data.length);
    return data;
  }

  /** Reads without waiting: nothing at the end of file, undefined where it would wait. */
  #readAvailable(fd: number, max: number, more: boolean): Uint8Array | undefined {
    const read = (into: Uint8Array) => native.readPipe(fd, into);
    const wanted = more ? Math.min(max, PIPE_SIZE) : max;
    if (!this.#slab?.fits(wanted)) this.#slab = Slab.take(this.#budget);
    if (this.#slab) return this.#slab.read(max, SMALL, read);
    const count = read(scratch.subarray(0, max));
    return count < 0 ? undefined : scratch.slice(0, count);
  }
}

/** Below, a copy is cheaper than to keep the slab alive for the few bytes. */
const SMALL = 4 * 1024;
const PIPE_SIZE = 64 * 1024;
/** Where all streams together hold so much that one may hold no slab, it reads this much. */
const scratch = new Uint8Array(SMALL);
