import type { MemberName } from '../base/address.js';
import { CONFIRMATIONS, SUSPICION_MAX_FACTOR, SUSPICION_MIN_MS } from './parameters.js';
import type { MemberRecord } from './record.js';

/**
 * How long a member is suspected before it has failed: Lifeguard's "local health aware suspicion"
 * (Dadgar, Phillips and Currey, arXiv:1707.00788, section IV-B). It begins with the longest time,
 * and each further member that could not reach it shortens it:
 *
 *     max(min, max - (max - min) · log(confirmations + 1) / log(K + 1))
 *
 * After a split each member of the other half is suspected, and all news of it comes by here. So a
 * suspicion is one small object, with its accusers as fields and not in a list.
 */
export class Suspicion {
  readonly name: MemberName;
  readonly incarnation: number;
  /** When it ends unless it is refuted: whole milliseconds, on the clock of `now`. */
  deadline = 0;
  readonly #start: number;
  readonly #members: number;
  /** The number of accusers, and all but the last that counts: K confirm the first, and K is 3. */
  #accusers = 0;
  #first: MemberName | undefined;
  #second: MemberName | undefined;
  #third: MemberName | undefined;

  /**
   * @param record Of the suspected member, with its first accuser; without one if it is hearsay.
   * @param now Milliseconds.
   * @param members How many are listed, the suspected one included.
   */
  constructor({ name, incarnation, accuser }: MemberRecord, now: number, members: number) {
    this.name = name;
    this.incarnation = incarnation;
    this.#start = Math.round(now);
    this.#members = members;
    if (accuser === undefined) this.#setDeadline();
    else this.confirm(accuser);
  }

  /** Whether this accuser would shorten the time. */
  wants(accuser: MemberName): boolean {
    const isKnown = accuser === this.#first || accuser === this.#second || accuser === this.#third;
    return !isKnown && this.#accusers <= this.#wanted;
  }

  /** @returns Whether the accuser was wanted: then others are to hear of it, too. */
  confirm(accuser: MemberName): boolean {
    if (!this.wants(accuser)) return false;
    this.#accusers += 1;
    if (this.#accusers === 1) this.#first = accuser;
    else if (this.#accusers === 2) this.#second = accuser;
    else if (this.#accusers === 3) this.#third = accuser;
    this.#setDeadline();
    return true;
  }

  /** How many confirmations count: neither the accused nor the first accuser can confirm. */
  get #wanted(): number {
    return Math.max(0, Math.min(CONFIRMATIONS, this.#members - 2));
  }

  #setDeadline(): void {
    const wanted = this.#wanted;
    const confirmations = Math.max(0, this.#accusers - 1);
    // As in memberlist: news and refutation take longer in larger networks.
    const min = SUSPICION_MIN_MS * Math.max(1, Math.log10(this.#members) / 2);
    const max = min * SUSPICION_MAX_FACTOR;
    const share =
      wanted === 0
        ? Number(this.#accusers > 0)
        : Math.log(confirmations + 1) / Math.log(wanted + 1);
    this.deadline = this.#start + Math.round(Math.max(min, max - (max - min) * share));
  }
}
