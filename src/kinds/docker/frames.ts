const HEADER = 8;
/** Where the header has the length of what follows, in 32 bits, the highest first. */
const LENGTH_AT = 4;

/**
 * Takes the headers out of a stream of the engine's. Without a terminal it is in frames: a header of the
 * stream's number, three zeros and a length, and as many bytes.
 * @see https://docs.docker.com/reference/api/engine/, "Attach to a container", "Stream format"
 */
export class Frames {
  readonly #header = new Uint8Array(HEADER);
  #headerBytes = 0;
  #left = 0;

  /** Whether the next byte begins a frame, so that a stream that ends here is whole. */
  get isBetween(): boolean {
    return this.#left === 0 && this.#headerBytes === 0;
  }

  /** The bytes in a piece of the stream, which they are moved together in. */
  contents(piece: Uint8Array): Uint8Array {
    let to = 0;
    for (let from = 0; from < piece.length; ) {
      if (this.#left === 0) {
        from += this.#readHeader(piece, from);
        continue;
      }
      const count = Math.min(this.#left, piece.length - from);
      piece.copyWithin(to, from, from + count);
      this.#left -= count;
      from += count;
      to += count;
    }
    return piece.subarray(0, to);
  }

  #readHeader(piece: Uint8Array, from: number): number {
    const part = piece.subarray(from, from + HEADER - this.#headerBytes);
    this.#header.set(part, this.#headerBytes);
    this.#headerBytes += part.length;
    if (this.#headerBytes === HEADER) {
      this.#left = new DataView(this.#header.buffer).getUint32(LENGTH_AT);
      this.#headerBytes = 0;
    }
    return part.length;
  }
}
