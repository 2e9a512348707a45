/**
 * When to announce: the Trickle algorithm (Levis, Clausen, Hui, Gnawali and Ko, RFC 6206, section
 * 4.2). The intervals grow while all daemons know each other. A daemon suppresses its announcement
 * where others of its network have just made theirs, so that the rate hardly depends on the size of
 * the network. A stranger brings the interval back to the shortest. No I/O.
 */

/** Imin: a daemon that starts is heard within a second. */
export const SHORTEST_INTERVAL_MS = 1_000;

/**
 * Imax: five doublings. When a cut link is mended, the two networks hear of each other within one
 * and a half intervals, which is less than a minute.
 */
export const LONGEST_INTERVAL_MS = 32_000;

/** k: two announcements in an interval are enough, even if one of them is lost. */
export const REDUNDANCY = 2;

export class Trickle {
  readonly #random: () => number;
  #interval = SHORTEST_INTERVAL_MS;
  #start = 0;
  /** t: when to announce in this interval. */
  #moment = 0;
  #decided = false;
  /** c: how many consistent announcements were heard in this interval. */
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

  /** A member of our network was announced. */
  consistent(): void {
    this.#heard += 1;
  }

  /** A daemon was announced that we did not know. */
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
