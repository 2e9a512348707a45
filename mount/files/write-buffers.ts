/**
 * Copies the bytes of a WRITE for its handle, since the next request overwrites the message buffer.
 * Large buffers are used again: V8 collects garbage by the growth of its own heap, and does not see
 * the memory of buffers, which lies outside of it.
 */
import { MAX_WRITE } from '../wire/initialization.js';

/** Bytes below which a new copy is cheaper. */
const SMALL = 16 * 1024;

/** Large buffers that may be lent at once. A further writer may get only a part of its write(2). */
const MAX_LENT = 32;

/** Bytes that are taken of a write while all of them are lent. */
const PIECE = 64 * 1024;

/** Large buffers that are kept for later. */
const MAX_FREE = 4;

/** A copy of the bytes of a WRITE. */
export interface Loan {
  readonly bytes: Uint8Array;
  /** To be called when nobody uses the bytes any more; further calls do nothing. */
  readonly giveBack: () => void;
}

export class WriteBuffers {
  readonly #free: Uint8Array[] = [];
  #lent = 0;

  /** @param divisible Whether write(2) may take only the beginning of the data. */
  lend(data: Uint8Array, divisible: boolean): Loan {
    if (data.length < SMALL) return owned(data);
    if (this.#lent >= MAX_LENT) return owned(divisible ? data.subarray(0, PIECE) : data);
    const buffer = this.#free.pop() ?? new Uint8Array(MAX_WRITE);
    buffer.set(data);
    this.#lent += 1;
    let isLent = true;
    const giveBack = () => {
      if (!isLent) return;
      isLent = false;
      this.#lent -= 1;
      if (this.#free.length < MAX_FREE) this.#free.push(buffer);
    };
    return { bytes: buffer.subarray(0, data.length), giveBack };
  }
}

function owned(data: Uint8Array): Loan {
  return { bytes: new Uint8Array(data), giveBack: () => {} };
}
