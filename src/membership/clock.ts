/**
 * The time, which stands still until it is set, and what is to be done later. No I/O.
 */
export class Clock {
  /** Milliseconds; it does not go back. */
  now: number;
  /** A binary heap, the next one first. */
  readonly #heap: Timer[] = [];
  #sequence = 0;

  constructor(now: number) {
    this.now = now;
  }

  /** When the next one is due; never, if there is none. */
  get next(): number {
    for (let first = this.#heap[0]; first; first = this.#heap[0]) {
      if (!first.cancelled) return first.time;
      this.#pop();
    }
    return Number.POSITIVE_INFINITY;
  }

  /** How many are set. */
  get size(): number {
    return this.#heap.filter((timer) => !timer.cancelled).length;
  }

  /** @returns What cancels it. */
  at(time: number, run: () => void): Timer {
    this.#sequence += 1;
    const timer = new Timer(time, this.#sequence, run);
    this.#push(timer);
    return timer;
  }

  /** @param delay Milliseconds from now. @returns What cancels it. */
  after(delay: number, run: () => void): Timer {
    return this.at(this.now + delay, run);
  }

  clear(): void {
    for (const timer of this.#heap.splice(0)) timer.cancel();
  }

  /** Runs what is due, and what of it becomes due. */
  run(): void {
    while (this.next <= this.now) this.#pop()?.run();
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (!parent || !timer.isBefore(parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!last || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      let child = heap[below];
      const right = heap[below + 1];
      if (child && right?.isBefore(child)) {
        below += 1;
        child = right;
      }
      if (!child?.isBefore(last)) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = last;
    return first;
  }
}

export class Timer {
  #run: (() => void) | undefined;

  constructor(
    readonly time: number,
    readonly sequence: number,
    run: () => void,
  ) {
    this.#run = run;
  }

  /** Or has run. */
  get cancelled(): boolean {
    return this.#run === undefined;
  }

  /** Earlier; of two for the same moment the one that was set first. */
  isBefore(other: Timer): boolean {
    return this.time !== other.time ? this.time < other.time : this.sequence < other.sequence;
  }

  run(): void {
    const run = this.#run;
    this.#run = undefined;
    run?.();
  }

  /** Has no effect on one that has run. */
  cancel(): void {
    this.#run = undefined;
  }
}
