import type { Circuit } from './circuit.js';

/** More is better of a rate, less of all else. */
export type Unit = 'µs' | 'ms' | 's' | 'MB' | '% of a core' | 'bytes/s' | '/s' | 'MB/s';

export interface Row {
  readonly name: string;
  readonly unit: Unit;
  readonly goal?: string;
}

/** Figures of a build that one run gives. */
export interface Trial {
  readonly rows: readonly Row[];
  /** Gives one figure for each row. */
  measure(circuit: Circuit): Promise<readonly number[]>;
}

/** What this machine gives without us. */
export interface Yardstick {
  readonly row: Row;
  measure(): Promise<number>;
}

/** What is measured in turn. */
export interface Group {
  readonly trials: readonly Trial[];
  /** The figures of the trials are seen as multiples of the first one's. */
  readonly yardsticks?: readonly Yardstick[];
  /** How many rounds run before those that count: V8 compiles what is called often. */
  readonly warmUps: number;
  /** How many rounds it has for one of the others: its measurements are short, and easily disturbed. */
  readonly repeats?: number;
  /** It does little but wait, so that all circuits are measured at the same time. */
  readonly waits?: boolean;
  /** It takes minutes: it runs once, and beside another build only where `--rows` names it. */
  readonly slow?: boolean;
}

export function isRate({ unit }: Row): boolean {
  return unit === '/s' || unit === 'MB/s';
}

/** A trial that gives one figure. */
export function trial(
  name: string,
  unit: Unit,
  measure: (circuit: Circuit) => Promise<number>,
  goal?: string,
): Trial {
  const row = goal === undefined ? { name, unit } : { name, unit, goal };
  return { rows: [row], measure: async (circuit) => [await measure(circuit)] };
}
