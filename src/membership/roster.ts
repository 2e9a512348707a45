import type { MemberName } from '../address.js';
import { MAX_MEMBERS, type MemberRecord, overrides } from './record.js';

/** How long a member that has gone is remembered, so that late news cannot bring it back: 24 h. */
const TOMBSTONE_LIFE = 24 * 60 * 60 * 1000;

/** The records of all other members, those that have gone included. No I/O. */
export class Roster {
  readonly #records = new Map<MemberName, MemberRecord>();
  readonly #gone = new Map<MemberName, number>();

  /**
   * Takes what is newer than what is known, unless there are too many members.
   * @param now Milliseconds, on any clock that does not go back.
   * @returns The record as it was before, if the new one was taken; `false` if not.
   */
  merge(record: MemberRecord, now: number): MemberRecord | undefined | false {
    const known = this.#records.get(record.name);
    if (known ? !overrides(record, known) : this.#records.size >= MAX_MEMBERS) return false;
    this.#records.set(record.name, record);
    if (record.state === 'alive') this.#gone.delete(record.name);
    else this.#gone.set(record.name, now);
    this.#bury(now);
    return known;
  }

  get(name: MemberName): MemberRecord | undefined {
    return this.#records.get(name);
  }

  all(): MemberRecord[] {
    return [...this.#records.values()];
  }

  alive(): MemberRecord[] {
    return this.all().filter((record) => record.state === 'alive');
  }

  clear(): void {
    this.#records.clear();
    this.#gone.clear();
  }

  #bury(now: number): void {
    for (const [name, since] of this.#gone) {
      if (now - since < TOMBSTONE_LIFE) return;
      this.#gone.delete(name);
      this.#records.delete(name);
    }
  }
}
