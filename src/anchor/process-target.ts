import { RpcTarget } from 'capnweb';
import { CircuitError, interrupted } from '../base/error.js';
import type { FlowControl } from '../transport/flow-control.js';
import { countFrom, sizeFrom } from './arguments.js';
import type { Process, ProcessPeek, ProcessReader, ProcessWriter } from './circuit.js';
import type { ElementContext } from './element-context.js';
import { Release } from './release.js';

/** What a peer may call of a process. Whoever lets it go, or is cut off, ends what it waits for. */
export class ProcessTarget extends RpcTarget implements Disposable {
  readonly #process: Process;
  readonly #context: ElementContext;
  readonly #release = new Release();

  constructor(process: Process, context: ElementContext) {
    super();
    this.#process = process;
    this.#context = context;
  }

  stdin(append: boolean): WriterTarget {
    return new WriterTarget(this.#process.stdin({ append: append === true }));
  }

  output(name: string): ReaderTarget {
    if (name !== 'stdout' && name !== 'stderr') {
      throw new CircuitError('EINVAL', 'a process has the outputs stdout and stderr');
    }
    return new ReaderTarget(this.#process.output(name), this.#context.flow);
  }

  wait(): Promise<ProcessPeek> {
    return this.#release.whileHeld((signal) => this.#process.wait(signal));
  }

  async signal(name: string): Promise<void> {
    await this.#context.logged(`signal ${String(name)}`, () => this.#process.signal(String(name)));
  }

  peek(): Promise<ProcessPeek> {
    return this.#process.peek();
  }

  [Symbol.dispose](): void {
    this.#release.run();
    this.#process[Symbol.dispose]();
  }
}

/** The same of a process that the peer attends. */
export class AttendedTarget extends ProcessTarget {
  readonly #silence: Disposable;
  readonly #scrub: () => Promise<void>;

  /** @param silence Disposed with it. */
  constructor(
    process: Process,
    context: ElementContext,
    silence: Disposable,
    scrub: () => Promise<void>,
  ) {
    super(process, context);
    this.#silence = silence;
    this.#scrub = scrub;
  }

  scrub(): Promise<void> {
    return this.#scrub();
  }

  override [Symbol.dispose](): void {
    this.#silence[Symbol.dispose]();
    super[Symbol.dispose]();
  }
}

/** A peer's access to the standard input of a process. */
export class WriterTarget extends RpcTarget implements Disposable {
  readonly #writer: ProcessWriter;
  readonly #release = new Release();

  constructor(writer: ProcessWriter) {
    super();
    this.#writer = writer;
  }

  async write(data: Uint8Array, nonblock: boolean): Promise<number> {
    if (!(data instanceof Uint8Array)) throw new CircuitError('EINVAL', 'an input is bytes');
    return await this.#release.whileHeld((signal) =>
      this.#writer.write(data, { signal, nonblock: nonblock === true }),
    );
  }

  /** A write that waits answers now, with what it has written by now. */
  interrupt(): void {
    this.#release.interrupt();
  }

  ready(): Promise<boolean> {
    return this.#writer.ready();
  }

  whenReady(): Promise<void> {
    return this.#release.whileHeld((signal) => this.#writer.whenReady(signal));
  }

  async close(): Promise<void> {
    await this.#writer.close();
  }

  [Symbol.dispose](): void {
    this.#release.run();
    // The process may be another's, who cannot be reached any more.
    this.#writer.close().catch(() => {});
  }
}

/** A process that fills its pipe like this has more to say, in bytes. */
const WORTH_MORE = 16 * 1024;

/** So much in one answer is a stream, in bytes. */
const MUCH = 64 * 1024;

/**
 * A peer's access to an output of a process. What reads gave is the peer's when it
 * says how much of it was received; what is left when it goes is given back.
 */
export class ReaderTarget extends RpcTarget implements Disposable {
  readonly #reader: ProcessReader;
  readonly #flow: FlowControl;
  readonly #release = new Release();
  #lastRead: Promise<unknown> = Promise.resolve();
  /** The last answer was a large one. */
  #streams = false;

  constructor(reader: ProcessReader, flow: FlowControl) {
    super();
    this.#flow = flow;
    this.#reader = reader;
  }

  /**
   * Several may be asked for at once, and are answered in order.
   * @param received How many bytes of what was given have been received since the last call.
   */
  read(max: number, nonblock: boolean, received: number): Promise<Uint8Array> {
    const size = sizeFrom(max);
    this.#reader.received(countFrom(received));
    const reading = this.#lastRead.then(() => this.#read(size, nonblock === true));
    this.#lastRead = reading.catch(() => undefined);
    return reading;
  }

  async #read(size: number, nonblock: boolean): Promise<Uint8Array> {
    const first = await this.#release.whileHeld((signal) =>
      this.#reader.read(size, { signal, nonblock }),
    );
    const data = first.length === 0 ? first : await this.#gather(first, size);
    await this.#flow.room(data.length);
    // Who has gone meanwhile has given it back.
    if (this.#release.done) throw interrupted();
    return data;
  }

  /**
   * Adds what follows at once, as far as it has room behind the first in memory: a pipe holds
   * 64 KiB, and an answer takes as long for a little as for much: not while answers wait.
   */
  async #gather(first: Uint8Array, max: number): Promise<Uint8Array> {
    const size = Math.min(max, first.buffer.byteLength - first.byteOffset);
    const pieces = [first];
    let length = first.length;
    // A writer that is fast is met at its first page when it has been waited for.
    let goOn = this.#streams;
    while (
      length < size &&
      (goOn || length >= pieces.length * WORTH_MORE) &&
      !this.#flow.congested
    ) {
      goOn = false;
      await new Promise((resolve) => setImmediate(resolve));
      const piece = await this.#readMore(size - length);
      if (!piece) break;
      pieces.push(piece);
      length += piece.length;
    }
    this.#streams = length >= MUCH;
    return joined(pieces, length);
  }

  /** Nothing where it would wait; the end, or what is wrong, is for the next read to tell. */
  async #readMore(size: number): Promise<Uint8Array | undefined> {
    if (this.#release.done) return undefined;
    try {
      const piece = await this.#reader.read(size, { nonblock: true });
      return piece.length > 0 ? piece : undefined;
    } catch {
      return undefined;
    }
  }

  /** The peer has had enough: what it has not received can be read by the next. */
  async finish(received: number): Promise<void> {
    this.#reader.received(countFrom(received));
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    if (this.#release.done) return;
    this.#release.run();
    this.#reader.close();
  }
}

/** Read one after the other, pieces mostly lie so in memory, too: then nothing is copied. */
function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = pieces;
  if (!first) return new Uint8Array();
  let end = first.byteOffset;
  for (const { buffer, byteOffset, byteLength } of pieces) {
    if (buffer !== first.buffer || byteOffset !== end) return Buffer.concat(pieces, length);
    end += byteLength;
  }
  return new Uint8Array(first.buffer, first.byteOffset, length);
}
