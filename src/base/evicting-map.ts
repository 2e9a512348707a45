export interface EvictingMapOptions<Value> {
  /** How much all entries together may cost. */
  readonly limit: number;
  /** How much one entry costs; 1 unless given. */
  readonly costOf?: (value: Value) => number;
  /** Called with each value that is evicted. */
  readonly evicted?: (value: Value) => void;
}

/** A map that evicts the entries that were set longest ago when all together cost too much. */
export class EvictingMap<Key, Value> {
  readonly #entries = new Map<Key, Value>();
  readonly #limit: number;
  readonly #costOf: (value: Value) => number;
  readonly #evicted: (value: Value) => void;
  #cost = 0;

  constructor({ limit, costOf = () => 1, evicted = () => {} }: EvictingMapOptions<Value>) {
    this.#limit = limit;
    this.#costOf = costOf;
    this.#evicted = evicted;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  /** All values; the one that was set longest ago comes first. */
  values(): Iterable<Value> {
    return this.#entries.values();
  }

  /** The entry becomes the newest. It stays even if it alone costs more than the limit. */
  set(key: Key, value: Value): void {
    this.delete(key);
    this.#entries.set(key, value);
    this.#cost += this.#costOf(value);
    for (const [oldest, old] of this.#entries) {
      if (this.#cost <= this.#limit || oldest === key) break;
      this.delete(oldest);
      this.#evicted(old);
    }
  }

  delete(key: Key): void {
    const value = this.#entries.get(key);
    if (value === undefined) return;
    this.#entries.delete(key);
    this.#cost -= this.#costOf(value);
  }
}
