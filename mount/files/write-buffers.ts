/**
 * Where the bytes of a WRITE lie while its handler has them: the message buffer serves the
 * next request. Large buffers are used again. New ones would soon be garbage that V8 does not
 * see: it collects by how much its own heap has grown, and what buffers hold lies outside of it.
 */
import { MAX_WRITE } from '../wire/initialization.js';

/** Below this size a copy of its own is cheaper, in bytes. */
const SMALL = 16 * 1024;

/** Large buffers that are lent at once: one more writer may have its write(2) taken in part. */
const MAX_LENT = 32;

/** How much of a write is taken while all of them are lent, in bytes. */
const PIECE = 64 * 1024;

/** Large buffers that are kept for later. */
const MAX_FREE = 4;

/** A copy of what a WRITE has brought. */
export interface Loan {
  readonly bytes: Uint8Array;
  /** Nobody uses the bytes any more. May be called again. */
  readonly giveBack: () => void;
}

export class WriteBuffers {
  readonly #free: Uint8Array[] = [];
  #lent = 0;

  /** @param divisible Whether the beginning of the data is enough: write(2) may take fewer bytes. */
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
