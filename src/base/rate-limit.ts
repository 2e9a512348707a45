/** Lets `rate` events a second pass, and up to `burst` at once (a token bucket). No I/O. */
export class RateLimit {
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #last = 0;

  constructor(rate: number, burst: number) {
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /**
   * @param now Milliseconds, on a clock that does not go back.
   * @returns Whether the event may pass.
   */
  pass(now: number): boolean {
    const earned = ((now - this.#last) / 1000) * this.#rate;
    this.#tokens = Math.min(this.#burst, this.#tokens + earned);
    this.#last = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
