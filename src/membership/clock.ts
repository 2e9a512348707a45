/** The time, which moves only when it is set, and the timers that wait for it. No I/O. */
export class Clock {
  /** The next timer comes last; of those for the same moment, the one that was set first. */
  readonly #timers: Timer[] = [];

  /** @param now Milliseconds; it does not go back. */
  constructor(public now: number) {}

  /** When the next timer is due; infinity if there is none. */
  get next(): number {
    for (let next = this.#timers.at(-1); next; next = this.#timers.at(-1)) {
      if (next.waits) return next.time;
      this.#timers.pop();
    }
    return Number.POSITIVE_INFINITY;
  }

  /** How many timers are set. */
  get size(): number {
    return this.#timers.filter(({ waits }) => waits).length;
  }

  /** Sets a timer. @returns Cancels it. */
  at(time: number, run: () => void): Timer {
    const timer = new Timer(time, run);
    let index = this.#timers.length;
    while (index > 0 && (this.#timers[index - 1]?.time ?? time) <= time) index -= 1;
    this.#timers.splice(index, 0, timer);
    return timer;
  }

  /** As {@link at}. @param delay Milliseconds from now. */
  after(delay: number, run: () => void): Timer {
    return this.at(this.now + delay, run);
  }

  clear(): void {
    for (const timer of this.#timers.splice(0)) timer.cancel();
  }

  /** Runs all timers that are due, also those that they set. */
  run(): void {
    while (this.next <= this.now) this.#timers.pop()?.run();
  }
}

export class Timer {
  #run: (() => void) | undefined;

  constructor(
    readonly time: number,
    run: () => void,
  ) {
    this.#run = run;
  }

  /** Whether it has neither run nor been cancelled. */
  get waits(): boolean {
    return this.#run !== undefined;
  }

  run(): void {
    const run = this.#run;
    this.#run = undefined;
    run?.();
  }

  /** Has no effect on a timer that has run. */
  cancel(): void {
    this.#run = undefined;
  }
}
