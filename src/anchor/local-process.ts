import { interruptible } from '../base/interruptible.js';
import type { WaitOptions } from '../kinds/chan/message.js';
import type { OutputReader } from '../kinds/proc/output.js';
import type { ProcessElement } from '../kinds/proc/process.js';
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
    return new LocalReader(this.#element[name].open());
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

  /** Asks the group to end, with TERM or HUP, and kills it after `grace` milliseconds. */
  terminate(grace: number, signal?: 'SIGTERM' | 'SIGHUP'): Promise<void> {
    return this.#element.terminate(grace, signal);
  }

  /** It lives on: only those who hold a remote process hold something. */
  [Symbol.dispose](): void {}
}

/** Keeps what it gave until it is known to be received, to give it back otherwise. */
class LocalReader implements ProcessReader {
  readonly #output: OutputReader;
  /** Read and not known to be received, in order. */
  readonly #given: Uint8Array[] = [];
  #reading = 0;
  #closed = false;

  constructor(output: OutputReader) {
    this.#output = output;
  }

  async read(max: number, options?: WaitOptions): Promise<Uint8Array> {
    this.#reading += 1;
    try {
      const data = await this.#output.read(max, options);
      if (data.length > 0) this.#given.push(data);
      return data;
    } finally {
      this.#reading -= 1;
      this.#giveBack();
    }
  }

  async ready(): Promise<boolean> {
    return this.#output.readable;
  }

  whenReady(signal?: AbortSignal): Promise<void> {
    return once((listener) => this.#output.onceReadable(listener), signal);
  }

  unread(data: Uint8Array): void {
    const index = this.#given.lastIndexOf(data);
    if (index < 0) return;
    this.#given.splice(index, 1);
    this.#output.unread(data);
  }

  received(bytes: number): void {
    let left = bytes;
    for (let data = this.#given[0]; data && left > 0; data = this.#given[0]) {
      const part = data.subarray(0, left);
      if (part.length === data.length) this.#given.shift();
      else this.#given[0] = data.subarray(left);
      this.#output.received?.(part);
      left -= part.length;
    }
  }

  close(): void {
    this.#closed = true;
    this.#giveBack();
  }

  /** In order: what is being read comes after what was given. */
  #giveBack(): void {
    if (!this.#closed || this.#reading > 0) return;
    for (const data of this.#given.splice(0).reverse()) this.#output.unread(data);
  }
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
