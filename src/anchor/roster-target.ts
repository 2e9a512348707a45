import { RpcTarget } from 'capnweb';
import { CircuitError } from '../base/error.js';
import { interruptible } from '../base/interruptible.js';
import type { Circuit, MemberEntry } from './circuit.js';

/**
 * How a peer follows the members: it asks for them again and again, and each time
 * is answered when they have changed. What happens between two calls is told once,
 * so that a peer that is slow, or does not ask, makes us keep nothing for it.
 */
export class RosterTarget extends RpcTarget implements Disposable {
  readonly #circuit: Circuit;
  readonly #watch: Disposable;
  readonly #released = new AbortController();
  /** Since the last answer; the first one is given at once. */
  #changed = true;
  #wake: (() => void) | undefined;

  constructor(circuit: Circuit) {
    super();
    this.#circuit = circuit;
    this.#watch = circuit.watch(() => {
      this.#changed = true;
      this.#wake?.();
    });
  }

  /** @throws CircuitError EBUSY (it is being asked already), EINTR (it was let go) */
  async next(): Promise<readonly MemberEntry[]> {
    if (this.#wake) throw new CircuitError('EBUSY', 'the members are asked for one call at a time');
    if (!this.#changed) await this.#change();
    this.#changed = false;
    return this.#circuit.members();
  }

  [Symbol.dispose](): void {
    this.#released.abort();
    this.#watch[Symbol.dispose]();
  }

  async #change(): Promise<void> {
    const changed = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    try {
      await interruptible(changed, this.#released.signal);
    } finally {
      this.#wake = undefined;
    }
  }
}
