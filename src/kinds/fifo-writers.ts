import type { Sink, SinkOptions, WaitOptions, WriteOptions } from './control-file.js';

/** The input of a program, which several writers share. */
export interface FifoInput {
  /** @returns How many bytes it took. @throws CircuitError EPIPE, EINTR, EAGAIN; it has taken nothing then */
  write(data: Uint8Array, options?: WaitOptions): Promise<number>;
  /** Whether a write would be answered at once. */
  isReady(): boolean;
  /** Resolves when it may be. @throws CircuitError EINTR */
  whenReady(signal?: AbortSignal): Promise<void>;
  /** The last writer has closed. @throws CircuitError The program may not have been told yet */
  finish(): void | Promise<void>;
}

/**
 * Writers of one input. The program sees its end when a writer closes that was not opened for append,
 * and no other is open: as with a FIFO.
 */
export class FifoWriters {
  readonly #input: FifoInput;
  #open = 0;

  constructor(input: FifoInput) {
    this.#input = input;
  }

  open({ append = false }: SinkOptions = {}): Sink {
    const input = this.#input;
    let isOpen = true;
    this.#open += 1;
    const end = async () => {
      if (!isOpen) return;
      isOpen = false;
      this.#open -= 1;
      if (!append && this.#open === 0) await input.finish();
    };
    // Only a writer that gives its last bytes as such is there to be told.
    const close = () => void end().catch(() => {});
    return {
      accept: async (data: Uint8Array, options: WriteOptions = {}) => {
        const taken = await input.write(data, options);
        if (options.last && taken === data.length) await end();
        return taken;
      },
      full: false,
      drained: async () => {},
      ready: async () => input.isReady(),
      whenReady: (signal) => input.whenReady(signal),
      close,
      abort: close,
    };
  }
}
