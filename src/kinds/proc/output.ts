import * as native from '../../../native/index.js';
import { ByteQueue } from '../../base/byte-queue.js';
import { interrupted, wouldWait } from '../../base/error.js';
import { Mutex } from '../../base/mutex.js';
import { StreamBudget } from '../../base/stream-budget.js';
import type { Source, WaitOptions } from '../control-file.js';
import { PipeEnd } from './pipe.js';
import { Slab } from './slab.js';

/** The standard output or error of a process. */
export interface ProcessOutput {
  /** A reader. Without `Retain` all readers share the one pipe. */
  open(): Source;
  /** The process has ended: an output that does not hold it back takes all that it has written. */
  catchUp(): void;
  /** Closes the pipe. Readers that have it open still get the bytes that it holds. */
  release(): void;
}

/** How much to take of the output of an ended process: a pipe's 64 KiB, or the size that it was given. */
export const MAX_LEFT = 1024 * 1024;

/**
 * An output as a pipe: each byte goes to one reader, and unread bytes hold the process back. It ends
 * when the process, and all that inherited the output from it, have closed it.
 */
export class PipedOutput implements ProcessOutput, Source {
  readonly #pipe: PipeEnd;
  readonly #mutex = new Mutex();
  /** Copies of bytes that were pushed back, and of those that the pipe held when it was released. */
  readonly #unread = new ByteQueue();
  readonly #budget = new StreamBudget();
  #slab: Slab | undefined;
  #released = false;

  /** @param fd Our end of the pipe; becomes this object's. */
  constructor(fd: number) {
    this.#pipe = new PipeEnd(fd, 'readable');
  }

  open(): Source {
    return this;
  }

  async ready(): Promise<boolean> {
    return this.#isReady;
  }

  async whenReady(signal?: AbortSignal): Promise<void> {
    if (!this.#isReady) await this.#pipe.wait(signal);
  }

  async read(max: number, { signal, nonblock = false }: WaitOptions = {}): Promise<Uint8Array> {
    using _lock = nonblock ? this.#mutex.tryLock() : await this.#mutex.lock(signal);
    if (!nonblock) await this.#pipe.breathe();
    for (;;) {
      if (signal?.aborted) throw interrupted();
      const data = this.#unread.length > 0 ? this.#takeUnread(max) : this.#readPipe(max, nonblock);
      if (data) return data;
      if (nonblock) throw wouldWait('nothing has come yet');
      await this.#pipe.wait(signal);
    }
  }

  settled(data: Uint8Array, delivered: boolean): void {
    // It may stay for long, and a slab is larger.
    if (!delivered && data.length > 0) {
      this.#unread.unshift(new Uint8Array(data));
      if (!this.#released) this.#budget.take(data.length);
    }
    Slab.received(data);
    if (!delivered) this.#pipe.wake();
  }

  /** A reader goes; the others go on. */
  close(): void {}

  catchUp(): void {}

  release(): void {
    const before = this.#unread.length;
    for (let left = MAX_LEFT; left > 0 && this.#pipe.fd !== undefined; ) {
      const data = this.#readPipe(left);
      if (!data || data.length === 0) break;
      this.#unread.push(new Uint8Array(data));
      Slab.received(data);
      left -= data.length;
    }
    this.#pipe.close();
    // From now on the readers that have it open keep it, and nobody else.
    if (!this.#released) this.#budget.giveBack(before);
    this.#released = true;
  }

  get #isReady(): boolean {
    return this.#unread.length > 0 || this.#pipe.ready;
  }

  #takeUnread(max: number): Uint8Array {
    const taken = this.#unread.take(max);
    if (!this.#released) this.#budget.giveBack(taken.length);
    return taken;
  }

  /** @param more Whether the bytes are to lie in memory behind those that were just read. */
  #readPipe(max: number, more = false): Uint8Array | undefined {
    const { fd } = this.#pipe;
    if (fd === undefined) return new Uint8Array();
    const data = this.#readAvailable(fd, max, more);
    if (!data) return undefined;
    if (data.length === 0) this.#pipe.close();
    this.#pipe.count(data.length);
    return data;
  }

  /** Reads without blocking: no bytes at the end of file, undefined where it would block. */
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
