import * as native from '../../../native/index.js';
import type { Source } from '../control-file.js';
import { RetainedBytes } from '../retained-bytes.js';
import { MAX_LEFT, type ProcessOutput } from './output.js';
import { PipeEnd } from './pipe.js';

const READ_SIZE = 64 * 1024;

/** An output of which the last bytes are kept for every reader; the process is never held back. */
export class RetainedOutput implements ProcessOutput {
  readonly #pipe: PipeEnd;
  readonly #bytes: RetainedBytes;
  readonly #incoming = Buffer.allocUnsafeSlow(READ_SIZE);

  /**
   * @param fd Our end of the pipe; becomes this object's.
   * @param limit How many bytes to keep.
   */
  constructor(fd: number, limit: number) {
    this.#pipe = new PipeEnd(fd, 'readable');
    this.#bytes = new RetainedBytes(limit);
    void this.#follow();
  }

  /** A reader, which gets the bytes that are kept and then those that come. One that is too slow misses some. */
  open(): Source {
    return this.#bytes.open();
  }

  catchUp(): void {
    this.#take(MAX_LEFT);
  }

  release(): void {
    this.#take(MAX_LEFT);
    this.#end();
  }

  async #follow(): Promise<void> {
    while (!this.#bytes.ended) {
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
      else this.#bytes.append(this.#incoming.subarray(0, count));
      taken += count;
    }
  }

  #end(): void {
    if (this.#bytes.ended) return;
    this.#bytes.finish();
    this.#pipe.close();
  }
}
