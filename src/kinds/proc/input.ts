import * as native from '../../../native/index.js';
import { CircuitError, errorCode, interrupted, wouldWait } from '../../base/error.js';
import { Mutex } from '../../base/mutex.js';
import type { Sink, SinkOptions, WaitOptions } from '../control-file.js';
import { FifoWriters } from '../fifo-writers.js';
import { PipeEnd } from './pipe.js';

const PIECE = 256 * 1024;

/** The standard input of a process. */
export class ProcessInput {
  readonly #pipe: PipeEnd;
  readonly #mutex = new Mutex();
  readonly #writers: FifoWriters;

  /** @param fd Our end of the pipe; becomes this object's. */
  constructor(fd: number) {
    const pipe = new PipeEnd(fd, 'writable');
    this.#pipe = pipe;
    this.#writers = new FifoWriters({
      write: (data, options) => this.#write(data, options),
      isReady: () => pipe.ready,
      whenReady: async (signal) => {
        if (!pipe.ready) await pipe.wait(signal);
      },
      finish: () => pipe.close(),
    });
  }

  /** A writer. A write fails with EPIPE when the process has ended or has closed its input. */
  open(options?: SinkOptions): Sink {
    return this.#writers.open(options);
  }

  /** Ends the input. Its writers get EPIPE. */
  close(): void {
    this.#pipe.close();
  }

  async #write(data: Uint8Array, { signal, nonblock }: WaitOptions = {}): Promise<number> {
    using _lock = nonblock ? this.#mutex.tryLock() : await this.#mutex.lock(signal);
    let done = 0;
    try {
      while (done < data.length) {
        if (signal?.aborted) throw interrupted();
        const piece = data.subarray(done, done + PIECE);
        const count = this.#writePipe(piece);
        done += count;
        if (count < piece.length) {
          if (nonblock) throw wouldWait('the pipe is full');
          await this.#pipe.wait(signal);
        } else if (!nonblock) {
          await this.#pipe.breathe();
        }
      }
    } catch (error) {
      // As write(2): a write that has written something tells how much, and the next one fails.
      if (done === 0) throw error;
    }
    return done;
  }

  /** @returns How much there was room for. @throws CircuitError EPIPE: nobody will ever read it. */
  #writePipe(data: Uint8Array): number {
    const { fd } = this.#pipe;
    try {
      const count = fd === undefined ? undefined : native.writePipe(fd, data);
      if (count !== undefined) {
        this.#pipe.count(count);
        return count;
      }
    } catch (error) {
      if (errorCode(error) !== 'EPIPE') throw error;
      this.#pipe.close();
    }
    throw new CircuitError('EPIPE', 'the process has ended or has closed its standard input');
  }
}
