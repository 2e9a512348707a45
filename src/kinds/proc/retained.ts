import * as native from '../../../native/index.js';
import { ByteQueue } from '../../base/byte-queue.js';
import { interrupted, wouldWait } from '../../base/error.js';
import { until } from '../../base/interruptible.js';
import { Listeners } from '../../base/listeners.js';
import type { Source, WaitOptions } from '../control-file.js';
import { MAX_LEFT, type ProcessOutput } from './output.js';
import { PipeEnd } from './pipe.js';

const READ_SIZE = 64 * 1024;

/** An output of which the last bytes are kept for every reader; the process is never held back. */
export class RetainedOutput implements ProcessOutput {
  readonly #pipe: PipeEnd;
  readonly #limit: number;
  readonly #listeners = new Listeners();
  readonly #incoming = Buffer.allocUnsafeSlow(READ_SIZE);
  /** Byte number `i` of the output is at `i % length`; it grows up to the limit. */
  #ring = Buffer.alloc(0);
  #written = 0;
  #ended = false;

  /**
   * @param fd Our end of the pipe; becomes this object's.
   * @param limit How many bytes to keep.
   */
  constructor(fd: number, limit: number) {
    this.#pipe = new PipeEnd(fd, 'readable');
    this.#limit = limit;
    void this.#follow();
  }

  /** A reader, which gets the bytes that are kept and then those that come. One that is too slow misses some. */
  open(): Source {
    return new RetainedReader(this, this.start);
  }

  catchUp(): void {
    this.#take(MAX_LEFT);
  }

  release(): void {
    this.#take(MAX_LEFT);
    this.#end();
  }

  /** The number of the first byte that is kept. */
  get start(): number {
    return Math.max(0, this.#written - this.#ring.length);
  }

  /** The number of the byte that comes next. */
  get end(): number {
    return this.#written;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** A copy of the bytes from `position` on, which is between {@link start} and {@link end}. */
  copy(position: number, max: number): Uint8Array {
    const length = Math.min(max, this.#written - position);
    if (length === 0) return new Uint8Array();
    const at = position % this.#ring.length;
    return Buffer.concat(
      [
        this.#ring.subarray(at, at + length),
        this.#ring.subarray(0, Math.max(0, at + length - this.#ring.length)),
      ],
      length,
    );
  }

  /** Tells when more bytes have come, or the end. */
  onMore(listener: () => void): Disposable {
    return this.#listeners.add(listener);
  }

  async #follow(): Promise<void> {
    while (!this.#ended) {
      await this.#pipe.wait();
      this.#take(READ_SIZE);
    }
  }

  /** Takes up to `max` bytes from the pipe. */
  #take(max: number): void {
    for (let taken = 0; taken < max && this.#pipe.fd !== undefined; ) {
      const count = native.readPipe(this.#pipe.fd, this.#incoming);
      if (count < 0) return;
      if (count === 0) this.#end();
      else this.#append(this.#incoming.subarray(0, count));
      taken += count;
    }
  }

  #append(data: Buffer): void {
    this.#grow(Math.min(this.#limit, this.#written + data.length));
    const skipped = Math.max(0, data.length - this.#ring.length);
    for (let from = skipped; from < data.length; ) {
      from += data.copy(this.#ring, (this.#written + from) % this.#ring.length, from);
    }
    this.#written += data.length;
    this.#listeners.tell();
  }

  /** Makes room for so many bytes. Until the limit is reached nothing is dropped: the ring begins at 0. */
  #grow(size: number): void {
    if (size <= this.#ring.length) return;
    const ring = Buffer.alloc(Math.min(this.#limit, Math.max(size, 2 * this.#ring.length)));
    this.#ring.copy(ring);
    this.#ring = ring;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#pipe.close();
    this.#listeners.tell();
  }
}

class RetainedReader implements Source {
  readonly #output: RetainedOutput;
  readonly #unread = new ByteQueue();
  #position: number;

  constructor(output: RetainedOutput, position: number) {
    this.#output = output;
    this.#position = position;
  }

  async ready(): Promise<boolean> {
    return this.#isReady;
  }

  whenReady(signal?: AbortSignal): Promise<void> {
    const watch = (look: () => void) => this.#output.onMore(look);
    return until(() => this.#isReady, watch, signal);
  }

  async read(max: number, { signal, nonblock }: WaitOptions = {}): Promise<Uint8Array> {
    while (!this.#isReady) {
      if (nonblock) throw wouldWait('nothing has come yet');
      await this.whenReady(signal);
    }
    if (signal?.aborted) throw interrupted();
    if (this.#unread.length > 0) return this.#unread.take(max);
    const from = Math.max(this.#position, this.#output.start);
    const data = this.#output.copy(from, max);
    this.#position = from + data.length;
    return data;
  }

  settled(data: Uint8Array, delivered: boolean): void {
    if (!delivered) this.#unread.unshift(data);
  }

  close(): void {}

  get #isReady(): boolean {
    return this.#unread.length > 0 || this.#output.ended || this.#position < this.#output.end;
  }
}
