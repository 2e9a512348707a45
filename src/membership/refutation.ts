import type { Timer } from './clock.js';
import type { MechanismContext } from './mechanism-context.js';
import type { Verdict } from './messages.js';
import { REFUTE_PAUSE_MS } from './parameters.js';
import { isListed, MAX_INCARNATION, type MemberRecord, type PeerAddress } from './record.js';

export interface RefutationOptions extends MechanismContext {
  /** A daemon that was started after us has our name. */
  readonly displaced: () => void;
}

/**
 * Answers what others believe of us: a member that is said to be suspect or gone raises its
 * incarnation (Das, Gupta and Motivala, "SWIM", DSN 2002, section 4.2). So does a daemon that was
 * started again under its name at another address. If both still run, which is a mistake, the one
 * that was started first gives way: otherwise they would refute each other for ever.
 */
export class Refutation {
  readonly #options: RefutationOptions;
  /** Another daemon with our name, while we probe whether it still runs. */
  #namesake: MemberRecord | undefined;
  #refuted = Number.NEGATIVE_INFINITY;
  /** The highest incarnation that we still have to refute. */
  #overruled = 0;
  #later: Timer | undefined;

  constructor(options: RefutationOptions) {
    this.#options = options;
  }

  /** Takes a record with our name. */
  heard(record: MemberRecord): void {
    const { host, roster } = this.#options;
    const { incarnation, addr, state, joined } = roster.self;
    const isOurs = record.addr === addr;
    if (record.incarnation < incarnation) return;
    if (record.incarnation === incarnation && record.state === state && isOurs) return;
    if (!isOurs && isListed(record) && record.joined >= joined) {
      // It may have ended, and its clock may be wrong. If there are two, we hear of the other
      // again.
      if (this.#namesake && this.#namesake.addr !== record.addr) return;
      if (!this.#namesake) host.probe(record.addr, NAMESAKE_TIMEOUT_MS);
      this.#namesake = record;
    } else {
      this.#refute(record.incarnation);
    }
  }

  /** Takes the result of a dial, if it was that of the other daemon with our name. */
  probed(peer: PeerAddress, verdict: Verdict): void {
    const namesake = this.#namesake;
    if (namesake?.addr !== peer) return;
    this.#namesake = undefined;
    if (verdict === 'alive') this.#options.displaced();
    else this.#refute(namesake.incarnation);
  }

  /** Raises our incarnation; at most so often, however many accuse us. */
  #refute(incarnation: number): void {
    const { clock, publish, roster } = this.#options;
    if (incarnation >= MAX_INCARNATION) return;
    this.#overruled = Math.max(this.#overruled, incarnation);
    if (this.#later?.waits) return;
    const wait = this.#refuted + REFUTE_PAUSE_MS - clock.now;
    if (wait > 0) {
      this.#later = clock.after(wait, () => {
        if (this.#overruled >= roster.self.incarnation) this.#refute(this.#overruled);
      });
      return;
    }
    this.#refuted = clock.now;
    roster.self = { ...roster.self, incarnation: this.#overruled + 1 };
    publish(roster.self);
  }
}

/** How long a daemon that has our name may take to answer. */
const NAMESAKE_TIMEOUT_MS = 2_000;
