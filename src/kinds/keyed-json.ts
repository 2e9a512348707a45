import { CircuitError, errorMessage } from '../base/error.js';

/** How sentences speak of an object. */
export interface Naming {
  /** The noun for it, such as `command`. */
  readonly name: string;
  /** One that is right, such as `{"Path": "ls"}`. */
  readonly example: string;
}

/**
 * A JSON object that makes an element. As in Go, keys match without regard to case, and null is as good as
 * nothing; an unknown key is an error. Each value is read as what it is to be. All fail with EINVAL.
 */
export class KeyedJson<K extends string> {
  readonly #values = new Map<K, unknown>();

  /** @throws CircuitError EINVAL */
  constructor(json: string, keys: readonly K[], { name, example }: Naming) {
    const object = parse(json, name);
    if (typeof object !== 'object' || object === null || Array.isArray(object)) {
      throw invalid(`a ${name} is a JSON object such as ${example}`);
    }
    for (const [given, value] of Object.entries(object)) {
      const key = keys.find((known) => known.toLowerCase() === given.toLowerCase());
      if (!key) {
        throw invalid(`a ${name} has no key ${JSON.stringify(given)}, only ${keys.join(', ')}`);
      }
      if (this.#values.has(key)) throw invalid(`the ${name} gives "${key}" twice`);
      this.#values.set(key, value ?? undefined);
    }
  }

  /** Whether the key is given, and is not null. */
  has(key: K): boolean {
    return this.#values.get(key) !== undefined;
  }

  text(key: K): string | undefined {
    const value = this.#values.get(key);
    return value === undefined ? undefined : string(key, value, 'a string');
  }

  texts(key: K): readonly string[] | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    const wanted = 'a list of strings';
    if (!Array.isArray(value)) throw invalid(`"${key}" is ${wanted}`);
    return value.map((entry: unknown) => string(key, entry, wanted));
  }

  /** Entries of the form `NAME=value`. */
  environment(key: K): readonly string[] | undefined {
    const entries = this.texts(key);
    if (entries?.some((entry) => entry.indexOf('=') < 1)) {
      // The entry is not shown: it may be a secret whose name was forgotten.
      throw invalid(`each entry of "${key}" has the form NAME=value`);
    }
    return entries;
  }

  /** `false` where it is not given. */
  flag(key: K): boolean {
    const value = this.#values.get(key);
    if (value !== undefined && typeof value !== 'boolean') {
      throw invalid(`"${key}" is true or false`);
    }
    return value ?? false;
  }

  /** @param unit What is counted: ` of bytes`. */
  whole(key: K, from: number, to: number, unit = ''): number | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to) {
      return value;
    }
    throw invalid(`"${key}" is a whole number${unit} from ${from} to ${to}`);
  }

  /** As {@link whole}; 0 is as good as nothing, as in Go. */
  wholeUnlessZero(key: K, from: number, to: number, unit = ''): number | undefined {
    return this.#values.get(key) === 0 ? undefined : this.whole(key, from, to, unit);
  }
}

function parse(json: string, name: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    // V8 quotes from the text, which the log must not show.
    const why = errorMessage(error).replace(/, (\.\.\.)?".*/s, '');
    throw invalid(`the ${name} is not JSON: ${why}`);
  }
}

/** @param wanted What the key takes. */
function string(key: string, value: unknown, wanted: string): string {
  if (typeof value !== 'string') throw invalid(`"${key}" is ${wanted}`);
  if (value.includes('\0')) throw invalid(`"${key}" contains a NUL, which no program can be given`);
  return value;
}

function invalid(sentence: string): CircuitError {
  return new CircuitError('EINVAL', sentence);
}
