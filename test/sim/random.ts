/**
 * Seeded randomness: sfc32, the "small fast counting" generator of Chris Doty-Humphrey's
 * PractRand (http://pracrand.sourceforge.net), seeded as it is there. The same seed is the
 * same run, on every machine.
 */
export class Random {
  #a = 0;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param seed An integer; 53 bits of it count. */
  constructor(seed: number) {
    this.#b = seed | 0;
    this.#c = Math.floor(seed / 2 ** 32) | 0;
    for (let i = 0; i < WARM_UP; i += 1) this.#word();
  }

  /** In [0, 1). */
  readonly next = (): number => this.#word() / 2 ** 32;

  /** From `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** @throws RangeError for an empty list */
  pick<T>(list: readonly T[]): T {
    const picked = list[Math.floor(this.next() * list.length)];
    if (picked === undefined) throw new RangeError('nothing to choose from');
    return picked;
  }

  /** `count` different ones, in random order; all of them if there are fewer. */
  sample<T>(list: readonly T[], count: number): T[] {
    const rest = [...list];
    const sample: T[] = [];
    while (sample.length < count && rest.length > 0) {
      const [picked] = rest.splice(this.integer(0, rest.length - 1), 1);
      if (picked !== undefined) sample.push(picked);
    }
    return sample;
  }

  hex(digits: number): string {
    let text = '';
    while (text.length < digits) text += (this.#word() >>> 0).toString(16).padStart(8, '0');
    return text.slice(0, digits);
  }

  /** How many events with this mean happen in a period (Knuth, TAOCP 2, section 3.4.1). */
  poisson(mean: number): number {
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.next(); product > limit; product *= this.next()) count += 1;
    return count;
  }

  #word(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result >>> 0;
  }
}

/** Words thrown away until the state is mixed. */
const WARM_UP = 12;
