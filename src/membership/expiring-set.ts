import type { Clock } from './clock.js';

/** Keys that are remembered for a while. */
export class ExpiringSet<Key> {
  readonly #clock: Clock;
  readonly #life: number;
  /** When each key is forgotten. */
  readonly #until = new Map<Key, number>();

  /** @param life In milliseconds. */
  constructor(clock: Clock, life: number) {
    this.#clock = clock;
    this.#life = life;
  }

  has(key: Key): boolean {
    return (this.#until.get(key) ?? 0) > this.#clock.now;
  }

  add(key: Key): void {
    const { now } = this.#clock;
    for (const [old, until] of this.#until) if (until <= now) this.#until.delete(old);
    this.#until.set(key, now + this.#life);
  }

  delete(key: Key): void {
    this.#until.delete(key);
  }
}
