import type { MemberName } from '../address.js';
import { CONFIRMATIONS, SUSPICION_MAX_FACTOR, SUSPICION_MIN } from './parameters.js';

/**
 * How long a member may be suspected before it has failed: Lifeguard's "local health aware
 * suspicion" (Dadgar, Phillips and Currey, arXiv:1707.00788, section IV-B). It begins with
 * the longest time, and each further member that could not reach it either shortens it:
 *
 *     max(min, max - (max - min) · log(confirmations + 1) / log(K + 1))
 *
 * After a split there is one of each member of the other half: it is kept small.
 */
export class Suspicion {
  /** When it ends, if nobody refutes it before: whole milliseconds, on the clock of `now`. */
  deadline = 0;
  readonly #start: number;
  readonly #members: number;
  /** Who has accused it, as long as one more would count. */
  #accusers: readonly MemberName[] | undefined;

  /**
   * @param name Whose.
   * @param now Milliseconds.
   * @param members How many are listed, the one that is suspected among them.
   * @param accuser Nobody, if it is hearsay.
   */
  constructor(
    readonly name: MemberName,
    now: number,
    members: number,
    accuser: MemberName | undefined,
  ) {
    this.#start = Math.round(now);
    this.#members = members;
    this.#accuse(accuser === undefined ? [] : [accuser]);
  }

  /** Whether this accuser would bring the deadline nearer. */
  wants(accuser: MemberName): boolean {
    return this.#accusers?.includes(accuser) === false;
  }

  /** @returns Whether it was wanted: if so, others are to hear of it too. */
  confirm(accuser: MemberName): boolean {
    if (!this.#accusers || !this.wants(accuser)) return false;
    // Not by a spread: V8 would leave room for a dozen more, in each of thousands.
    this.#accuse(this.#accusers.concat(accuser));
    return true;
  }

  #accuse(accusers: readonly MemberName[]): void {
    // Neither the accused nor the first accuser can confirm.
    const wanted = Math.max(0, Math.min(CONFIRMATIONS, this.#members - 2));
    const confirmations = Math.max(0, accusers.length - 1);
    this.#accusers = accusers.length <= wanted ? accusers : undefined;
    // As memberlist: the news of it, and the refutation, take longer in larger networks.
    const min = SUSPICION_MIN * Math.max(1, Math.log10(this.#members) / 2);
    const max = min * SUSPICION_MAX_FACTOR;
    const share =
      wanted === 0
        ? Number(accusers.length > 0)
        : Math.log(confirmations + 1) / Math.log(wanted + 1);
    this.deadline = this.#start + Math.round(Math.max(min, max - (max - min) * share));
  }
}
