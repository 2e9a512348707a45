import { RpcTarget } from 'capnweb';
import { CircuitError } from '../error.js';
import { MAX_CHUNK } from './channel-target.js';
import type { Process, ProcessPeek, ProcessReader, ProcessWriter } from './circuit.js';

/** What a peer may call of a process. Whoever lets it go, or is cut off, ends what it waits for. */
export class ProcessTarget extends RpcTarget implements Disposable {
  readonly #process: Process;
  readonly #logged: (verb: string, run: () => Promise<void>) => Promise<void>;
  readonly #released = new AbortController();

  constructor(process: Process, logged: (verb: string, run: () => Promise<void>) => Promise<void>) {
    super();
    this.#process = process;
    this.#logged = logged;
  }

  stdin(append: boolean): WriterTarget {
    return new WriterTarget(this.#process.stdin({ append: append === true }));
  }

  output(name: string): ReaderTarget {
    if (name !== 'stdout' && name !== 'stderr') {
      throw new CircuitError('EINVAL', 'a process has the outputs stdout and stderr');
    }
    return new ReaderTarget(this.#process.output(name));
  }

  wait(): Promise<ProcessPeek> {
    return this.#process.wait(this.#released.signal);
  }

  async signal(name: string): Promise<void> {
    await this.#logged(`signal ${String(name)}`, () => this.#process.signal(String(name)));
  }

  peek(): Promise<ProcessPeek> {
    return this.#process.peek();
  }

  [Symbol.dispose](): void {
    this.#released.abort();
    this.#process[Symbol.dispose]();
  }
}

/** A peer's access to the standard input of a process. */
export class WriterTarget extends RpcTarget implements Disposable {
  readonly #writer: ProcessWriter;
  readonly #released = new AbortController();

  constructor(writer: ProcessWriter) {
    super();
    this.#writer = writer;
  }

  async write(data: Uint8Array, nonblock: boolean): Promise<number> {
    if (!(data instanceof Uint8Array)) throw new CircuitError('EINVAL', 'an input is bytes');
    const { signal } = this.#released;
    return await this.#writer.write(data, { signal, nonblock: nonblock === true });
  }

  async close(): Promise<void> {
    await this.#writer.close();
  }

  [Symbol.dispose](): void {
    this.#released.abort();
    this.#writer.close();
  }
}

/**
 * A peer's access to an output of a process. What a read gave is the peer's when
 * it says how much of it was received, or asks for more; else it is given back.
 */
export class ReaderTarget extends RpcTarget implements Disposable {
  readonly #reader: ProcessReader;
  readonly #released = new AbortController();
  #given = new Uint8Array();

  constructor(reader: ProcessReader) {
    super();
    this.#reader = reader;
  }

  async read(max: number, nonblock: boolean): Promise<Uint8Array> {
    this.#given = new Uint8Array();
    const { signal } = this.#released;
    const size = Math.min(Number(max) || 0, MAX_CHUNK);
    const data = await this.#reader.read(size, { signal, nonblock: nonblock === true });
    if (signal.aborted) this.#reader.unread(data);
    else this.#given = Uint8Array.from(data);
    return data;
  }

  /** @param received How many bytes of the last read have reached the reader. */
  async finish(received: number): Promise<void> {
    this.#given = this.#given.subarray(Number(received) || 0);
  }

  [Symbol.dispose](): void {
    this.#released.abort();
    if (this.#given.length > 0) this.#reader.unread(this.#given);
    this.#given = new Uint8Array();
    this.#reader.close();
  }
}
