import { onRest } from '../../base/garbage.js';
import { CHUNKS, type StreamBudget } from '../../base/stream-budget.js';

/** How much is kept for later of each size, in bytes. */
const MAX_FREE = 4 * 1024 * 1024;

const slabs = new WeakMap<ArrayBufferLike, Slab>();
const free = new Map<number, Uint8Array[]>(CHUNKS.map((size) => [size, []]));

onRest(() => {
  for (const kept of free.values()) kept.length = 0;
});

/**
 * Reads fill slabs, and return parts of them. A slab is used again when all of it has been
 * received: memory that is left to the garbage collector stays for many megabytes of output,
 * and makes it run again and again.
 */
export class Slab {
  readonly #bytes: Uint8Array;
  readonly #budget: StreamBudget;
  #used = 0;
  /** Bytes that have been given out and are not known to be received. */
  #given = 0;
  #taken = true;

  /** @param budget The budget of the stream that reads into it. @returns Nothing where that has no room. */
  static take(budget: StreamBudget): Slab | undefined {
    const size = budget.chunk;
    return size === 0 ? undefined : new Slab(size, budget);
  }

  /** The bytes that a read returned may be overwritten, if they are part of a slab. */
  static received(data: Uint8Array): void {
    const slab = slabs.get(data.buffer);
    if (slab) slab.#received(data.length);
  }

  private constructor(size: number, budget: StreamBudget) {
    this.#bytes = free.get(size)?.pop() ?? new Uint8Array(size);
    this.#budget = budget;
    budget.take(size);
    slabs.set(this.#bytes.buffer, this);
  }

  /** Whether a read of up to `max` bytes fits in, or as much of it as into a new one. */
  fits(max: number): boolean {
    return this.#taken && this.#bytes.length - this.#used >= Math.min(max, this.#bytes.length);
  }

  /**
   * Reads up to `max` bytes, which count as given out.
   * @param into Tells how many bytes it has read; fewer than `least` are copied.
   */
  read(max: number, least: number, into: (bytes: Uint8Array) => number): Uint8Array | undefined {
    const space = this.#bytes.subarray(this.#used, this.#used + max);
    try {
      const count = into(space);
      if (count < 0) return undefined;
      const data = space.subarray(0, count);
      if (count < least) return new Uint8Array(data);
      this.#used += count;
      this.#given += count;
      return data;
    } finally {
      this.#releaseUnlessGiven();
    }
  }

  #received(bytes: number): void {
    this.#given -= bytes;
    this.#releaseUnlessGiven();
  }

  #releaseUnlessGiven(): void {
    if (this.#given > 0) return;
    const size = this.#bytes.length;
    slabs.delete(this.#bytes.buffer);
    this.#taken = false;
    this.#budget.giveBack(size);
    const kept = free.get(size) ?? [];
    if ((kept.length + 1) * size <= MAX_FREE) kept.push(this.#bytes);
  }
}
