import * as native from '../../native/index.js';
import { interrupted, wouldWait } from '../error.js';
import type { WaitOptions } from './message.js';
import { PipeEnd } from './process-pipe.js';
import { Turns } from './turns.js';

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
  readonly #turns = new Turns();
  /** What was given back, and what the pipe held when it was released. */
  readonly #unread: Uint8Array[] = [];

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
    using _turn = nonblock ? this.#turns.takeNow() : await this.#turns.take(signal);
    if (!nonblock) await this.#pipe.breathe();
    for (;;) {
      if (signal?.aborted) throw interrupted();
      const data = this.#takeUnread(max) ?? this.#readPipe(max);
      if (data) return data;
      if (nonblock) throw wouldWait('nothing has come yet');
      await this.#pipe.wait(signal);
    }
  }

  unread(data: Uint8Array): void {
    if (data.length === 0) return;
    this.#unread.unshift(data);
    this.#pipe.wake();
  }

  received(data: Uint8Array): void {
    giveUp(data);
  }

  catchUp(): void {}

  release(): void {
    for (let left = MAX_LEFT; left > 0 && this.#pipe.fd !== undefined; ) {
      const data = this.#readPipe(left);
      if (!data || data.length === 0) break;
      this.#unread.push(data);
      left -= data.length;
    }
    this.#pipe.close();
  }

  #takeUnread(max: number): Uint8Array | undefined {
    const first = this.#unread[0];
    if (!first) return undefined;
    if (first.length > max) this.#unread[0] = first.subarray(max);
    else this.#unread.shift();
    return first.subarray(0, max);
  }

  #readPipe(max: number): Uint8Array | undefined {
    const { fd } = this.#pipe;
    if (fd === undefined) return new Uint8Array();
    const data = readAvailable(fd, max);
    if (data?.length === 0) this.#pipe.close();
    if (data) this.#pipe.count(data.length);
    return data;
  }
}

/**
 * Reads are made into slabs, and what they return are parts of them. One of which all has
 * been received is used again: memory that is left to the garbage collector stays for many
 * megabytes of output, and has it run again and again.
 */
class Slab {
  readonly bytes = Buffer.allocUnsafeSlow(SLAB_SIZE);
  used = 0;
  /** What has been given out and is not known to be received. */
  given = 0;
}

const SLAB_SIZE = 1024 * 1024;
const PIPE_SIZE = 64 * 1024;
/** Below, a copy is cheaper than to keep the slab alive for the few bytes. */
const SMALL = 4096;
/** Slabs that are kept for later. */
const MAX_FREE = 2;

let slab: Slab | undefined;
const free: Slab[] = [];
const slabs = new WeakMap<ArrayBufferLike, Slab>();

/** What a pipe has, without waiting: nothing at the end of file, undefined where it would wait. */
function readAvailable(fd: number, max: number): Uint8Array | undefined {
  if (!slab || SLAB_SIZE - slab.used < Math.min(max, PIPE_SIZE)) {
    slab = free.pop() ?? new Slab();
    slabs.set(slab.bytes.buffer, slab);
  }
  const into = slab.bytes.subarray(slab.used, slab.used + max);
  const count = native.readPipe(fd, into);
  if (count < 0) return undefined;
  const data = into.subarray(0, count);
  if (count < SMALL) return Buffer.from(data);
  slab.used += count;
  slab.given += count;
  return data;
}

/** What a read returned may be overwritten. */
function giveUp(data: Uint8Array): void {
  const from = slabs.get(data.buffer);
  if (!from) return;
  from.given -= data.length;
  if (from.given > 0) return;
  from.used = 0;
  if (from !== slab && free.length < MAX_FREE) free.push(from);
}
