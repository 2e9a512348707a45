import { within } from '../base/interruptible.js';

/** A holder that has not answered a recall by then has timed out. */
const RECALL_TIMEOUT_MS = 1_000;

/**
 * Delegations with recall (RFC 8881, section 10.4): the holders may rely on the answers that they got,
 * until they are recalled, once, before an answer would differ.
 */
export class Delegations {
  readonly #held = new Set<() => Promise<void>>();
  readonly #recalled = new Set<Promise<void>>();
  /** Changes that are about to be made. */
  #changing = 0;

  /**
   * @param recall Resolves when the holder has dropped the answers that it got. Called at once while a
   *   change is about to be made, since answers from before the change do not hold.
   */
  add(recall: () => Promise<void>): Disposable {
    if (this.#changing > 0) this.#recall(recall);
    else this.#held.add(recall);
    return { [Symbol.dispose]: () => this.#held.delete(recall) };
  }

  /** Makes a change when every holder has answered its recall, or has timed out. */
  async change<T>(make: () => T): Promise<T> {
    this.#changing += 1;
    try {
      this.recall();
      await this.returned();
      return make();
    } finally {
      this.#changing -= 1;
    }
  }

  /** Recalls all there are. */
  recall(): void {
    for (const recall of this.#held) this.#recall(recall);
    this.#held.clear();
  }

  /** Resolves when all holders that were recalled have answered, or have timed out. */
  async returned(): Promise<void> {
    await Promise.all(this.#recalled);
  }

  #recall(recall: () => Promise<void>): void {
    const returned = within(recall(), RECALL_TIMEOUT_MS, late)
      .catch(() => {})
      .finally(() => this.#recalled.delete(returned));
    this.#recalled.add(returned);
  }
}

function late(): Error {
  return new Error('not returned in time');
}
