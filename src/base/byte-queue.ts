/**
 * A queue of bytes that arrive in pieces and are taken in pieces of another size. It copies
 * nothing.
 */
export class ByteQueue {
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  /** How many bytes wait. */
  get length(): number {
    return this.#length;
  }

  /** Adds bytes at the end. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  /** Puts the bytes that were taken last back at the front. */
  unshift(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.unshift(bytes);
    this.#length += bytes.length;
  }

  /** Takes up to `max` bytes from the front, of one piece; none if the queue is empty. */
  take(max: number): Uint8Array {
    const first = this.#pieces[0];
    if (!first) return new Uint8Array();
    if (first.length > max) this.#pieces[0] = first.subarray(max);
    else this.#pieces.shift();
    const taken = first.subarray(0, max);
    this.#length -= taken.length;
    return taken;
  }

  clear(): void {
    this.#pieces.length = 0;
    this.#length = 0;
  }
}
