import type { MemberName } from '../base/address.js';
import { type MemberMap, type NewMemberMap, newMemberMap } from './member-map.js';
import { BUCKETS, type Digest } from './messages.js';
import { MAX_MEMBERS, MAX_TOMBSTONES, TOMBSTONE_LIFE_MS } from './parameters.js';
import { isListed, type MemberRecord, overrides } from './record.js';

/**
 * The records of all members, our own and those of members that have gone included, and a digest of
 * the listed ones, so that two rosters can be compared without sending them. No I/O.
 */
export class Roster {
  #self: MemberRecord;
  readonly #records: MemberMap<MemberRecord>;
  /**
   * When members failed or left, the first to go first; and since when the others are as they are.
   */
  readonly #failed = new Map<MemberName, number>();
  readonly #left = new Map<MemberName, number>();
  readonly #since: MemberMap<number>;
  readonly #buckets = new Uint32Array(BUCKETS);
  #digest = 0;
  #listed = 0;
  #sorted: readonly MemberRecord[] | undefined;
  /** The names of all listed members, and of some that have gone since. */
  #sample: MemberName[] = [];

  constructor(self: MemberRecord, newMap: NewMemberMap = newMemberMap) {
    this.#self = self;
    this.#records = newMap();
    this.#since = newMap();
    this.#replace(undefined, self);
  }

  get self(): MemberRecord {
    return this.#self;
  }

  set self(record: MemberRecord) {
    this.#replace(this.#self, record);
    this.#self = record;
  }

  /** How many members are listed. */
  get size(): number {
    return this.#listed;
  }

  /** The hash of the names and incarnations of the listed members. */
  get digest(): Digest {
    return this.#digest;
  }

  /** The hash of each bucket: of the members whose names begin with the same byte. */
  get hashes(): readonly Digest[] {
    return [...this.#buckets];
  }

  /**
   * Takes a record that is newer than the known one, unless there are too many members.
   * @param now Milliseconds, on any clock that does not go back.
   * @returns The record before, if the new one was taken; `false` if it was not.
   */
  merge(record: MemberRecord, now: number): MemberRecord | undefined | false {
    const known = this.#records.get(record.name);
    if (known && !overrides(record, known)) return false;
    if (!isListed(known) && isListed(record) && this.#listed >= MAX_MEMBERS) return false;
    this.#replace(known, record);
    this.#failed.delete(record.name);
    this.#left.delete(record.name);
    if (isListed(record)) {
      if (known && (known.state !== record.state || known.addr !== record.addr))
        this.#since.set(record.name, now);
    } else {
      this.#since.delete(record.name);
      (record.state === 'failed' ? this.#failed : this.#left).set(record.name, now);
      this.#bury(now);
    }
    return known;
  }

  get(name: MemberName): MemberRecord | undefined {
    return this.#records.get(name);
  }

  /** Since when a member is in its state, if that was not always so. */
  since(name: MemberName): number | undefined {
    return this.#failed.get(name) ?? this.#left.get(name) ?? this.#since.get(name);
  }

  /** All listed members, sorted by name. */
  listed(): readonly MemberRecord[] {
    this.#sorted ??= [...this.#records.values()]
      .filter(isListed)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    return this.#sorted;
  }

  /** The listed members in each of `buckets`, in the order of the buckets. */
  listedIn(buckets: ReadonlySet<number>): MemberRecord[][] {
    const found = new Map([...buckets].map((bucket): [number, MemberRecord[]] => [bucket, []]));
    for (const record of this.#records.values()) {
      if (isListed(record)) found.get(bucketOf(record.name))?.push(record);
    }
    return [...found.values()];
  }

  /** A random listed member that is wanted, and not ourselves; sometimes none is found. */
  random(
    random: () => number,
    wanted: (record: MemberRecord) => boolean = () => true,
  ): MemberRecord | undefined {
    // Members that have gone are skipped, and taken out when they are an eighth.
    if (this.#sample.length - this.#listed > this.#sample.length / 8) {
      this.#sample = [...this.#records.values()].filter(isListed).map(({ name }) => name);
    }
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const name = this.#sample[Math.floor(random() * this.#sample.length)];
      if (name === undefined) return undefined;
      const record = this.#records.get(name);
      if (isListed(record) && name !== this.#self.name && wanted(record)) return record;
    }
    return undefined;
  }

  /** A random member that failed, and not too long ago, if there is one. */
  randomFailed(random: () => number, now: number): MemberRecord | undefined {
    this.#bury(now);
    let index = Math.floor(random() * this.#failed.size);
    for (const name of this.#failed.keys()) {
      if (index === 0) return this.#records.get(name);
      index -= 1;
    }
    return undefined;
  }

  /** The members that are remembered as failed. */
  failed(): Iterable<MemberName> {
    return this.#failed.keys();
  }

  #replace(known: MemberRecord | undefined, record: MemberRecord): void {
    this.#records.set(record.name, record);
    this.#sorted = undefined;
    const wasListed = isListed(known);
    const listed = isListed(record);
    // The digest tells of a member's state only whether it is listed.
    if (wasListed && listed && known.incarnation === record.incarnation) return;
    if (wasListed) this.#count(known, -1);
    if (listed) this.#count(record, 1);
    if (listed && !wasListed) this.#sample.push(record.name);
  }

  #count(record: MemberRecord, by: 1 | -1): void {
    const hash = hashOf(record);
    const bucket = bucketOf(record.name);
    // XOR: the same operation puts a hash in and takes it out.
    this.#digest = (this.#digest ^ hash) >>> 0;
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) ^ hash;
    this.#listed += by;
  }

  /** Forgets members that went long ago, and the first to go if there are too many. */
  #bury(now: number): void {
    for (const gone of [this.#failed, this.#left]) {
      for (const [name, since] of gone) {
        if (now - since < TOMBSTONE_LIFE_MS && gone.size <= MAX_TOMBSTONES) break;
        gone.delete(name);
        this.#records.delete(name);
      }
    }
  }
}

/** How often we draw a member that may be ourselves, gone, or not wanted. */
const ATTEMPTS = 8;

/** The first byte of a member's name, which is random. */
export function bucketOf(name: MemberName): number {
  return Number.parseInt(name.slice(1, 3), 16);
}

/** The 64 random bits of the name and the incarnation in 32 bits, mixed as in MurmurHash3. */
function hashOf({ name, incarnation }: MemberRecord): Digest {
  const high = Number.parseInt(name.slice(1, 9), 16);
  const low = Number.parseInt(name.slice(9), 16);
  let hash = Math.imul(high, 0xcc9e2d51) ^ Math.imul(low, 0x1b873593);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ incarnation ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
