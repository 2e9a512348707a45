import type { MemberName } from '../address.js';
import { HEARSAY, OWN, type Source } from './beliefs.js';
import type { Comparison } from './comparison.js';
import type { HyParView } from './hyparview.js';
import { REDIAL_INTERVAL } from './parameters.js';
import type { PeerAddress, ProtocolHost } from './protocol-host.js';
import { isListed, type MemberRecord, overrides } from './record.js';
import type { Roster } from './roster.js';
import type { Timers } from './timers.js';

export interface JoiningOptions {
  readonly host: Pick<ProtocolHost, 'send' | 'joined'>;
  readonly roster: Roster;
  readonly timers: Timers;
  readonly now: () => number;
  readonly random: () => number;
  readonly overlay: HyParView;
  readonly comparison: Comparison;
  readonly learn: (record: MemberRecord, source: Source) => void;
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
  readonly #asked = new Map<PeerAddress, symbol>();

  constructor(options: JoiningOptions) {
    this.#options = options;
    this.#redialLater(options.random() * REDIAL_INTERVAL);
  }

  get size(): number {
    return this.#asked.size;
  }

  join(peer: PeerAddress): void {
    this.#ask(peer);
  }

  giveUp(peer: PeerAddress): void {
    this.#asked.delete(peer);
  }

  /** Another joins us: we become neighbours, and it will compare our rosters. */
  welcome(from: PeerAddress, record: MemberRecord): void {
    const { host, learn, met, overlay, roster } = this.#options;
    if (record.addr !== from) return;
    if (record.name === roster.self.name) {
      // A daemon that took our name.
      learn(record, HEARSAY);
      this.#send(from, 'welcome');
      return;
    }
    met(record.name);
    const known = roster.get(record.name);
    if (known && (known.addr !== record.addr || !isListed(known)) && !overrides(record, known)) {
      // It comes back, and does not know yet what it has to overrule.
      host.send(from, { type: 'notice', record: known });
    }
    learn(record, OWN);
    overlay.joined(record);
    this.#send(from, 'welcome');
  }

  welcomed(from: PeerAddress, record: MemberRecord): void {
    const { comparison, learn, met, overlay, roster } = this.#options;
    if (!this.#asked.has(from) || record.addr !== from) return;
    if (record.name === roster.self.name) {
      learn(record, HEARSAY);
    } else {
      met(record.name);
      learn(record, OWN);
      overlay.joined(record);
      comparison.start(from);
    }
  }

  /** Our roster and that of a peer are equal now. */
  compared(peer: PeerAddress): void {
    if (this.#asked.delete(peer)) this.#options.host.joined(peer);
  }

  #ask(peer: PeerAddress): symbol {
    const time = Symbol();
    this.#asked.set(peer, time);
    this.#send(peer, 'join');
    return time;
  }

  #send(peer: PeerAddress, type: 'join' | 'welcome'): void {
    this.#options.host.send(peer, { type, from: this.#options.roster.self });
  }

  #redialLater(delay: number): void {
    const { now, random, roster, timers } = this.#options;
    timers.at(now() + delay, () => {
      const failed = roster.randomFailed(random, now());
      if (failed) this.#redial(failed.addr);
      this.#redialLater(REDIAL_INTERVAL);
    });
  }

  /** A user's join of the same member has a time of its own. */
  #redial(peer: PeerAddress): void {
    const { now, timers } = this.#options;
    if (this.#asked.has(peer)) return;
    const asked = this.#ask(peer);
    timers.at(now() + REDIAL_INTERVAL / 2, () => {
      if (this.#asked.get(peer) === asked) this.giveUp(peer);
    });
  }
}
