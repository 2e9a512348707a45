/** Something that happens at a time. It is an object, not a closure, where it happens often. */
export interface Event {
  fire(): void;
}

/**
 * Virtual time in whole milliseconds, and its events: a calendar queue (Brown, CACM 31(10), 1988)
 * with a bucket for each millisecond. Events of the same millisecond happen in the order in which
 * they were scheduled. Scheduling and taking an event cost the same however many there are; a heap
 * would spend most of a large run on sifting.
 */
export class EventQueue {
  /** Milliseconds since the beginning of the run. */
  now = 0;
  readonly #buckets: Event[][] = Array.from({ length: 2 * YEAR_MS }, () => []);
  /** The events too far ahead for the buckets, which hold this year and the next, by year. */
  readonly #later = new Map<number, { readonly time: number; readonly event: Event }[]>();

  /**
   * @param time Rounded up to a millisecond; a past event happens at once, after the present one.
   */
  schedule(time: number, event: Event): void {
    const at = Math.max(Math.ceil(time), this.now);
    const year = Math.floor(at / YEAR_MS);
    if (year <= Math.floor(this.now / YEAR_MS) + 1) {
      this.#bucket(at).push(event);
      return;
    }
    const later = this.#later.get(year);
    if (later) later.push({ time: at, event });
    else this.#later.set(year, [{ time: at, event }]);
  }

  /** As {@link schedule}, for events that happen seldom. */
  at(time: number, run: () => void): void {
    this.schedule(time, { fire: run });
  }

  /** Runs until `time`, that millisecond included. */
  runTo(time: number): void {
    this.runUntil(() => false, time);
  }

  /**
   * Runs until `done`, which is asked after each millisecond in which something happened.
   * @param limit The last millisecond that is run.
   * @returns Whether it was done in time.
   */
  runUntil(done: () => boolean, limit: number): boolean {
    if (done()) return true;
    for (;;) {
      if (this.#runBucket() && done()) return true;
      if (this.now >= limit) return false;
      this.now += 1;
      if (this.now % YEAR_MS === 0) this.#turnYear();
    }
  }

  #runBucket(): boolean {
    const bucket = this.#bucket(this.now);
    if (bucket.length === 0) return false;
    // The bucket grows while it runs, by events that happen at once.
    for (let index = 0; index < bucket.length; index += 1) bucket[index]?.fire();
    bucket.length = 0;
    return true;
  }

  #turnYear(): void {
    const year = this.now / YEAR_MS + 1;
    for (const { time, event } of this.#later.get(year) ?? []) this.#bucket(time).push(event);
    this.#later.delete(year);
  }

  #bucket(time: number): Event[] {
    const bucket = this.#buckets[time % (2 * YEAR_MS)];
    if (!bucket) throw new RangeError(`no such time: ${time}`);
    return bucket;
  }
}

/** A power of two: most of the events that a protocol plans lie within the next two years. */
const YEAR_MS = 2 ** 14;
