import { CircuitError } from '../../../base/error.js';
import type { DomainName } from '../records/name.js';
import type { ResourceRecord } from '../records/record.js';
import { TYPE } from '../records/type.js';
import { impliedSoa } from './implied-soa.js';
import { labelStarts } from './label-starts.js';
import { rank, sortKey } from './record-order.js';
import { dataOf, different, isSameData, type RecordData, type RRset, rrsetOf } from './rrset.js';
import { bytesOf, fitting, MAX_RRSET_BYTES } from './rrset-size.js';

const NONE: readonly never[] = [];

/** A name that is there: it has records, or names below it have (an empty non-terminal, RFC 4592). */
class Node {
  readonly name: DomainName;
  /** Records that were set. */
  own: readonly RRset[] = NONE;
  /** Records that are derived from something else. */
  derived: readonly RRset[] = NONE;
  /** Both, as they are answered. */
  sets: readonly RRset[] = NONE;
  /** How many names there are right below. */
  children = 0;
  /** How many names make it an apex, if no name above it is one. */
  origins = 0;

  constructor(name: DomainName) {
    this.name = name;
  }

  set(type: number): RRset | undefined {
    return ofType(this.sets, type);
  }
}

export type { Node };

export interface ListedRecord {
  readonly record: ResourceRecord;
  readonly isDerived: boolean;
}

/** Where a name is in the zones of this server. */
export interface Place {
  /** The name itself, if it is there; or the wildcard that stands for it (RFC 4592). */
  readonly node: Node | undefined;
  /** The zone's apex. */
  readonly apex: Node;
  /** The name is delegated here (RFC 1034, section 4.2.1). */
  readonly cut: RRset | undefined;
}

/**
 * The records of a name server, by name and type. Each name is in the closest zone above it whose SOA
 * was set. Where there is none, the highest name above it that has records is the apex of a zone
 * with an implied SOA; labels before that name that begin with `_` (RFC 8552), and `*`, stand below
 * the apex.
 */
export class Zones {
  readonly #nodes = new Map<string, Node>();
  /** The serial of implied SOAs; each change has a new one. It begins with the time, as that of an earlier server did. */
  #serial = Math.floor(Date.now() / 1000);
  readonly #derived = new Map<string, readonly ResourceRecord[]>();
  readonly #impliedSoas = new Map<string, RRset>();
  /** The key of a name that is an apex in any case. */
  readonly #declared: string | undefined;

  /** @param apex A zone that is there whether its SOA is set or not. */
  constructor(apex?: DomainName) {
    this.#declared = apex?.key;
  }

  /**
   * Adds a record; in place of the same with another TTL, and a SOA in place of the former.
   * @throws CircuitError EINVAL (beside a CNAME, more than fits into a message)
   */
  set({ owner, type, ttl, rdata }: ResourceRecord): void {
    const added = dataOf(type, ttl, rdata);
    const own = this.#nodes.get(owner.key)?.own ?? NONE;
    const others = own.filter((set) => set.type !== type);
    const before = type === TYPE.SOA ? NONE : (ofType(own, type)?.data ?? NONE);
    // V8 makes room for more in an array that is spread.
    const data = before.filter((each) => !isSameData(each, added)).concat(added);
    checkBeside(owner, type, data, others);
    this.#change(owner, (node) => {
      node.own = others.concat(rrsetOf(node.name, type, data));
    });
  }

  /**
   * Removes every record that was set at a name, if there are any.
   * @throws CircuitError EPERM: all that the name has is derived
   */
  unset(name: DomainName): void {
    const node = this.#nodes.get(name.key);
    if (!node) return;
    if (node.own.length === 0 && node.derived.length > 0) {
      throw new CircuitError(
        'EPERM',
        `the records of ${name} are those of members: they go when the members do`,
      );
    }
    this.#change(name, () => {
      node.own = NONE;
    });
  }

  /**
   * The records that are derived, in place of the former. They stand beside those that were set: a
   * CNAME that was set hides them, and theirs give way to whatever was set. A record that stays
   * is the same object.
   */
  derive(records: readonly ResourceRecord[]): void {
    const byOwner = new Map<string, ResourceRecord[]>();
    for (const record of records) {
      const { key } = record.owner;
      const list = byOwner.get(key);
      if (list) list.push(record);
      else byOwner.set(key, [record]);
    }
    for (const [key, [first]] of this.#derived) {
      if (!byOwner.has(key) && first) this.#setDerived(first.owner, NONE);
    }
    for (const [key, list] of byOwner) {
      const before = this.#derived.get(key) ?? NONE;
      const isSame =
        before.length === list.length && list.every((record, at) => record === before[at]);
      const [first] = list;
      if (!isSame && first) this.#setDerived(first.owner, list);
    }
  }

  /** The name itself, in whatever zone. */
  node(key: string): Node | undefined {
    return this.#nodes.get(key);
  }

  /**
   * Finds a name. Undefined if it is in none of the zones.
   * @param key As {@link DomainName.key}.
   * @param type DS is a matter of the zone above (RFC 4035, section 3.1.4.1).
   */
  locate(key: string, type: number): Place | undefined {
    const starts = labelStarts(key);
    let apex: Node | undefined;
    let cut: RRset | undefined;
    let encloser: Node | undefined;
    let at = starts.length - 1;
    for (; at >= 0; at -= 1) {
      const suffix = at === 0 ? key : key.slice(starts[at]);
      const node = this.#nodes.get(suffix);
      if (!node) break;
      encloser = node;
      const isOfParent = type === TYPE.DS && at === 0 && apex !== undefined;
      if (isOfParent) break;
      if (this.#isApex(node) || (!apex && node.origins > 0)) {
        apex = node;
        cut = undefined;
      } else if (apex) {
        cut ??= node.set(TYPE.NS);
      }
    }
    if (!apex || !encloser) return undefined;
    const isThere = encloser.name.key.length === key.length;
    // The closest encloser's wildcard stands for what is not there (RFC 4592, section 3.3.1).
    const node = isThere ? encloser : this.#nodes.get(`\x01*${encloser.name.key}`);
    return { node, apex, cut };
  }

  /** The SOA of the zone that has this apex. */
  soa(apex: Node): RRset {
    return apex.set(TYPE.SOA) ?? this.#impliedSoa(apex);
  }

  /** All records: by name, the last label first, and by type, SOA and NS first. */
  *records(): Generator<ListedRecord> {
    const nodes = [...this.#nodes.values()]
      .filter(({ sets }) => sets.length > 0)
      .map((node) => ({ node, order: sortKey(node.name.key) }))
      .sort((one, other) => (one.order < other.order ? -1 : 1));
    for (const { node } of nodes) {
      const { name, own, derived } = node;
      const implied =
        name.key === this.#declared && !node.set(TYPE.SOA) ? this.#impliedSoa(node) : undefined;
      for (const { ttl, rdata } of implied?.data ?? []) {
        yield { record: { owner: name, type: TYPE.SOA, ttl, rdata }, isDerived: true };
      }
      const shown = derived.length === 0 ? NONE : shownOf(node);
      const all = [
        ...own.map((set) => ({ set, isDerived: false })),
        ...shown.map((set) => ({ set, isDerived: true })),
      ];
      for (const { set, isDerived } of all.sort((a, b) => rank(a.set.type) - rank(b.set.type))) {
        for (const { ttl, rdata } of set.data) {
          yield { record: { owner: name, type: set.type, ttl, rdata }, isDerived };
        }
      }
    }
  }

  #isApex(node: Node): boolean {
    return node.name.key === this.#declared || node.set(TYPE.SOA) !== undefined;
  }

  #setDerived(owner: DomainName, records: readonly ResourceRecord[]): void {
    if (records.length === 0) this.#derived.delete(owner.key);
    else this.#derived.set(owner.key, records);
    const types = new Set(records.map(({ type }) => type));
    this.#change(owner, (node) => {
      node.derived = [...types].map((type) => {
        const ofThis = records.filter((record) => record.type === type);
        const data = ofThis.map(({ ttl, rdata }) => dataOf(type, ttl, rdata));
        return rrsetOf(node.name, type, different(data));
      });
    });
  }

  /** Changes the records of one name, and puts it in or takes it out. */
  #change(name: DomainName, change: (node: Node) => void): void {
    const node = this.#nodes.get(name.key) ?? this.#enter(name);
    const had = node.sets.length > 0;
    change(node);
    node.sets = setsOf(node);
    const has = node.sets.length > 0;
    if (has !== had) this.#countOrigin(name, has ? 1 : -1);
    this.#leaveIfEmpty(node);
    this.#serial = (this.#serial + 1) >>> 0;
    this.#impliedSoas.clear();
  }

  #enter(name: DomainName): Node {
    const node = new Node(name);
    this.#nodes.set(name.key, node);
    const { parent } = name;
    if (parent) (this.#nodes.get(parent.key) ?? this.#enter(parent)).children += 1;
    return node;
  }

  #leaveIfEmpty({ name, sets, children }: Node): void {
    if (sets.length > 0 || children > 0) return;
    this.#nodes.delete(name.key);
    const parent = name.parent && this.#nodes.get(name.parent.key);
    if (!parent) return;
    parent.children -= 1;
    this.#leaveIfEmpty(parent);
  }

  #countOrigin(name: DomainName, change: number): void {
    // It is there: the name is below it.
    const origin = this.#nodes.get(originOf(name).key);
    if (origin) origin.origins += change;
  }

  #impliedSoa(apex: Node): RRset {
    const { name } = apex;
    const known = this.#impliedSoas.get(name.key);
    if (known) return known;
    const primary = apex.set(TYPE.NS)?.data[0]?.names[0]?.name ?? name;
    const soa = impliedSoa(name, primary, this.#serial);
    this.#impliedSoas.set(name.key, soa);
    return soa;
  }
}

/** @param data All records of that type that the name is to have. @throws CircuitError EINVAL */
function checkBeside(
  owner: DomainName,
  type: number,
  data: readonly RecordData[],
  others: readonly RRset[],
): void {
  const unset = `unset ${owner} first`;
  // RFC 1034, section 3.6.2, and RFC 2181, section 10.1.
  if (type === TYPE.CNAME && data.length > 1) {
    throw new CircuitError('EINVAL', `${owner} is an alias (CNAME) of another name: ${unset}`);
  }
  if (type === TYPE.CNAME && others.length > 0) {
    const sentence = `${owner} has records, and an alias (CNAME) stands alone: ${unset}`;
    throw new CircuitError('EINVAL', sentence);
  }
  if (ofType(others, TYPE.CNAME)) {
    const sentence = `${owner} is an alias (CNAME), beside which there are no records: ${unset}`;
    throw new CircuitError('EINVAL', sentence);
  }
  const bytes = bytesOf(data);
  if (bytes > MAX_RRSET_BYTES) {
    const sentence = `the records of one type at ${owner} would take ${bytes} bytes, and an answer has at most ${MAX_RRSET_BYTES}`;
    throw new CircuitError('EINVAL', sentence);
  }
}

function ofType(sets: readonly RRset[], type: number): RRset | undefined {
  return sets.find((set) => set.type === type);
}

/** Those of the derived records that stand beside the ones that were set. */
function shownOf({ own, derived }: Node): readonly RRset[] {
  if (ofType(own, TYPE.CNAME)) return NONE;
  const others = derived
    .filter(({ type }) => type !== TYPE.CNAME)
    .map((set) => fitting(set, ofType(own, set.type)?.data ?? NONE));
  const alias = ofType(derived, TYPE.CNAME);
  if (!alias || own.length > 0 || others.length > 0) return others;
  return [rrsetOf(alias.owner, alias.type, alias.data.slice(0, 1))];
}

function setsOf(node: Node): readonly RRset[] {
  const { own, derived } = node;
  if (derived.length === 0) return own;
  const shown = shownOf(node);
  const types = new Set([...own, ...shown].map(({ type }) => type));
  return [...types].map((type) => {
    const both = [ofType(own, type), ofType(shown, type)].flatMap((set) => set?.data ?? NONE);
    return rrsetOf(node.name, type, different(both));
  });
}

/** The apex that a name implies where there is no other. */
function originOf(name: DomainName): DomainName {
  // A label of one byte, or more, of which the first is _; or of one, which is *.
  const [length = 0, first] = name.wire;
  const isBelow = (length > 0 && first === 0x5f) || (length === 1 && first === 0x2a);
  // The root is nobody's to imply: all names would be below it.
  return isBelow && name.parent && name.parent.labels > 0 ? originOf(name.parent) : name;
}
