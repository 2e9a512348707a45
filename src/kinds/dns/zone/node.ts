import { DomainName } from '../records/name.js';
import { TYPE } from '../records/type.js';
import { type RecordData, RRset } from './rrset.js';

const NONE: readonly never[] = [];

/** A name that is there: it has records, or names below it have (an empty non-terminal, RFC 4592). */
export class Node {
  /** As {@link DomainName.key}. */
  readonly key: string;
  /** Records that were set. */
  own: readonly RRset[] = NONE;
  /** Records that are derived from something else. */
  derived: readonly RRset[] = NONE;
  /** How many names there are right below. */
  children = 0;
  /** How many names make it an apex, if no name above it is one. */
  origins = 0;
  readonly #below: DomainName;
  #name: DomainName | undefined;
  #sets: readonly RRset[] | undefined;

  /** @param below The name that it was entered for, itself or one below it. */
  constructor(key: string, below: DomainName) {
    this.key = key;
    this.#below = below;
  }

  /** Made when it is wanted: of a deep name there may be a hundred above it, of which nobody asks. */
  get name(): DomainName {
    const { wire } = this.#below;
    const at = wire.length - this.key.length;
    this.#name ??= at === 0 ? this.#below : DomainName.fromWire(wire, at);
    return this.#name;
  }

  get hasRecords(): boolean {
    return this.own.length > 0 || this.derived.length > 0;
  }

  /** The records as they are answered: both those that were set and those that are derived. */
  get sets(): readonly RRset[] {
    this.#sets ??= this.derived.length === 0 ? this.own : this.#both();
    return this.#sets;
  }

  /** Those of the derived records that stand beside the ones that were set. */
  get shown(): readonly RRset[] {
    if (this.derived.length === 0 || ofType(this.own, TYPE.CNAME)) return NONE;
    const others = this.derived
      .filter(({ type }) => type !== TYPE.CNAME)
      .flatMap((set) => set.fitting(ofType(this.own, set.type)));
    const alias = ofType(this.derived, TYPE.CNAME);
    if (!alias || this.own.length > 0 || others.length > 0) return others;
    // Two members may give one name to their hosts, and an alias is one.
    return RRset.of(alias.owner, alias.type, alias.data.slice(0, 1));
  }

  /** The part of the file `peek` that it takes, in bytes. */
  get shownBytes(): number {
    return sum(this.own) + sum(this.derived);
  }

  set(type: number): RRset | undefined {
    return ofType(this.sets, type);
  }

  /** Adds a record to those that were set; a SOA in place of the former. */
  put(type: number, added: RecordData): void {
    const set = ofType(this.own, type);
    if (set && type !== TYPE.SOA) set.put(added);
    else {
      const others = this.own.filter((each) => each !== set);
      this.own = others.concat(new RRset(this.name, type, added));
    }
    this.#sets = undefined;
  }

  /** Removes the records that were set. */
  clear(): void {
    this.own = NONE;
    this.#sets = undefined;
  }

  derive(sets: readonly RRset[]): void {
    this.derived = sets;
    this.#sets = undefined;
  }

  #both(): readonly RRset[] {
    const { own, shown } = this;
    const types = new Set([...own, ...shown].map(({ type }) => type));
    return [...types].flatMap((type) => {
      const both = [ofType(own, type), ofType(shown, type)].flatMap((set) => set?.data ?? NONE);
      return RRset.of(this.name, type, both);
    });
  }
}

export function ofType(sets: readonly RRset[], type: number): RRset | undefined {
  return sets.find((set) => set.type === type);
}

function sum(sets: readonly RRset[]): number {
  return sets.reduce((bytes, { shownBytes }) => bytes + shownBytes, 0);
}
