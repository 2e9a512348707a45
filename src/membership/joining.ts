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
  /** Those whom we have asked, by the address they were asked at: where they say they are. */
  readonly #asked = new Map<PeerAddress, PeerAddress>();

  constructor(options: JoiningOptions) {
    this.#options = options;
    this.#redialLater(options.random() * REDIAL_INTERVAL);
  }

  get size(): number {
    return this.#asked.size;
  }

  join(peer: PeerAddress): void {
    this.#asked.set(peer, peer);
    this.#send(peer, 'join');
  }

  giveUp(peer: PeerAddress): void {
    this.#asked.delete(peer);
  }

  /** Another joins us: we become neighbours, and it will compare our rosters. */
  welcome(from: PeerAddress, record: MemberRecord): void {
    const { host, learn, met, overlay, roster } = this.#options;
    if (record.name === roster.self.name) {
      // Ourselves, by another address of ours; or a daemon that took our name.
      if (record.addr !== roster.self.addr) learn(record, HEARSAY);
      this.#send(from, 'welcome');
      return;
    }
    if (record.addr !== from) return;
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
    const asked = this.#askedAt(from);
    if (asked.length === 0) return;
    if (record.name === roster.self.name) {
      if (record.addr === roster.self.addr) this.#done(asked);
      else learn(record, HEARSAY);
    } else if (record.addr !== from) {
      // It was asked at another of its addresses; the others know it by this one.
      for (const peer of asked) this.#asked.set(peer, record.addr);
      this.#send(record.addr, 'join');
    } else {
      met(record.name);
      learn(record, OWN);
      overlay.joined(record);
      comparison.start(from);
    }
  }

  /** Our roster and that of a peer are equal now. */
  compared(peer: PeerAddress): void {
    this.#done(this.#askedAt(peer));
  }

  #send(peer: PeerAddress, type: 'join' | 'welcome'): void {
    this.#options.host.send(peer, { type, from: this.#options.roster.self });
  }

  #askedAt(at: PeerAddress): PeerAddress[] {
    return [...this.#asked].flatMap(([peer, address]) => (address === at ? peer : []));
  }

  #done(peers: readonly PeerAddress[]): void {
    for (const peer of peers) {
      this.#asked.delete(peer);
      this.#options.host.joined(peer);
    }
  }

  #redialLater(delay: number): void {
    const { now, random, roster, timers } = this.#options;
    timers.at(now() + delay, () => {
      const failed = roster.randomFailed(random, now());
      // Not where a user has asked for the same: that join has its own time.
      if (failed && !this.#asked.has(failed.addr)) {
        this.join(failed.addr);
        timers.at(now() + REDIAL_INTERVAL / 2, () => this.giveUp(failed.addr));
      }
      this.#redialLater(REDIAL_INTERVAL);
    });
  }
}
