import type { MemberName } from '../base/address.js';
import type { Timer } from './clock.js';
import { ExpiringSet } from './expiring-set.js';
import { LocalHealth } from './local-health.js';
import type { MechanismContext } from './mechanism-context.js';
import type { Verdict } from './messages.js';
import {
  FAREWELL_TIME_MS,
  INDIRECT_PROBES,
  MAX_PROBES_ASKED,
  MAX_ROUNDS,
  PROBE_PAUSE_MS,
  PROBE_REPLY_SLACK_MS,
  PROBE_TIMEOUT_MS,
  RANDOM_PROBE_SPREAD_MS,
  RANDOM_PROBES,
} from './parameters.js';
import type { MemberRecord, PeerAddress } from './record.js';

export interface FailureDetectorOptions extends MechanismContext {
  /** Neither we nor any member that we asked could reach it. */
  readonly suspect: (record: MemberRecord) => void;
  /** No daemon listens there any more, as another member has found as well. */
  readonly failed: (record: MemberRecord) => void;
  /** It has answered us. */
  readonly reached: (record: MemberRecord) => void;
}

/**
 * Probes members whose links have broken: SWIM's direct and indirect probes (Das, Gupta and
 * Motivala, "SWIM", DSN 2002, section 4.1), where a probe is a dial. SWIM probes all the time;
 * here the standing links tell when there is something to probe.
 */
export class FailureDetector {
  readonly #options: FailureDetectorOptions;
  readonly #health = new LocalHealth();
  readonly #investigations = new Map<MemberName, Investigation>();
  /** The members that were reached lately. */
  readonly #reachable: ExpiringSet<MemberName>;

  constructor(options: FailureDetectorOptions) {
    this.#options = options;
    this.#reachable = new ExpiringSet(options.clock, PROBE_PAUSE_MS);
  }

  /** How many investigations are under way. */
  get size(): number {
    return this.#investigations.size;
  }

  /**
   * Finds out whether a member can be reached.
   * @param silent Whether its link was silent already: then we ask others at once, and do not
   *   wait for our own dial.
   */
  investigate(record: MemberRecord, silent: boolean): void {
    if (record.name === this.#options.roster.self.name) return;
    const investigation = this.#investigations.get(record.name) ?? this.#begin(record);
    investigation.ours = true;
    if (silent && !investigation.asked) this.#ask(investigation);
  }

  /**
   * A member is in trouble, and others may be in the same trouble together with all of their
   * neighbours. So randomly chosen members dial randomly chosen members.
   */
  probeAtRandom(): void {
    const { clock, random, roster } = this.#options;
    for (let share = RANDOM_PROBES / roster.size; random() < share; share -= 1) {
      clock.after(random() * RANDOM_PROBE_SPREAD_MS, () => {
        const record = roster.random(random, (other) => this.#isUnwatched(other));
        if (record) this.investigate(record, false);
      });
    }
  }

  /** Whether a member has reached it a moment ago. */
  wasReached(name: MemberName): boolean {
    return this.#reachable.has(name);
  }

  /** Another member asks us to dial. */
  requested(from: PeerAddress, target: MemberRecord): void {
    const known = this.#investigations.get(target.name);
    if (!known && this.#askedByOthers >= MAX_PROBES_ASKED) return;
    const investigation = known ?? this.#begin(target);
    if (investigation.ownVerdict === undefined) investigation.requesters.add(from);
    else this.#reply(from, investigation.record, investigation.ownVerdict);
  }

  /** Takes the result of our own dial. */
  probed(peer: PeerAddress, verdict: Verdict): void {
    for (const investigation of this.#investigations.values()) {
      const { record, requesters } = investigation;
      if (record.addr !== peer || investigation.ownVerdict !== undefined) continue;
      investigation.ownVerdict = verdict;
      for (const requester of requesters) this.#reply(requester, record, verdict);
      if (verdict === 'alive') {
        this.#health.good();
        this.#end(investigation);
        this.#reachable.add(record.name);
        this.#options.reached(record);
      } else if (!investigation.ours) {
        this.#end(investigation);
        // We are one more accuser: Lifeguard's suspicion counts them.
        if (verdict === 'silent') this.#options.suspect(record);
      } else {
        if (!investigation.asked) this.#ask(investigation);
        this.#decide(investigation);
      }
      return;
    }
  }

  /** Takes the result of the dial of a member that we have asked. */
  replied(target: MemberName, by: MemberName, verdict: Verdict): void {
    const investigation = this.#investigations.get(target);
    if (!investigation?.asked?.delete(by)) return;
    investigation.replies += 1;
    if (verdict === 'refused') investigation.refusals += 1;
    if (verdict === 'alive') {
      // Only we do not reach it: our own connection may be bad.
      if (investigation.ownVerdict === 'silent') this.#health.bad();
      this.#end(investigation);
      this.#reachable.add(target);
    } else {
      this.#decide(investigation);
    }
  }

  /** The member has gone, or has spoken for itself. */
  forget(name: MemberName): void {
    const investigation = this.#investigations.get(name);
    if (investigation) this.#end(investigation);
  }

  /** How many members we dial only because others asked. */
  get #askedByOthers(): number {
    return [...this.#investigations.values()].filter(({ ours }) => !ours).length;
  }

  /** Whether no link watches it: neighbours are watched by theirs. */
  #isUnwatched({ name }: MemberRecord): boolean {
    if (this.wasReached(name) || this.#investigations.has(name)) return false;
    for (const neighbor of this.#options.active.values()) if (neighbor.name === name) return false;
    return true;
  }

  #begin(record: MemberRecord): Investigation {
    const investigation = new Investigation(record);
    this.#investigations.set(record.name, investigation);
    this.#options.host.probe(record.addr, PROBE_TIMEOUT_MS * this.#health.multiplier);
    return investigation;
  }

  /** Asks other members to dial it, too. */
  #ask(investigation: Investigation): void {
    const { clock, host } = this.#options;
    const { record, tried } = investigation;
    const others = this.#others(investigation);
    investigation.asked = new Set(others.map(({ name }) => name));
    investigation.rounds += 1;
    for (const { name, addr } of others) {
      tried.add(name);
      host.send(addr, { type: 'probe-request', target: record });
    }
    const wait = PROBE_TIMEOUT_MS * this.#health.multiplier + PROBE_REPLY_SLACK_MS;
    investigation.timer = clock.after(wait, () => this.#answersAreDue(investigation));
  }

  #answersAreDue(investigation: Investigation): void {
    const { asked, replies, rounds } = investigation;
    if (asked?.size && replies === 0) {
      if (rounds < MAX_ROUNDS) {
        // The members that we asked may have failed with it.
        this.#ask(investigation);
        this.#decide(investigation);
        return;
      }
      this.#health.bad();
    }
    asked?.clear();
    investigation.ownVerdict ??= 'silent';
    this.#decide(investigation);
  }

  /** Chooses whom to ask: neighbours first, since links to them stand, and no member twice. */
  #others({ record, tried }: Investigation): readonly MemberRecord[] {
    const { active, random, roster } = this.#options;
    const chosen = new Map<MemberName, MemberRecord>();
    const choose = (other: MemberRecord) => {
      if (other.name !== record.name && !tried.has(other.name)) chosen.set(other.name, other);
    };
    for (const neighbor of active.values()) choose(neighbor);
    for (let tries = 0; chosen.size < INDIRECT_PROBES && tries < MAX_DRAWS; tries += 1) {
      const other = roster.random(random);
      if (other) choose(other);
    }
    return [...chosen.values()].slice(0, INDIRECT_PROBES);
  }

  #decide(investigation: Investigation): void {
    const { record, ownVerdict, asked, tried, refusals } = investigation;
    if (ownVerdict === undefined || !asked || investigation.hasEnded) return;
    if (ownVerdict === 'refused' && (refusals > 0 || tried.size === 0)) {
      this.#awaitFarewell(investigation);
    } else if (asked.size === 0) {
      this.#end(investigation);
      this.#options.suspect(record);
    }
  }

  /** It may have left in order, and its farewell may be on its way. */
  #awaitFarewell(investigation: Investigation): void {
    const { clock, failed } = this.#options;
    investigation.hasEnded = true;
    investigation.timer?.cancel();
    investigation.timer = clock.after(FAREWELL_TIME_MS, () => {
      this.#end(investigation);
      failed(investigation.record);
    });
  }

  #reply(to: PeerAddress, { name }: MemberRecord, verdict: Verdict): void {
    const by = this.#options.roster.self.name;
    this.#options.host.send(to, { type: 'probe-reply', target: name, by, verdict });
  }

  #end(investigation: Investigation): void {
    investigation.timer?.cancel();
    this.#investigations.delete(investigation.record.name);
  }
}

/** How often we draw a member to ask; a draw may hit one that was asked before. */
const MAX_DRAWS = 12;

class Investigation {
  /** Whether we want to know ourselves, and not only because others asked. */
  ours = false;
  /** The result of our own dial. */
  ownVerdict: Verdict | undefined;
  /** The members that were asked in this round and have not answered. */
  asked: Set<MemberName> | undefined;
  /** All members that were asked. */
  readonly tried = new Set<MemberName>();
  /** How many times we asked others. */
  rounds = 0;
  replies = 0;
  refusals = 0;
  /** Whether its port is refused, as others have found as well. */
  hasEnded = false;
  /** The peers that have asked us. */
  readonly requesters = new Set<PeerAddress>();
  timer: Timer | undefined;

  constructor(readonly record: MemberRecord) {}
}
