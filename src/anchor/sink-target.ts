import { RpcTarget } from 'capnweb';
import { CircuitError } from '../base/error.js';
import { MAX_PIECE, type Sink } from '../kinds/control-file.js';
import { Release } from './release.js';

/** How much of a piece was taken. */
export interface Accepted {
  /** Undefined where there was no room. */
  readonly taken: number | undefined;
  /** There is no room for more, and a write(2) does not return before there is. */
  readonly full: boolean;
}

/** A peer's open sink. A peer that disposes it before it has closed it, or is cut off, aborts it. */
export class SinkTarget extends RpcTarget implements Disposable {
  readonly #sink: Sink;
  readonly #release = new Release();
  /** Interrupts the `accept` that waits, and no other call. */
  #accepting = new Release();

  constructor(sink: Sink) {
    super();
    this.#sink = sink;
  }

  async accept(data: Uint8Array, nonblock: boolean, last: boolean): Promise<Accepted> {
    if (!(data instanceof Uint8Array)) throw new CircuitError('EINVAL', 'a sink takes bytes');
    if (data.length > MAX_PIECE) {
      throw new CircuitError('EINVAL', `a sink takes at most ${MAX_PIECE} bytes at once`);
    }
    const taken = await this.#accepting.whileHeld((signal) =>
      this.#sink.accept(data, { signal, nonblock: nonblock === true, last: last === true }),
    );
    return { taken, full: this.#sink.full };
  }

  drained(): Promise<void> {
    return this.#release.whileHeld((signal) => this.#sink.drained(signal));
  }

  /** An `accept` that waits answers now, with what it has taken. */
  interrupt(): void {
    this.#accepting.run();
    this.#accepting = new Release();
  }

  ready(): Promise<boolean> {
    return this.#sink.ready();
  }

  whenReady(): Promise<void> {
    return this.#release.whileHeld((signal) => this.#sink.whenReady(signal));
  }

  close(): void {
    this.#sink.close();
  }

  [Symbol.dispose](): void {
    this.#accepting.run();
    this.#release.run();
    this.#sink.abort();
  }
}
