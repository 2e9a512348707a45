import * as native from '../../../native/index.js';
import { CircuitError, errorCode, interrupted, wouldWait } from '../../base/error.js';
import { moved } from '../../base/garbage.js';
import { Mutex } from '../../base/mutex.js';
import type { WaitOptions } from '../chan/message.js';
import { PipeEnd } from './pipe.js';

/** One program's access to the standard input of a process. */
export interface InputWriter {
  /**
   * Resolves when the process's pipe has taken all of it, to its length. As
   * write(2), it gives a smaller number where it was interrupted, would wait or
   * broke half-way.
   * @throws CircuitError EPIPE (the process has ended, or closed its input), EAGAIN, EINTR
   */
  write(data: Uint8Array, options?: WaitOptions): Promise<number>;
  /** May be called again. */
  close(): void;
  /** Whether a write would be answered at once: some of it taken, or EPIPE. */
  readonly writable: boolean;
  /** Calls the listener once, later, when a write may be answered at once. */
  onceWritable(listener: () => void): Disposable;
}

const PIECE = 256 * 1024;

/** The standard input of a process. */
export class ProcessInput {
  readonly #pipe: PipeEnd;
  readonly #mutex = new Mutex();
  #writers = 0;

  /** @param fd Our end of the pipe; becomes this object's. */
  constructor(fd: number) {
    this.#pipe = new PipeEnd(fd, 'writable');
  }

  /**
   * A writer. The process sees the end of its input when a writer closes that
   * was not opened for append, and no other is open: as with a FIFO.
   */
  open({ append = false }: { readonly append?: boolean } = {}): InputWriter {
    let open = true;
    this.#writers += 1;
    const pipe = this.#pipe;
    return {
      write: (data, options) => this.#write(data, options),
      close: () => {
        if (!open) return;
        open = false;
        this.#writers -= 1;
        if (!append && this.#writers === 0) pipe.close();
      },
      get writable() {
        return pipe.ready;
      },
      onceWritable: (listener) => pipe.onceReady(listener),
    };
  }

  /** Ends the input, whoever writes: they get EPIPE. */
  close(): void {
    this.#pipe.close();
  }

  async #write(data: Uint8Array, { signal, nonblock }: WaitOptions = {}): Promise<number> {
    using _lock = nonblock ? this.#mutex.tryLock() : await this.#mutex.lock(signal);
    let done = 0;
    while (done < data.length) {
      if (signal?.aborted) return partial(done, interrupted());
      const piece = data.subarray(done, done + PIECE);
      const count = this.#writePipe(piece);
      if (count === undefined) return partial(done, brokenPipe());
      done += count;
      this.#pipe.count(count);
      moved(count);
      if (count === piece.length) {
        if (!nonblock) await this.#pipe.breathe();
      } else if (nonblock) {
        return partial(done, wouldWait('the pipe is full'));
      } else {
        await this.#pipe.wait(signal);
      }
    }
    return done;
  }

  /** How much there was room for; undefined where nobody will ever read it. */
  #writePipe(data: Uint8Array): number | undefined {
    const { fd } = this.#pipe;
    if (fd === undefined) return undefined;
    try {
      return native.writePipe(fd, data);
    } catch (error) {
      if (errorCode(error) !== 'EPIPE') throw error;
      this.#pipe.close();
      return undefined;
    }
  }
}

function partial(done: number, error: CircuitError): number {
  if (done === 0) throw error;
  return done;
}

function brokenPipe(): CircuitError {
  return new CircuitError('EPIPE', 'the process has ended or has closed its standard input');
}
