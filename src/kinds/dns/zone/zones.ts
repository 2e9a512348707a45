import { CircuitError } from '../../../base/error.js';
import type { DomainName } from '../records/name.js';
import type { ResourceRecord } from '../records/record.js';
import { TYPE } from '../records/type.js';
import { checkBeside } from './checks.js';
import { ImpliedSoas } from './implied-soas.js';
import { labelStarts } from './label-starts.js';
import { Listing } from './listing.js';
import { NameTree } from './name-tree.js';
import { type Node, ofType } from './node.js';
import { originOf } from './origin.js';
import { Room, SizeOfAll } from './room.js';
import { dataOf, RRset, shownBytes } from './rrset.js';

const NONE: readonly never[] = [];

export type { Node };

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
  readonly #names = new NameTree();
  readonly #derived = new Map<string, readonly ResourceRecord[]>();
  readonly #impliedSoas = new ImpliedSoas();
  /** The text of all records. */
  readonly listing: Listing;
  /** The key of a name that is an apex in any case. */
  readonly #declared: string | undefined;
  readonly #room: Room;
  /** The part of the file `peek` that the records take. */
  #shownBytes = 0;

  /**
   * @param apex A zone that is there whether its SOA is set or not.
   * @param sizeOfAll The size of all name servers that share a bound with this one.
   */
  constructor(apex?: DomainName, sizeOfAll = new SizeOfAll()) {
    this.#declared = apex?.key;
    this.#room = new Room(sizeOfAll);
    this.listing = new Listing((node) =>
      node.key === this.#declared && !node.set(TYPE.SOA) ? this.soa(node) : undefined,
    );
  }

  /**
   * Adds a record; in place of the same with another TTL, and a SOA in place of the former.
   * @throws CircuitError EINVAL (beside a CNAME, more than fits into a message), ENOSPC (there are too many)
   */
  set({ owner, type, ttl, rdata }: ResourceRecord): void {
    const added = dataOf(type, ttl, rdata);
    const node = this.#names.get(owner.key);
    const own = node?.own ?? NONE;
    checkBeside(owner, type, added, own);
    const set = ofType(own, type);
    const isReplaced = set && (type === TYPE.SOA || set.get(added.key));
    if (!isReplaced) {
      const names = node ? 0 : owner.labels;
      this.#room.check(owner, { shownBytes: shownBytes(owner, type, added), names });
    }
    this.#change(this.#names.enter(owner), (each) => each.put(type, added));
  }

  /**
   * Removes every record that was set at a name, if there are any.
   * @throws CircuitError EPERM: all that the name has is derived
   */
  unset(name: DomainName): void {
    const node = this.#names.get(name.key);
    if (!node) return;
    if (node.own.length === 0 && node.derived.length > 0) {
      throw new CircuitError(
        'EPERM',
        `the records of ${name} are those of members: they go when the members do`,
      );
    }
    this.#change(node, (each) => each.clear());
  }

  /**
   * The records that are derived, in place of the former. They stand beside those that were set: a
   * CNAME that was set hides them, and theirs give way to whatever was set. A record that stays
   * is the same object.
   */
  derive(records: readonly ResourceRecord[]): void {
    const byOwner = groupBy(records, ({ owner }) => owner.key);
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
    return this.#names.get(key);
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
    for (let at = starts.length - 1; at >= 0; at -= 1) {
      const node = this.#names.get(at === 0 ? key : key.slice(starts[at]));
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
    const isThere = encloser.key.length === key.length;
    // The closest encloser's wildcard stands for what is not there (RFC 4592, section 3.3.1).
    const node = isThere ? encloser : this.#names.get(`\x01*${encloser.key}`);
    return { node, apex, cut };
  }

  /** The SOA of the zone that has this apex. */
  soa(apex: Node): RRset {
    return apex.set(TYPE.SOA) ?? this.#impliedSoas.of(apex);
  }

  /** Leaves its room to other name servers. It is of no more use. */
  [Symbol.dispose](): void {
    this.#room.release();
  }

  #isApex(node: Node): boolean {
    return node.key === this.#declared || node.set(TYPE.SOA) !== undefined;
  }

  #setDerived(owner: DomainName, records: readonly ResourceRecord[]): void {
    if (records.length === 0) this.#derived.delete(owner.key);
    else this.#derived.set(owner.key, records);
    this.#change(this.#names.enter(owner), (node) => {
      const sets = [...groupBy(records, ({ type }) => type)].flatMap(([type, ofThis]) => {
        const data = ofThis.map(({ ttl, rdata }) => dataOf(type, ttl, rdata));
        return RRset.of(node.name, type, data);
      });
      node.derive(sets);
    });
  }

  /** Changes the records of one name, and takes it out if none is left. */
  #change(node: Node, change: (node: Node) => void): void {
    const { hasRecords, shownBytes } = node;
    change(node);
    this.#shownBytes += node.shownBytes - shownBytes;
    if (node.hasRecords !== hasRecords) this.#countOrigin(node);
    this.#names.leave(node);
    this.#room.hold({ shownBytes: this.#shownBytes, names: this.#names.size });
    this.#impliedSoas.changed();
    this.listing.changed(node);
    // It is shown with an implied SOA, whose serial is another now.
    const declared = this.#declared === undefined ? undefined : this.#names.get(this.#declared);
    if (declared) this.listing.changed(declared);
  }

  #countOrigin({ key, hasRecords }: Node): void {
    // It is there: the name is below it.
    const origin = this.#names.get(originOf(key));
    if (origin) origin.origins += hasRecords ? 1 : -1;
  }
}

function groupBy<K, T>(all: readonly T[], keyOf: (each: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const each of all) {
    const key = keyOf(each);
    const group = groups.get(key);
    if (group) group.push(each);
    else groups.set(key, [each]);
  }
  return groups;
}
