import { within } from '../base/interruptible.js';

/** Who has not heard of a change by then is not waited for any more, in milliseconds. */
const LONGEST_TELLING_MS = 1_000;

/** Those who want to hear of the next change, before it is made. Each is told once. */
export class Followers {
  readonly #listeners = new Set<() => Promise<void>>();
  readonly #unheard = new Set<Promise<void>>();
  /** Changes that are about to be made. */
  #changing = 0;

  /**
   * @param listener Resolves when it has heard. Called at once while a change is about to be
   *   made: what is seen before that does not hold.
   */
  add(listener: () => Promise<void>): Disposable {
    if (this.#changing > 0) this.#tell(listener);
    else this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** Makes a change when all have heard of it, or have had their time: nobody follows then. */
  async change<T>(make: () => T): Promise<T> {
    this.#changing += 1;
    try {
      this.tell();
      await this.heard();
      return make();
    } finally {
      this.#changing -= 1;
    }
  }

  /** Tells all there are. */
  tell(): void {
    for (const listener of this.#listeners) this.#tell(listener);
    this.#listeners.clear();
  }

  /** Resolves when those who have been told have heard, or have had their time. */
  async heard(): Promise<void> {
    await Promise.all(this.#unheard);
  }

  #tell(listener: () => Promise<void>): void {
    const heard = within(listener(), LONGEST_TELLING_MS, notHeard)
      .catch(() => {})
      .finally(() => this.#unheard.delete(heard));
    this.#unheard.add(heard);
  }
}

function notHeard(): Error {
  return new Error('not heard in time');
}
