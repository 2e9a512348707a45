import { invalid } from './invalid.js';
import { DomainName } from './name.js';

/** Reads RDATA from its front. Each call throws CircuitError EINVAL where the bytes do not suffice. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** An unsigned number, in network byte order. @param size In bytes, up to 4. */
  number(size: number): number {
    return this.bytes(size).reduce((value, byte) => value * 256 + byte, 0);
  }

  bytes(count: number): Uint8Array {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw invalid('the data is cut off');
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  /** All that has not been read. */
  rest(): Uint8Array {
    return this.bytes(this.#bytes.length - this.#at);
  }

  /** An uncompressed domain name. */
  name(): DomainName {
    const name = DomainName.fromWire(this.#bytes, this.#at);
    this.#at += name.wire.length;
    return name;
  }
}
