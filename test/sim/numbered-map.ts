import type { MemberName } from '../../src/base/address.js';
import type { MemberMap, NewMemberMap } from '../../src/membership/member-map.js';

/**
 * Maps by members' names for a simulation: all names are numbered once, and each map is an array by
 * these numbers, which maps share until one of them changes. Where ten thousand members know mostly
 * the same of ten thousand, as many `Map`s would take 5 GB, and each lookup in one of them would
 * miss every cache several times.
 */
export class Numbering {
  readonly #numbers = new Map<MemberName, number>();
  readonly #maps: NumberedMap<unknown>[] = [];

  /** How many names have a number. */
  get size(): number {
    return this.#numbers.size;
  }

  readonly newMap: NewMemberMap = <V>() => {
    const map = new NumberedMap<V>(this);
    this.#maps.push(map);
    return map;
  };

  /** Lets all maps that are equal to the first one share its array. */
  share(): void {
    const [first, ...others] = this.#maps;
    for (const map of others) if (first) map.share(first);
  }

  numberOf(name: MemberName): number | undefined {
    return this.#numbers.get(name);
  }

  /** The number of a name, which gets a new one if it has none. */
  enter(name: MemberName): number {
    const known = this.numberOf(name);
    if (known !== undefined) return known;
    const number = this.size;
    this.#numbers.set(name, number);
    return number;
  }
}

class NumberedMap<V> implements MemberMap<V> {
  readonly #numbering: Numbering;
  #values: (V | undefined)[] = [];
  /** Whether another map has the same array, which must not be changed then. */
  #shared = false;
  size = 0;

  constructor(numbering: Numbering) {
    this.#numbering = numbering;
  }

  get(name: MemberName): V | undefined {
    const number = this.#numbering.numberOf(name);
    return number === undefined ? undefined : this.#values[number];
  }

  set(name: MemberName, value: V): void {
    const number = this.#numbering.enter(name);
    if (number >= this.#values.length || this.#shared) this.#copy();
    if (this.#values[number] === undefined) this.size += 1;
    this.#values[number] = value;
  }

  delete(name: MemberName): boolean {
    const number = this.#numbering.numberOf(name);
    if (number === undefined || this.#values[number] === undefined) return false;
    if (this.#shared) this.#copy();
    this.#values[number] = undefined;
    this.size -= 1;
    if (this.size === 0) this.#values = [];
    return true;
  }

  *values(): Iterable<V> {
    for (const value of this.#values) if (value !== undefined) yield value;
  }

  share(other: NumberedMap<V>): void {
    if (this.size !== other.size) return;
    if (!this.#values.every((value, number) => value === other.#values[number])) return;
    this.#values = other.#values;
    this.#shared = true;
    other.#shared = true;
  }

  /** Makes an array of its own, with room for all numbers. */
  #copy(): void {
    const values = new Array<V | undefined>(this.#numbering.size).fill(undefined);
    for (const [number, value] of this.#values.entries()) values[number] = value;
    this.#values = values;
    this.#shared = false;
  }
}
