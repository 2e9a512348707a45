import type { MemberName } from '../address.js';
import { CONFIRMATIONS, SUSPICION_MAX_FACTOR, SUSPICION_MIN } from './parameters.js';
import type { Timer } from './timers.js';

/**
 * How long a member may be suspected before it has failed: Lifeguard's "local health aware
 * suspicion" (Dadgar, Phillips and Currey, arXiv:1707.00788, section IV-B). It begins with
 * the longest time, and each further member that could not reach it either shortens it:
 *
 *     max(min, max - (max - min) · log(confirmations + 1) / log(K + 1))
 */
export class Suspicion {
  /** What ends it, if nobody refutes it before. */
  timer: Timer | undefined;
  readonly #start: number;
  readonly #min: number;
  readonly #max: number;
  readonly #wanted: number;
  readonly #accusers = new Set<MemberName>();

  /**
   * @param now Milliseconds.
   * @param members How many are listed, the one that is suspected among them.
   * @param accuser Nobody, if it is hearsay.
   */
  constructor(now: number, members: number, accuser: MemberName | undefined) {
    this.#start = now;
    // As memberlist: the news of it, and the refutation, take longer in larger networks.
    this.#min = SUSPICION_MIN * Math.max(1, Math.log10(members) / 2);
    this.#max = this.#min * SUSPICION_MAX_FACTOR;
    // Neither the accused nor the first accuser can confirm.
    this.#wanted = Math.max(0, Math.min(CONFIRMATIONS, members - 2));
    if (accuser !== undefined) this.#accusers.add(accuser);
  }

  /** Milliseconds, on the clock of `now`. */
  get deadline(): number {
    const confirmations = Math.max(0, this.#accusers.size - 1);
    const share =
      this.#wanted === 0
        ? Number(this.#accusers.size > 0)
        : Math.log(confirmations + 1) / Math.log(this.#wanted + 1);
    const timeout = Math.max(this.#min, this.#max - (this.#max - this.#min) * share);
    return this.#start + timeout;
  }

  /** Whether this accuser would bring the deadline nearer. */
  wants(accuser: MemberName): boolean {
    return this.#accusers.size <= this.#wanted && !this.#accusers.has(accuser);
  }

  /** @returns Whether it was wanted: if so, others are to hear of it too. */
  confirm(accuser: MemberName): boolean {
    if (!this.wants(accuser)) return false;
    this.#accusers.add(accuser);
    return true;
  }
}
