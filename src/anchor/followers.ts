import { within } from '../interruptible.js';

/** Who has not heard of a change by then is not waited for any more, in milliseconds. */
const LONGEST_TELLING = 1_000;

/** Those who want to hear of the next change. Each is told once. */
export class Followers {
  readonly #listeners = new Set<() => Promise<void>>();
  readonly #unheard = new Set<Promise<void>>();

  /** @param listener Resolves when it has heard. */
  add(listener: () => Promise<void>): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  tell(): void {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) {
      const heard = within(listener(), LONGEST_TELLING, notHeard)
        .catch(() => {})
        .finally(() => this.#unheard.delete(heard));
      this.#unheard.add(heard);
    }
  }

  /** Resolves when those who have been told have heard, or have had their time. */
  async heard(): Promise<void> {
    if (this.#unheard.size > 0) await Promise.all(this.#unheard);
  }
}

function notHeard(): Error {
  return new Error('not heard in time');
}
