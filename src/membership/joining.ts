import type { MemberName } from '../base/address.js';
import type { Comparison } from './comparison.js';
import type { HyParView } from './hyparview.js';
import { REDIAL_INTERVAL_MS, REFUTE_PAUSE_MS } from './parameters.js';
import { isListed, type MemberRecord, overrides, type PeerAddress } from './record.js';
import { HEARSAY, OWN, type Shared } from './shared.js';

/** That we have left a network. */
export interface Parting {
  /** What its members are told, if they are. */
  readonly farewell: MemberRecord | undefined;
}

export interface JoiningOptions extends Shared {
  readonly overlay: HyParView;
  readonly comparison: Comparison;
  /** Whether a member takes us, if it does, for one of a network that we have left. */
  readonly parted: (name: MemberName) => Parting | undefined;
  /** A member asked us to join it, or has joined us. */
  readonly met: (name: MemberName) => void;
}

/**
 * How two networks become one: a member of one joins a member of the other. They become
 * neighbours (HyParView, section 4.2), make their rosters equal, and what was news to
 * either goes on from there. So heals a split, too: one that failed is dialled now and
 * then, and joined when it answers.
 */
export class Joining {
  readonly #options: JoiningOptions;
  /** Those whom we have asked, each with what tells one time from the next. */
  readonly #asked = new Map<PeerAddress, Asked>();

  constructor(options: JoiningOptions) {
    this.#options = options;
    this.#redialLater(options.random() * REDIAL_INTERVAL_MS);
  }

  get size(): number {
    return this.#asked.size;
  }

  /** Who has not answered yet. */
  get asking(): Iterable<PeerAddress> {
    return this.#asked.keys();
  }

  /** @param byUser Whether a user wants it: then one that has left comes back. */
  join(peer: PeerAddress, byUser: boolean): void {
    const { host, roster } = this.#options;
    this.#asked.set(peer, { byUser, name: undefined });
    host.send(peer, { type: 'join', from: roster.self, byUser });
  }

  giveUp(peer: PeerAddress): void {
    this.#asked.delete(peer);
  }

  /**
   * Another joins us: we become neighbours, and it will compare our rosters.
   * @param byUser Whether a user of it wants that; if not, it was ours, and held us for failed,
   *   or has found us by itself.
   */
  welcome(from: PeerAddress, record: MemberRecord, byUser: boolean): void {
    const { parted, host, learn, met, overlay, roster } = this.#options;
    if (record.addr !== from) return;
    if (record.name === roster.self.name) {
      // A daemon that took our name.
      learn(record, HEARSAY);
      host.send(from, { type: 'welcome', from: roster.self });
      return;
    }
    const parting = byUser ? undefined : parted(record.name);
    if (parting) {
      const { farewell } = parting;
      if (farewell) host.send(from, { type: 'notice', record: farewell });
      return;
    }
    met(record.name);
    this.#take(record);
    overlay.joined(record);
    host.send(from, { type: 'welcome', from: roster.self });
  }

  welcomed(from: PeerAddress, record: MemberRecord): void {
    const { comparison, learn, met, overlay, roster } = this.#options;
    const asked = this.#asked.get(from);
    if (!asked || record.addr !== from) return;
    if (record.name === roster.self.name) {
      learn(record, HEARSAY);
    } else {
      asked.name = record.name;
      met(record.name);
      this.#take(record);
      overlay.joined(record);
      comparison.start(from);
    }
  }

  /** A peer says that it has left. */
  hasLeft(peer: PeerAddress): void {
    // That may be of before a user asked for it.
    if (this.#asked.get(peer)?.byUser !== false) return;
    this.#asked.delete(peer);
    this.#options.host.refused(peer);
  }

  /** Our roster and that of a peer are equal now. */
  compared(peer: PeerAddress): void {
    const { clock, comparison, host, roster } = this.#options;
    const asked = this.#asked.get(peer);
    if (!asked) return;
    if (asked.name !== undefined && !isListed(roster.get(asked.name))) {
      // It has still to overrule what was known of it, as it may not do at any time.
      clock.after(REFUTE_PAUSE_MS, () => {
        if (this.#asked.get(peer) === asked) comparison.start(peer);
      });
      return;
    }
    this.#asked.delete(peer);
    host.joined(peer);
  }

  /** What a member says of itself. One that comes back may not know yet what it has to overrule. */
  #take(record: MemberRecord): void {
    const { host, learn, roster } = this.#options;
    const known = roster.get(record.name);
    if (known && (known.addr !== record.addr || !isListed(known)) && !overrides(record, known)) {
      host.send(record.addr, { type: 'notice', record: known });
    }
    learn(record, OWN);
  }

  #redialLater(delay: number): void {
    const { clock, random, roster } = this.#options;
    clock.after(delay, () => {
      const failed = roster.randomFailed(random, clock.now);
      if (failed) this.#redial(failed.addr);
      this.#redialLater(REDIAL_INTERVAL_MS);
    });
  }

  /** A user's join of the same member has a time of its own. */
  #redial(peer: PeerAddress): void {
    if (this.#asked.has(peer)) return;
    this.join(peer, false);
    const asked = this.#asked.get(peer);
    this.#options.clock.after(REDIAL_INTERVAL_MS / 2, () => {
      if (this.#asked.get(peer) === asked) this.giveUp(peer);
    });
  }
}

/** A member that we have asked, one time; and its name, when it has answered. */
interface Asked {
  readonly byUser: boolean;
  name: MemberName | undefined;
}
