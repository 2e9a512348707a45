/** The length of a message, in bytes. */
const LENGTH_BYTES = 2;

/**
 * The messages of a stream, each of which has its length before it (RFC 1035, section 4.2.2). Bytes
 * of a message that is not complete are copied to where there is room for as many again, so that a
 * message that comes byte by byte costs as much as another one.
 */
export class MessageStream {
  #bytes: Buffer = Buffer.alloc(0);
  /** The bytes that have not been taken are from here to there. */
  #start = 0;
  #end = 0;

  /** How many bytes there is room for: at most four times what a message or one piece of the stream has. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** Adds what has come. */
  add(bytes: Buffer): void {
    if (this.#start === this.#end) {
      this.#bytes = bytes;
      this.#start = 0;
      this.#end = bytes.length;
      return;
    }
    if (this.#end + bytes.length > this.#bytes.length) this.#makeRoom(bytes.length);
    bytes.copy(this.#bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The next message, if it is complete. */
  take(): Buffer | undefined {
    const start = this.#start + LENGTH_BYTES;
    if (start > this.#end) return undefined;
    const end = start + this.#bytes.readUInt16BE(this.#start);
    if (end > this.#end) return undefined;
    this.#start = end;
    return this.#bytes.subarray(start, end);
  }

  #makeRoom(length: number): void {
    const pending = this.#bytes.subarray(this.#start, this.#end);
    const bytes = Buffer.allocUnsafe(2 * (pending.length + length));
    pending.copy(bytes);
    this.#bytes = bytes;
    this.#start = 0;
    this.#end = pending.length;
  }
}
