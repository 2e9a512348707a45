import type { OperationsLog } from '../base/log.js';
import { RateLimit } from '../base/rate-limit.js';

/** How many ends of connections the log shows in a second, and how many at once. */
const RATE = 1;
const BURST = 60;

/**
 * Notes in the operations log why connections ended. A peer that comes back again and again does
 * not fill the log: the next line counts the ends that were left out.
 */
export class EndingsLog {
  readonly #log: OperationsLog;
  readonly #limit = new RateLimit(RATE, BURST);
  #leftOut = 0;

  constructor(log: OperationsLog) {
    this.#log = log;
  }

  /**
   * @param remote HOST:PORT of the peer's end.
   * @param event What became of the connection.
   */
  note(remote: string, event: string): void {
    if (!this.#limit.pass(performance.now())) {
      this.#leftOut += 1;
      return;
    }
    const leftOut = this.#leftOut > 0 ? ` (and ${this.#leftOut} others since the last one)` : '';
    this.#leftOut = 0;
    this.#log.event(`peer=${remote} ${event}${leftOut}`);
  }
}
