import type { Timer } from './clock.js';
import type { Verdict } from './messages.js';
import { REFUTE_PAUSE_MS } from './parameters.js';
import { isListed, MAX_INCARNATION, type MemberRecord, type PeerAddress } from './record.js';
import type { Shared } from './shared.js';

export interface RefutationOptions extends Shared {
  /** A daemon that was started after us runs under our name. */
  readonly displaced: () => void;
}

/**
 * What others believe of us, and what we answer: who hears ill of itself raises its
 * incarnation (Das, Gupta and Motivala, "SWIM", DSN 2002, section 4.2). So does a daemon
 * that was started again under its name at another address. If both still run, which is a
 * mistake, the one that was started first goes: otherwise they would refute each other for
 * ever.
 */
export class Refutation {
  readonly #options: RefutationOptions;
  /** Another daemon with our name, while we look whether it is still there. */
  #namesake: MemberRecord | undefined;
  #refuted = Number.NEGATIVE_INFINITY;
  /** The highest incarnation that is to be overruled, and when. */
  #overruled = 0;
  #later: Timer | undefined;

  constructor(options: RefutationOptions) {
    this.#options = options;
  }

  /** A record that bears our name. */
  heard(record: MemberRecord): void {
    const { host, roster } = this.#options;
    const { incarnation, addr, state, joined } = roster.self;
    const isOurs = record.addr === addr;
    if (record.incarnation < incarnation) return;
    if (record.incarnation === incarnation && record.state === state && isOurs) return;
    if (!isOurs && isListed(record) && record.joined >= joined) {
      // It may have ended, and its clock may have been wrong. Of two, the other is heard of again.
      if (this.#namesake && this.#namesake.addr !== record.addr) return;
      if (!this.#namesake) host.probe(record.addr, NAMESAKE_TIMEOUT_MS);
      this.#namesake = record;
    } else {
      this.#refute(record.incarnation);
    }
  }

  /** What came of dialling the other daemon with our name, if that is who it was. */
  probed(peer: PeerAddress, verdict: Verdict): void {
    const namesake = this.#namesake;
    if (namesake?.addr !== peer) return;
    this.#namesake = undefined;
    if (verdict === 'alive') this.#options.displaced();
    else this.#refute(namesake.incarnation);
  }

  /** At most so often, however many speak ill of us. */
  #refute(incarnation: number): void {
    const { clock, publish, roster } = this.#options;
    if (incarnation >= MAX_INCARNATION) return;
    this.#overruled = Math.max(this.#overruled, incarnation);
    if (this.#later) return;
    const wait = this.#refuted + REFUTE_PAUSE_MS - clock.now;
    if (wait > 0) {
      this.#later = clock.after(wait, () => {
        this.#later = undefined;
        if (this.#overruled >= roster.self.incarnation) this.#refute(this.#overruled);
      });
      return;
    }
    this.#refuted = clock.now;
    roster.self = { ...roster.self, incarnation: this.#overruled + 1 };
    publish(roster.self);
  }
}

/** How long a daemon that has our name may take to answer, in milliseconds. */
const NAMESAKE_TIMEOUT_MS = 2_000;
