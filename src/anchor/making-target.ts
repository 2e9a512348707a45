import { RpcTarget } from 'capnweb';
import { interrupted } from '../base/error.js';
import type { FilesTarget } from './files-target.js';

/**
 * An element that is being made, by a maker that may wait without a limit. A peer that disposes this, or is
 * cut off, breaks that off.
 */
export class MakingTarget extends RpcTarget implements Disposable {
  readonly #peer = new AbortController();
  readonly #made: Promise<FilesTarget>;

  constructor(make: (signal: AbortSignal) => Promise<FilesTarget>) {
    super();
    this.#made = make(this.#peer.signal);
    // The peer may let go before it asks.
    this.#made.catch(() => {});
  }

  /** Resolves when it has been made, to its files. */
  done(): Promise<FilesTarget> {
    return this.#made;
  }

  [Symbol.dispose](): void {
    this.#peer.abort(interrupted());
  }
}
