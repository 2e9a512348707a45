import type { MemberName } from '../../src/address.js';
import type { MemberMap, NewMemberMap } from '../../src/membership/member-map.js';

/**
 * Maps of members by their names for a simulation: all names are numbered once, and each
 * map is an array by these numbers, in pages that maps share until one changes something
 * there. Where ten thousand know ten thousand, and nearly the same of each, 10,000 `Map`s
 * would take 5 GB, and each look into one of them would miss every cache.
 */
export class Numbering {
  readonly #numbers = new Map<MemberName, number>();
  readonly #maps: NumberedMap<unknown>[] = [];

  readonly newMap: NewMemberMap = <V>() => {
    const map = new NumberedMap<V>(this);
    this.#maps.push(map);
    return map;
  };

  /** Makes of equal pages of all maps one. */
  share(): void {
    const known: Page<unknown>[] = [];
    for (const map of this.#maps) map.share(known);
  }

  numberOf(name: MemberName): number | undefined {
    return this.#numbers.get(name);
  }

  /** A new number, if it has none. */
  enter(name: MemberName): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(name, number);
    return number;
  }
}

/** Values of successive numbers. */
interface Page<V> {
  readonly values: (V | undefined)[];
  /** Whether other maps have it: it must not be changed any more. */
  shared: boolean;
}

/** How many values a page has: so much is copied when one of them changes. */
const PAGE_SIZE = 64;

class NumberedMap<V> implements MemberMap<V> {
  readonly #numbering: Numbering;
  readonly #pages: (Page<V> | undefined)[] = [];
  size = 0;

  constructor(numbering: Numbering) {
    this.#numbering = numbering;
  }

  get(name: MemberName): V | undefined {
    const number = this.#numbering.numberOf(name);
    if (number === undefined) return undefined;
    return this.#pages[Math.floor(number / PAGE_SIZE)]?.values[number % PAGE_SIZE];
  }

  set(name: MemberName, value: V): void {
    const number = this.#numbering.enter(name);
    if (this.#put(number, value) === undefined) this.size += 1;
  }

  delete(name: MemberName): boolean {
    if (this.get(name) === undefined) return false;
    this.#put(this.#numbering.enter(name), undefined);
    this.size -= 1;
    return true;
  }

  *values(): Iterable<V> {
    for (const page of this.#pages) {
      for (const value of page?.values ?? []) if (value !== undefined) yield value;
    }
  }

  share(known: Page<V>[]): void {
    for (const [index, page] of this.#pages.entries()) {
      if (!page) continue;
      const other = known[index];
      if (!other) known[index] = page;
      else if (page.values.every((value, offset) => value === other.values[offset])) {
        other.shared = true;
        this.#pages[index] = other;
      }
    }
  }

  /** @returns What was there. */
  #put(number: number, value: V | undefined): V | undefined {
    const { values } = this.#ownPage(Math.floor(number / PAGE_SIZE));
    const before = values[number % PAGE_SIZE];
    values[number % PAGE_SIZE] = value;
    return before;
  }

  #ownPage(index: number): Page<V> {
    const page = this.#pages[index];
    if (page && !page.shared) return page;
    const values = page?.values.slice() ?? new Array<V | undefined>(PAGE_SIZE).fill(undefined);
    const own = { values, shared: false };
    while (this.#pages.length < index) this.#pages.push(undefined);
    this.#pages[index] = own;
    return own;
  }
}
