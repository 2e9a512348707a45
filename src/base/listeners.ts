/** A set of functions that are called when something happens. */
export class Listeners<Args extends readonly unknown[] = []> {
  readonly #listeners = new Set<(...args: Args) => void>();

  get size(): number {
    return this.#listeners.size;
  }

  /** @returns Removes the listener when it is disposed. */
  add(listener: (...args: Args) => void): Disposable {
    // A function that is added twice is called twice, and removed one at a time.
    const own = (...args: Args) => listener(...args);
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => this.#listeners.delete(own) };
  }

  /** Calls every listener. */
  tell(...args: Args): void {
    for (const listener of this.#listeners) listener(...args);
  }

  /** Removes every listener, then calls it. One that adds itself again waits for the next time. */
  tellOnce(...args: Args): void {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener(...args);
  }
}
