import type { MemberName } from '../base/address.js';
import type { Comparison } from './comparison.js';
import type { HyParView } from './hyparview.js';
import { HEARSAY, type MechanismContext, OWN } from './mechanism-context.js';
import { REDIAL_INTERVAL_MS, REFUTE_PAUSE_MS } from './parameters.js';
import { isListed, type MemberRecord, overrides, type PeerAddress } from './record.js';

/** The fact that we have left a network. */
export interface Parting {
  /** Sent to its members; nothing if we left without a word. */
  readonly farewell: MemberRecord | undefined;
}

export interface JoiningOptions extends MechanismContext {
  readonly overlay: HyParView;
  readonly comparison: Comparison;
  /** Tells whether a member still takes us for one of a network that we have left. */
  readonly parted: (name: MemberName) => Parting | undefined;
  /** We have joined a member, or it has joined us. */
  readonly met: (name: MemberName) => void;
}

/**
 * Makes two networks one: a member of one joins a member of the other. The two become neighbours
 * (HyParView, section 4.2) and make their rosters equal, and each passes on what was news to it.
 * A split heals the same way: we dial a failed member from time to time, and join it when it
 * answers.
 */
export class Joining {
  readonly #options: JoiningOptions;
  /** The joins that wait for their ends, each an object of its own. */
  readonly #asked = new Map<PeerAddress, Asked>();

  constructor(options: JoiningOptions) {
    this.#options = options;
    this.#redialLater(options.random() * REDIAL_INTERVAL_MS);
  }

  get size(): number {
    return this.#asked.size;
  }

  /** The peers that we have asked to join and that have not answered. */
  get asking(): Iterable<PeerAddress> {
    return this.#asked.keys();
  }

  /** @param byUser Whether a user wants it: then a member that has left comes back. */
  join(peer: PeerAddress, byUser: boolean): void {
    const { host, roster } = this.#options;
    this.#asked.set(peer, { byUser, name: undefined });
    host.send(peer, { type: 'join', from: roster.self, byUser });
  }

  giveUp(peer: PeerAddress): void {
    this.#asked.delete(peer);
  }

  /**
   * Another member joins us: we become neighbours, and it will compare our rosters.
   * @param byUser Whether a user of it wants that; if not, it took us for failed, or has found us
   *   by itself.
   */
  welcome(from: PeerAddress, record: MemberRecord, byUser: boolean): void {
    const { parted, host, learn, roster } = this.#options;
    if (record.addr !== from) return;
    if (record.name === roster.self.name) {
      // The other daemon has our name.
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
    this.#meet(record);
    host.send(from, { type: 'welcome', from: roster.self });
  }

  welcomed(from: PeerAddress, record: MemberRecord): void {
    const { comparison, learn, roster } = this.#options;
    const asked = this.#asked.get(from);
    if (!asked || record.addr !== from) return;
    if (record.name === roster.self.name) {
      learn(record, HEARSAY);
    } else {
      asked.name = record.name;
      this.#meet(record);
      comparison.start(from);
    }
  }

  /** A peer says that it has left its network. */
  hasLeft(peer: PeerAddress): void {
    // Its message may be older than the user's join.
    if (this.#asked.get(peer)?.byUser !== false) return;
    this.#asked.delete(peer);
    this.#options.host.refused(peer);
  }

  /** Our roster and a peer's are equal now. */
  compared(peer: PeerAddress): void {
    const { clock, comparison, host, roster } = this.#options;
    const asked = this.#asked.get(peer);
    if (!asked) return;
    if (asked.name !== undefined && !isListed(roster.get(asked.name))) {
      // The peer must still refute what was known of it, which it may do only from time to time.
      clock.after(REFUTE_PAUSE_MS, () => {
        if (this.#asked.get(peer) === asked) comparison.start(peer);
      });
      return;
    }
    this.#asked.delete(peer);
    host.joined(peer);
  }

  /**
   * Makes a member a neighbour, by its record of itself. One that comes back may not know what it
   * must refute.
   */
  #meet(record: MemberRecord): void {
    const { host, learn, met, overlay, roster } = this.#options;
    met(record.name);
    const known = roster.get(record.name);
    if (known && (known.addr !== record.addr || !isListed(known)) && !overrides(record, known)) {
      host.send(record.addr, { type: 'notice', record: known });
    }
    learn(record, OWN);
    overlay.joined(record);
  }

  #redialLater(delay: number): void {
    const { clock, random, roster } = this.#options;
    clock.after(delay, () => {
      const failed = roster.randomFailed(random, clock.now);
      if (failed) this.#redial(failed.addr);
      this.#redialLater(REDIAL_INTERVAL_MS);
    });
  }

  /** Joins a failed member again, unless a user's join of it is under way. */
  #redial(peer: PeerAddress): void {
    if (this.#asked.has(peer)) return;
    this.join(peer, false);
    const asked = this.#asked.get(peer);
    this.#options.clock.after(REDIAL_INTERVAL_MS / 2, () => {
      if (this.#asked.get(peer) === asked) this.giveUp(peer);
    });
  }
}

/** A peer that we have asked to join, and its name once it has answered. */
interface Asked {
  readonly byUser: boolean;
  name: MemberName | undefined;
}
