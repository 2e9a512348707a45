/**
 * Time stamps, each later than the one before. The kernel compares them to know whether its copy of a
 * listing is good, and rsync(1) keeps a copy of the same size and time.
 */
export class TimeStamps {
  #last = 0n;

  /** Nanoseconds since the epoch. */
  next(): bigint {
    const now = BigInt(Date.now()) * 1_000_000n;
    this.#last = now > this.#last ? now : this.#last + 1n;
    return this.#last;
  }
}
