import { CircuitError, errorMessage } from '../../base/error.js';

/** The most bytes of output that a process may ask to be kept. */
const MAX_RETAIN = 64 * 1024 * 1024;

/** The program to run, as a program of the library gives it. */
export type Command = Pick<ProcessCommand, 'Path'> & Partial<ProcessCommand>;

/** The program to run; the keys are the Go circuit's, and `Retain`. */
export interface ProcessCommand {
  /** Without a slash it is looked up in the daemon's PATH; relative, it is relative to `Dir`. */
  readonly Path: string;
  readonly Args: readonly string[];
  /** `NAME=value`, all of the environment. Without it the daemon's, less its secrets. */
  readonly Env?: readonly string[];
  /** The working directory; without it, the daemon's. */
  readonly Dir?: string;
  /** The element goes when the process ends. */
  readonly Scrub: boolean;
  /** Keep the last so many bytes of each output instead of holding the process back. */
  readonly Retain?: number;
}

const KEYS = ['Path', 'Args', 'Env', 'Dir', 'Scrub', 'Retain'] as const;
type Key = (typeof KEYS)[number];

/**
 * Reads a command from JSON. As in Go, keys match without regard to case, and null is as good as nothing.
 * @throws CircuitError EINVAL
 */
export function parseCommand(json: string): ProcessCommand {
  const given = byKey(parseJson(json));
  const Path = text('Path', given.get('Path'));
  if (!Path) throw invalid('a command needs a "Path": the program to run');
  const Env = strings('Env', given.get('Env'));
  if (Env?.some((entry) => entry.indexOf('=') < 1)) {
    // The entry is not shown: it may be a secret whose name was forgotten.
    throw invalid('each entry of "Env" has the form NAME=value');
  }
  const Dir = text('Dir', given.get('Dir'));
  const Retain = retained(given.get('Retain'));
  return {
    Path,
    Args: strings('Args', given.get('Args')) ?? [],
    ...(Env && { Env }),
    ...(Dir && { Dir }),
    Scrub: flag('Scrub', given.get('Scrub')),
    ...(Retain && { Retain }),
  };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    // V8 quotes from the text, which the log must not show.
    const why = errorMessage(error).replace(/, (\.\.\.)?".*/s, '');
    throw invalid(`the command is not JSON: ${why}`);
  }
}

function byKey(object: unknown): Map<Key, unknown> {
  if (typeof object !== 'object' || object === null || Array.isArray(object)) {
    throw invalid('a command is a JSON object such as {"Path": "ls", "Args": ["-l"]}');
  }
  const values = new Map<Key, unknown>();
  for (const [name, value] of Object.entries(object)) {
    const key = KEYS.find((known) => known.toLowerCase() === name.toLowerCase());
    if (!key)
      throw invalid(`a command has no key ${JSON.stringify(name)}, only ${KEYS.join(', ')}`);
    if (values.has(key)) throw invalid(`the command gives "${key}" twice`);
    values.set(key, value ?? undefined);
  }
  return values;
}

function text(key: Key, value: unknown): string | undefined {
  return value === undefined ? undefined : string(key, value, 'a string');
}

function strings(key: Key, value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const wanted = 'a list of strings';
  if (!Array.isArray(value)) throw invalid(`"${key}" is ${wanted}`);
  return value.map((entry: unknown) => string(key, entry, wanted));
}

/** @param wanted What the key takes. */
function string(key: Key, value: unknown, wanted: string): string {
  if (typeof value !== 'string') throw invalid(`"${key}" is ${wanted}`);
  if (value.includes('\0')) throw invalid(`"${key}" contains a NUL, which no program can be given`);
  return value;
}

function flag(key: Key, value: unknown): boolean {
  if (value !== undefined && typeof value !== 'boolean') {
    throw invalid(`"${key}" is true or false`);
  }
  return value ?? false;
}

function retained(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value <= 0 || value > MAX_RETAIN) {
    throw invalid(`"Retain" is a whole number of bytes from 1 to ${MAX_RETAIN}`);
  }
  return value;
}

function invalid(sentence: string): CircuitError {
  return new CircuitError('EINVAL', sentence);
}
