import { RpcTarget } from 'capnweb';
import { Release } from './release.js';

/** A command that may wait without a limit. A peer that disposes it, or is cut off, ends its wait. */
export class CommandTarget extends RpcTarget implements Disposable {
  readonly #release = new Release();
  readonly #done: Promise<void>;

  constructor(run: (signal: AbortSignal) => Promise<void>) {
    super();
    this.#done = this.#release.whileHeld(run);
    // The peer may let go before it asks.
    this.#done.catch(() => {});
  }

  /** Resolves when it has been carried out. */
  done(): Promise<void> {
    return this.#done;
  }

  [Symbol.dispose](): void {
    this.#release.run();
  }
}
