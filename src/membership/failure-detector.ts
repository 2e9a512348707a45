import type { MemberName } from '../address.js';
import { LocalHealth } from './local-health.js';
import {
  INDIRECT_PROBES,
  MAX_ROUNDS,
  PROBE_PAUSE,
  PROBE_REPLY_SLACK,
  PROBE_TIMEOUT,
  PROBES_PER_FAILURE,
  RANDOM_PROBE_SPREAD,
} from './parameters.js';
import type { PeerAddress, ProtocolHost, Verdict } from './protocol-host.js';
import type { MemberRecord } from './record.js';
import type { Roster } from './roster.js';
import type { Timer, Timers } from './timers.js';

export interface FailureDetectorOptions {
  readonly host: Pick<ProtocolHost, 'send' | 'probe'>;
  readonly roster: Roster;
  readonly timers: Timers;
  readonly now: () => number;
  readonly random: () => number;
  /** Our neighbours: who is asked first, since links to them stand. */
  readonly neighbors: () => Iterable<MemberRecord>;
  /** We could not reach it, and nobody whom we asked could. */
  readonly suspect: (record: MemberRecord) => void;
  /** Nobody listens there any more, as somebody else has found as well. */
  readonly failed: (record: MemberRecord) => void;
  /** It has answered us. */
  readonly well: (record: MemberRecord) => void;
}

/**
 * Looks after members whose links have broken: SWIM's direct and indirect probes (Das,
 * Gupta and Motivala, "SWIM", DSN 2002, section 4.1), where a probe is a dial. SWIM probes
 * all the time; here the standing links tell when there is something to look after.
 */
export class FailureDetector {
  readonly #options: FailureDetectorOptions;
  readonly #health = new LocalHealth();
  readonly #investigations = new Map<MemberName, Investigation>();
  /** Who was found well of late, and until when that is enough. */
  readonly #well = new Map<MemberName, number>();

  constructor(options: FailureDetectorOptions) {
    this.#options = options;
  }

  /** How many are under way. */
  get size(): number {
    return this.#investigations.size;
  }

  /**
   * Looks whether a member is well.
   * @param silent Whether it has been silent already: then others are asked at once, and
   *   not only when we have found so ourselves.
   */
  investigate(record: MemberRecord, silent: boolean): void {
    if (record.name === this.#options.roster.self.name) return;
    const investigation = this.#investigations.get(record.name) ?? this.#begin(record);
    investigation.ours = true;
    if (silent) this.#ask(investigation);
  }

  /**
   * One has failed: there may be others, all of whose neighbours failed with them. So each
   * failure has some of us, chosen by chance, dial another at random.
   */
  lookAround(): void {
    const { now, random, roster, timers } = this.#options;
    if (random() * roster.size >= PROBES_PER_FAILURE) return;
    timers.at(now() + random() * RANDOM_PROBE_SPREAD, () => {
      const record = roster.random(random);
      if (record && !this.isWell(record.name)) this.investigate(record, false);
    });
  }

  /** Whether somebody has reached it a moment ago. */
  isWell(name: MemberName): boolean {
    return (this.#well.get(name) ?? 0) > this.#options.now();
  }

  /** Another asks us to dial. */
  requested(from: PeerAddress, target: MemberRecord): void {
    const investigation = this.#investigations.get(target.name) ?? this.#begin(target);
    if (investigation.own === undefined) investigation.requesters.add(from);
    else this.#reply(from, investigation.record, investigation.own);
  }

  /** What came of our own dial. */
  probed(peer: PeerAddress, verdict: Verdict): void {
    for (const investigation of this.#investigations.values()) {
      const { record, requesters } = investigation;
      if (record.addr !== peer || investigation.own !== undefined) continue;
      investigation.own = verdict;
      for (const requester of requesters) this.#reply(requester, record, verdict);
      if (verdict === 'alive') {
        this.#health.good();
        this.#end(investigation);
        this.#noteWell(record, true);
      } else if (!investigation.ours) {
        this.#end(investigation);
        // An accuser of our own: Lifeguard's suspicion counts them.
        if (verdict === 'silent') this.#options.suspect(record);
      } else {
        this.#ask(investigation);
        this.#decide(investigation);
      }
      return;
    }
  }

  /** What came of the dial of one whom we have asked. */
  replied(target: MemberName, by: MemberName, verdict: Verdict): void {
    const investigation = this.#investigations.get(target);
    if (!investigation?.asked?.delete(by)) return;
    investigation.replies += 1;
    if (verdict === 'refused') investigation.refusals += 1;
    if (verdict === 'alive') {
      // We alone do not reach it: it may be we who are badly connected.
      if (investigation.own === 'silent') this.#health.bad();
      this.#end(investigation);
      this.#noteWell(investigation.record, false);
    } else {
      this.#decide(investigation);
    }
  }

  /** It has gone, or spoken for itself. */
  forget(name: MemberName): void {
    const investigation = this.#investigations.get(name);
    if (investigation) this.#end(investigation);
  }

  #begin(record: MemberRecord): Investigation {
    const investigation: Investigation = {
      record,
      ours: false,
      own: undefined,
      asked: undefined,
      nobody: false,
      rounds: 0,
      replies: 0,
      refusals: 0,
      requesters: new Set(),
      timer: undefined,
    };
    this.#investigations.set(record.name, investigation);
    this.#options.host.probe(record.addr, PROBE_TIMEOUT * this.#health.multiplier);
    return investigation;
  }

  #ask(investigation: Investigation): void {
    if (investigation.asked) return;
    const { host, now, timers } = this.#options;
    const { record } = investigation;
    const others = this.#others(record);
    investigation.asked = new Set(others.map(({ name }) => name));
    investigation.nobody = others.length === 0;
    for (const { addr } of others) host.send(addr, { type: 'probe-request', target: record });
    const wait = PROBE_TIMEOUT * this.#health.multiplier + PROBE_REPLY_SLACK;
    investigation.rounds += 1;
    investigation.timer = timers.at(now() + wait, () => this.#askedInVain(investigation));
  }

  /** Not all have answered in time; those whom we asked may have failed themselves. */
  #askedInVain(investigation: Investigation): void {
    const { own, replies, rounds, nobody } = investigation;
    if (replies === 0 && !nobody) this.#health.bad();
    investigation.asked = undefined;
    if (own === 'refused' && replies === 0 && rounds < MAX_ROUNDS) {
      this.#ask(investigation);
      return;
    }
    investigation.asked = new Set();
    investigation.own ??= 'silent';
    this.#decide(investigation);
  }

  #others(record: MemberRecord): readonly MemberRecord[] {
    const { neighbors, random, roster } = this.#options;
    const chosen = new Map<MemberName, MemberRecord>();
    for (const neighbor of neighbors()) chosen.set(neighbor.name, neighbor);
    for (let tries = 0; tries < 2 * INDIRECT_PROBES; tries += 1) {
      if (chosen.size > INDIRECT_PROBES) break;
      const other = roster.random(random);
      if (other) chosen.set(other.name, other);
    }
    chosen.delete(record.name);
    return [...chosen.values()].slice(0, INDIRECT_PROBES);
  }

  #decide(investigation: Investigation): void {
    const { record, own, asked, nobody, refusals } = investigation;
    if (own === undefined || !asked) return;
    if (own === 'refused' && (refusals > 0 || nobody)) {
      this.#end(investigation);
      this.#options.failed(record);
    } else if (asked.size === 0) {
      this.#end(investigation);
      this.#options.suspect(record);
    }
  }

  #reply(to: PeerAddress, { name }: MemberRecord, verdict: Verdict): void {
    const by = this.#options.roster.self.name;
    this.#options.host.send(to, { type: 'probe-reply', target: name, by, verdict });
  }

  #noteWell(record: MemberRecord, reached: boolean): void {
    const { now, well } = this.#options;
    for (const [name, until] of this.#well) if (until <= now()) this.#well.delete(name);
    this.#well.set(record.name, now() + PROBE_PAUSE);
    if (reached) well(record);
  }

  #end(investigation: Investigation): void {
    investigation.timer?.cancel();
    this.#investigations.delete(investigation.record.name);
  }
}

interface Investigation {
  readonly record: MemberRecord;
  /** Whether it is of our own accord, not only because others asked. */
  ours: boolean;
  /** What we have found ourselves. */
  own: Verdict | undefined;
  /** Who was asked, and has not answered. */
  asked: Set<MemberName> | undefined;
  /** There was nobody to be asked. */
  nobody: boolean;
  /** How often others were asked. */
  rounds: number;
  replies: number;
  refusals: number;
  /** Who has asked us. */
  readonly requesters: Set<PeerAddress>;
  timer: Timer | undefined;
}
