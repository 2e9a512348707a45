import { ByteQueue } from '../base/byte-queue.js';
import { CircuitError, interrupted, wouldWait } from '../base/error.js';
import { until } from '../base/interruptible.js';
import { Listeners } from '../base/listeners.js';
import type { Source, WaitOptions } from './control-file.js';

/** The most bytes of output that a program may ask to be kept. */
export const MAX_RETAIN = 64 * 1024 * 1024;

/** The last bytes of an output, for every reader. */
export class RetainedBytes {
  readonly #limit: number;
  readonly #listeners = new Listeners();
  /** Byte number `i` of the output is at `i % length`; it grows up to the limit. */
  #ring = Buffer.alloc(0);
  #written = 0;
  /** Where bytes may be missing: before the byte of this number. In order. */
  #gaps: readonly number[] = [];
  #ended = false;

  /** @param limit How many bytes to keep. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** A reader, which gets the bytes that are kept and then those that come. One that is too slow misses some. */
  open(): Source {
    return new RetainedReader(this, this.start);
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

  /** Where the first gap is from a byte on. */
  gapFrom(position: number): number | undefined {
    return this.#gaps.find((at) => at >= position);
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

  /** Copies what has come. */
  append(data: Uint8Array): void {
    this.#grow(Math.min(this.#limit, this.#written + data.length));
    const skipped = Math.max(0, data.length - this.#ring.length);
    for (let from = skipped; from < data.length; ) {
      const at = (this.#written + from) % this.#ring.length;
      const part = data.subarray(from, from + this.#ring.length - at);
      this.#ring.set(part, at);
      from += part.length;
    }
    this.#written += data.length;
    this.#listeners.tell();
  }

  /** Bytes may be missing behind those that have come: each reader gets EIO there, once. */
  addGap(): void {
    const kept = this.#gaps.filter((at) => at >= this.start && at < this.#written);
    this.#gaps = [...kept, this.#written];
    this.#listeners.tell();
  }

  /** There will be no more. */
  finish(): void {
    this.#ended = true;
    this.#listeners.tell();
  }

  /** Makes room for so many bytes. Until the limit is reached nothing is dropped: the ring begins at 0. */
  #grow(size: number): void {
    if (size <= this.#ring.length) return;
    const ring = Buffer.alloc(Math.min(this.#limit, Math.max(size, 2 * this.#ring.length)));
    this.#ring.copy(ring);
    this.#ring = ring;
  }
}

class RetainedReader implements Source {
  readonly #output: RetainedBytes;
  readonly #unread = new ByteQueue();
  #position: number;
  /** Gaps before this byte have been told, or passed. */
  #gapsFrom = 0;

  constructor(output: RetainedBytes, position: number) {
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
    const gap = this.#gapAfter(from);
    if (gap === from) {
      this.#gapsFrom = from + 1;
      throw missing();
    }
    const data = this.#output.copy(from, Math.min(max, (gap ?? Number.POSITIVE_INFINITY) - from));
    this.#position = from + data.length;
    return data;
  }

  settled(data: Uint8Array, delivered: boolean): void {
    if (delivered || data.length === 0) return;
    this.#unread.unshift(data);
    this.untold();
  }

  /** A gap that follows is told again. */
  untold(): void {
    this.#gapsFrom = Math.min(this.#gapsFrom, this.#position);
  }

  close(): void {}

  get #isReady(): boolean {
    const { ended, end } = this.#output;
    return (
      this.#unread.length > 0 ||
      ended ||
      this.#position < end ||
      this.#gapAfter(this.#position) !== undefined
    );
  }

  #gapAfter(position: number): number | undefined {
    return this.#output.gapFrom(Math.max(position, this.#gapsFrom));
  }
}

/** The error of a reader that comes to a place where bytes may be missing. */
export function missing(): CircuitError {
  return new CircuitError(
    'EIO',
    'part of the output may be missing here: its source went away, or nobody read it in time',
  );
}
