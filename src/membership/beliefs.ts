import type { MemberName } from '../base/address.js';
import type { FailureDetector } from './failure-detector.js';
import type { HyParView } from './hyparview.js';
import { HEARSAY, type MechanismContext, OWN, type Source } from './mechanism-context.js';
import type { MemberMap, NewMemberMap } from './member-map.js';
import { MAX_HEARSAY_PROBES, SUSPICION_PAUSE_MS } from './parameters.js';
import { isListed, type MemberRecord, overrides, type Version, withState } from './record.js';
import type { Refutation } from './refutation.js';
import { Suspicion } from './suspicion.js';

export interface BeliefsOptions extends MechanismContext {
  readonly newMap: NewMemberMap;
  readonly refutation: Refutation;
  readonly detector: FailureDetector;
  readonly overlay: HyParView;
}

/**
 * Decides which news about the other members is believed, by SWIM's rules (Das, Gupta and
 * Motivala, DSN 2002, section 4.2), and how long a member stays suspected, by Lifeguard's.
 */
export class Beliefs {
  readonly #options: BeliefsOptions;
  readonly #suspicions: MemberMap<Suspicion>;
  /**
   * The members whose suspicions end at a time, unless they ended before; names only, to keep no
   * more.
   */
  readonly #ending = new Map<number, MemberName[]>();

  constructor(options: BeliefsOptions) {
    this.#options = options;
    this.#suspicions = options.newMap();
  }

  /** How many suspicions with an accuser are watched. */
  get suspicions(): number {
    return this.#suspicions.size;
  }

  /** Our present record of the member, if it is still listed and the same daemon. */
  current({ name, addr }: MemberRecord): MemberRecord | undefined {
    const known = this.#options.roster.get(name);
    return isListed(known) && known.addr === addr ? known : undefined;
  }

  /** Whether this version of a record is no news, because we have it or a newer one. */
  has({ name, incarnation, state, accuser }: Version): boolean {
    const { roster } = this.#options;
    if (name === roster.self.name) return true;
    const isAccused = state === 'suspect' && accuser !== undefined;
    if (isAccused) {
      const suspicion = this.#suspicions.get(name);
      if (suspicion?.incarnation === incarnation) return !suspicion.wants(accuser);
    }
    const known = roster.get(name);
    if (!known || overrides({ incarnation, state }, known)) return false;
    return !isAccused || known.state !== 'suspect' || known.incarnation !== incarnation;
  }

  /** Takes a record if it is news, and passes it on. @returns Whether it was news. */
  learn(record: MemberRecord, source: Source): boolean {
    const { refutation, roster } = this.#options;
    if (record.name === roster.self.name) {
      refutation.heard(record);
      return false;
    }
    if (record.state === 'suspect') {
      const suspicion = this.#suspicions.get(record.name);
      if (suspicion?.incarnation === record.incarnation) {
        return this.#confirm(suspicion, record, source);
      }
    }
    const known = roster.get(record.name);
    if (source.kind === 'hearsay') {
      if (record.state === 'failed') return this.#suspectByHearsay(record, known);
      // A member that had gone before we heard of it need not be known.
      if (!known && !isListed(record)) return false;
    }
    if (record.state === 'suspect' && known?.state === 'suspect') {
      if (record.incarnation === known.incarnation) return this.#addFirstAccuser(record, source);
    }
    return this.#take(record, source);
  }

  /** Neither we nor the members that we asked could reach it. */
  accuse(record: MemberRecord): void {
    const known = this.current(record);
    if (!known) return;
    const accuser = this.#options.roster.self.name;
    this.learn(withState(known, 'suspect', accuser), OWN);
  }

  /** The members that we accuse ourselves: we may have had no neighbour to tell. */
  accusedByUs(): MemberRecord[] {
    const { roster } = this.#options;
    return [...this.#suspicions.values()].flatMap(({ name }) => {
      const record = roster.get(name);
      return record?.accuser === roster.self.name ? record : [];
    });
  }

  /** No daemon listens at its address any more. */
  fail(record: MemberRecord): void {
    const known = this.current(record);
    if (known) this.learn(withState(known, 'failed'), OWN);
  }

  /** The member answers us. If it is suspected we tell it, so that it can refute that. */
  reached(record: MemberRecord): void {
    const known = this.current(record);
    if (known?.state !== 'suspect') return;
    this.#options.host.send(known.addr, { type: 'notice', record: known });
  }

  /**
   * Another roster says that a member failed, and ours does not. After a split that holds for every
   * member of our side. As in memberlist it counts as a suspicion, which the member can refute
   * before anybody takes it for gone.
   */
  #suspectByHearsay(record: MemberRecord, known: MemberRecord | undefined): boolean {
    if (!isListed(known) || !overrides(record, known)) return false;
    const suspect = withState(record, 'suspect');
    const isNews = this.#take(suspect, HEARSAY);
    // Only the member that learned this watches it: the others have no accuser's word for it.
    if (!this.#suspicions.get(record.name)) this.#suspect(suspect);
    // After a split half of the members failed elsewhere; they will speak for themselves.
    const { detector } = this.#options;
    if (detector.size < MAX_HEARSAY_PROBES) detector.investigate(suspect, false);
    return isNews;
  }

  /** Another accuser confirms a suspicion that we have already. */
  #confirm(suspicion: Suspicion, record: MemberRecord, source: Source): boolean {
    const { accuser } = record;
    if (accuser === undefined || !suspicion.confirm(accuser)) return false;
    this.#watch(suspicion);
    this.#publish(record, source);
    return true;
  }

  /** A member that was suspected by hearsay gets its first accuser. */
  #addFirstAccuser(record: MemberRecord, source: Source): boolean {
    if (record.accuser === undefined) return false;
    this.#suspect(record);
    this.#publish(record, source);
    return true;
  }

  /** Puts a record into the roster if that takes it, and passes it on. */
  #take(record: MemberRecord, source: Source): boolean {
    const { clock, roster } = this.#options;
    const before = roster.merge(record, clock.now);
    if (before === false) return false;
    this.#apply(record, before);
    this.#publish(record, source);
    return true;
  }

  /** Does what follows from a record that has just been taken. */
  #apply(record: MemberRecord, before: MemberRecord | undefined): void {
    const { active, detector, host } = this.#options;
    const { accuser, state } = record;
    const moved = before !== undefined && before.addr !== record.addr;
    let wasListed = isListed(before);
    if (moved && wasListed) {
      // The same name at another address is another daemon.
      this.#gone(before);
      host.changed({ kind: 'leave', member: before, state: 'failed' });
      wasListed = false;
    }
    this.#suspicions.delete(record.name);
    // Only the first news of the trouble counts; after a split half of the network is hearsay.
    const isAccused = state === 'failed' || accuser !== undefined;
    if (isAccused && before?.state !== 'suspect') detector.probeAtRandom();
    if (isListed(record)) {
      if (!wasListed) host.changed({ kind: 'join', member: record, state });
    } else {
      this.#gone(record);
      if (wasListed) host.changed({ kind: 'leave', member: record, state });
    }
    if (state !== 'suspect') return;
    if (accuser !== undefined) this.#suspect(record);
    // Lifeguard's "buddy system": we tell a suspected neighbour at once, however the news travels.
    if (active.has(record.addr)) host.send(record.addr, { type: 'notice', record });
  }

  /** The member is no longer at this address. */
  #gone({ name, addr }: MemberRecord): void {
    this.#options.detector.forget(name);
    this.#options.overlay.gone(addr);
  }

  #suspect(record: MemberRecord): void {
    const { clock, roster } = this.#options;
    const suspicion = new Suspicion(record, clock.now, roster.size);
    this.#suspicions.set(record.name, suspicion);
    this.#watch(suspicion);
  }

  #watch({ deadline, name }: Suspicion): void {
    // Suspicions that run out at about the same time end together: after a split there are many.
    const time = Math.ceil(deadline / SUSPICION_PAUSE_MS) * SUSPICION_PAUSE_MS;
    const ending = this.#ending.get(time);
    if (ending) ending.push(name);
    else {
      this.#ending.set(time, [name]);
      this.#options.clock.at(time, () => this.#end(time));
    }
  }

  /** The members whose suspicions have run out have failed. */
  #end(time: number): void {
    const ending = this.#ending.get(time) ?? [];
    this.#ending.delete(time);
    for (const name of ending) {
      const suspicion = this.#suspicions.get(name);
      // The suspicion may have been refuted, or have ended and another one have begun.
      if (!suspicion || suspicion.deadline > time) continue;
      this.#suspicions.delete(name);
      const record = this.#options.roster.get(name);
      if (record) this.fail(record);
    }
  }

  #publish(record: MemberRecord, source: Source): void {
    this.#options.publish(record, source.kind === 'gossip' ? source.from : undefined);
  }
}
