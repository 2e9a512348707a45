/**
 * The entries of a directory in an order that is the same for all readers.
 *
 * OPENDIR is answered ENOSYS, so a READDIR has no handle: it names an inode and the cookie of the last
 * entry that the reader has. A name keeps its cookie as long as it exists, and new names get higher
 * cookies. So a reader that continues from any cookie meets each name that existed all along exactly
 * once, whatever other readers do and whatever changes meanwhile.
 */
import type { Node } from '../node.js';

export interface ListingEntry {
  readonly name: string;
  /** Undefined for `.` and `..`. */
  readonly node: Node | undefined;
  /** A positive integer, with which a reader continues behind this entry. */
  readonly cookie: number;
}

const dots: readonly ListingEntry[] = [
  { name: '.', node: undefined, cookie: 1 },
  { name: '..', node: undefined, cookie: 2 },
];

export class Listing {
  #lastCookie = dots.length;
  /** In the order of their cookies. */
  #entries: ListingEntry[] = [...dots];

  /** Replaces the entries. Names that existed before keep their cookies. */
  take(entries: Iterable<readonly [name: string, node: Node]>): void {
    const present = new Map<string, Node>();
    for (const [name, node] of entries) present.set(name, node);

    const taken: ListingEntry[] = [...dots];
    for (const { name, cookie } of this.#entries) {
      const node = present.get(name);
      if (node === undefined) continue;
      taken.push({ name, node, cookie });
      present.delete(name);
    }
    for (const [name, node] of present) {
      this.#lastCookie += 1;
      taken.push({ name, node, cookie: this.#lastCookie });
    }
    this.#entries = taken;
  }

  get names(): ReadonlySet<string> {
    return new Set(this.#entries.map(({ name }) => name));
  }

  /** The entries behind a cookie; behind 0 are all. */
  after(cookie: number): readonly ListingEntry[] {
    return this.#entries.slice(firstAfter(this.#entries, cookie));
  }

  /** Removes a name. If it comes back it is at the end. */
  remove(name: string): void {
    this.#entries = this.#entries.filter(
      (entry) => entry.node === undefined || entry.name !== name,
    );
  }
}

/** Binary search: the entries are sorted by cookie. */
function firstAfter(entries: readonly ListingEntry[], cookie: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle];
    if (entry !== undefined && entry.cookie <= cookie) low = middle + 1;
    else high = middle;
  }
  return low;
}
