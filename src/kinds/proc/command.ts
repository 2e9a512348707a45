import { CircuitError } from '../../base/error.js';
import { KeyedJson } from '../keyed-json.js';
import { MAX_RETAIN } from '../retained-bytes.js';

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

const NAMING = { name: 'command', example: '{"Path": "ls", "Args": ["-l"]}' };

/**
 * Reads a command from JSON. As in Go, keys match without regard to case, and null is as good as nothing.
 * @throws CircuitError EINVAL
 */
export function parseCommand(json: string): ProcessCommand {
  const given = new KeyedJson(json, KEYS, NAMING);
  const Path = given.text('Path');
  if (!Path) throw new CircuitError('EINVAL', 'a command needs a "Path": the program to run');
  const Env = given.environment('Env');
  const Dir = given.text('Dir');
  const Retain = given.whole('Retain', 1, MAX_RETAIN, ' of bytes');
  return {
    Path,
    Args: given.texts('Args') ?? [],
    ...(Env && { Env }),
    ...(Dir && { Dir }),
    Scrub: given.flag('Scrub'),
    ...(Retain && { Retain }),
  };
}
