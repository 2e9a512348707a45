/**
 * When to announce: the Trickle algorithm (Levis, Clausen, Hui, Gnawali and Ko,
 * RFC 6206, section 4.2). The intervals grow while all is known to all; a member is
 * silent where others of its network have just said as much, so that the network
 * announces itself at the same rate however many members it has; and who is new brings
 * the interval back to the shortest. No I/O.
 */

/** Imin, in milliseconds: a daemon that starts is heard within a second. */
export const SHORTEST_INTERVAL_MS = 1_000;

/**
 * Imax, in milliseconds: five doublings. Two networks between which a cut link is mended
 * hear of each other within one and a half intervals, which is less than a minute.
 */
export const LONGEST_INTERVAL_MS = 32_000;

/** k: two announcements in an interval are enough, should one of the two be lost. */
export const REDUNDANCY = 2;

export class Trickle {
  readonly #random: () => number;
  #interval = SHORTEST_INTERVAL_MS;
  #start = 0;
  /** When to announce in this interval. */
  #moment = 0;
  #decided = false;
  /** Consistent announcements heard in this interval. */
  #heard = 0;

  /**
   * @param now Milliseconds, on a clock that does not go back.
   * @param random Gives numbers from 0 up to 1.
   */
  constructor(now: number, random: () => number) {
    this.#random = random;
    this.#begin(SHORTEST_INTERVAL_MS, now);
  }

  /** When {@link tick} is to be called next. */
  get deadline(): number {
    return this.#decided ? this.#start + this.#interval : this.#moment;
  }

  /** Somebody has announced a member of our network. */
  consistent(): void {
    this.#heard += 1;
  }

  /** Somebody has announced one whom we did not know. */
  inconsistent(now: number): void {
    if (this.#interval > SHORTEST_INTERVAL_MS) this.#begin(SHORTEST_INTERVAL_MS, now);
  }

  /** @returns Whether to announce now. */
  tick(now: number): boolean {
    if (now < this.deadline) return false;
    if (this.#decided) {
      this.#begin(Math.min(2 * this.#interval, LONGEST_INTERVAL_MS), now);
      return false;
    }
    this.#decided = true;
    return this.#heard < REDUNDANCY;
  }

  #begin(interval: number, now: number): void {
    this.#interval = interval;
    this.#start = now;
    this.#moment = now + (interval / 2) * (1 + this.#random());
    this.#decided = false;
    this.#heard = 0;
  }
}
