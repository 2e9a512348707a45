import type { OutputName, Process, ProcessPeek, ProcessReader, ProcessWriter } from './circuit.js';

/** A process that ends with the one who holds this. */
export class AttendedProcess implements Process {
  readonly kind = 'proc';
  readonly #process: Process;
  readonly #hangUp: () => Promise<void>;
  #held = true;

  /** @param hangUp Ends the process; called once. */
  constructor(process: Process, hangUp: () => Promise<void>) {
    this.#process = process;
    this.#hangUp = hangUp;
  }

  stdin(options?: { readonly append?: boolean }): ProcessWriter {
    return this.#process.stdin(options);
  }

  output(name: OutputName): ProcessReader {
    return this.#process.output(name);
  }

  wait(signal?: AbortSignal): Promise<ProcessPeek> {
    return this.#process.wait(signal);
  }

  signal(name: string, signal?: AbortSignal): Promise<void> {
    return this.#process.signal(name, signal);
  }

  peek(signal?: AbortSignal): Promise<ProcessPeek> {
    return this.#process.peek(signal);
  }

  [Symbol.dispose](): void {
    if (!this.#held) return;
    this.#held = false;
    void this.#hangUp();
  }
}
