import type { ProcessElement } from '../elements/process.js';
import { interruptible } from '../interruptible.js';
import type { OutputName, Process, ProcessPeek, ProcessReader, ProcessWriter } from './circuit.js';

/** A process of this member. */
export class LocalProcess implements Process {
  readonly kind = 'proc';
  readonly #element: ProcessElement;

  constructor(element: ProcessElement) {
    this.#element = element;
  }

  /** Whether it runs. */
  get alive(): boolean {
    return this.#element.exit === '';
  }

  stdin(options?: { readonly append?: boolean }): ProcessWriter {
    const writer = this.#element.openStdin(options);
    return {
      write: (data, waiting) => writer.write(data, waiting),
      ready: async () => writer.writable,
      whenReady: (signal) => once((listener) => writer.onceWritable(listener), signal),
      close: async () => writer.close(),
    };
  }

  output(name: OutputName): ProcessReader {
    const reader = this.#element[name].open();
    return {
      read: (max, options) => reader.read(max, options),
      ready: async () => reader.readable,
      whenReady: (signal) => once((listener) => reader.onceReadable(listener), signal),
      unread: (data) => reader.unread(data),
      received: (data) => reader.received?.(data),
      close: () => {},
    };
  }

  async wait(signal?: AbortSignal): Promise<ProcessPeek> {
    await interruptible(this.#element.exited, signal);
    return this.#element.peek();
  }

  async signal(name: string): Promise<void> {
    this.#element.signal(name);
  }

  async peek(): Promise<ProcessPeek> {
    return this.#element.peek();
  }

  /** Kills its group, if something of it runs. */
  scrub(): Promise<void> {
    return this.#element.scrub();
  }

  /** Asks the group to end, and kills it after `grace` milliseconds. */
  terminate(grace: number): Promise<void> {
    return this.#element.terminate(grace);
  }

  /** It lives on: only those who hold a remote process hold something. */
  [Symbol.dispose](): void {}
}

/** The next call of a listener, as a promise. */
async function once(
  listen: (listener: () => void) => Disposable,
  signal?: AbortSignal,
): Promise<void> {
  let listening: Disposable | undefined;
  const called = new Promise<void>((resolve) => {
    listening = listen(resolve);
  });
  try {
    await interruptible(called, signal);
  } finally {
    listening?.[Symbol.dispose]();
  }
}
