import type { Circuit } from './circuit.js';
import type { Group, Row } from './trial.js';

/** What was measured of one row, a figure for each round. */
export interface Measured {
  readonly row: Row;
  /** Of each build, in the order of the circuits; a yardstick has one list. */
  readonly figures: readonly number[][];
  readonly isYardstick: boolean;
  /** Why a yardstick could not be measured. */
  failure?: unknown;
}

/**
 * Measures a group in rounds; in each, every trial on one circuit after the other, and then the
 * yardsticks. What disturbs this machine for a while disturbs all of them alike. A trial that fails
 * fails the group; a yardstick that fails is left out.
 */
export async function inTurn(
  { trials, yardsticks = [], warmUps, waits }: Group,
  circuits: readonly Circuit[],
  rounds: number,
): Promise<Measured[]> {
  const measured = (row: Row, columns: number, isYardstick: boolean): Measured => {
    return { row, figures: Array.from({ length: columns }, (): number[] => []), isYardstick };
  };
  const results = trials.map(({ rows }) =>
    rows.map((row) => measured(row, circuits.length, false)),
  );
  const machine = yardsticks.map(({ row }) => measured(row, 1, true));
  for (let round = -warmUps; round < rounds; round += 1) {
    const note = (result: Measured | undefined, column: number, figure: number | undefined) => {
      if (round >= 0 && figure !== undefined) result?.figures[column]?.push(figure);
    };
    for (const [i, trial] of trials.entries()) {
      const measureOn = async (circuit: Circuit, column: number) => {
        const figures = await trial.measure(circuit);
        for (const [j, figure] of figures.entries()) note(results[i]?.[j], column, figure);
      };
      if (waits) await Promise.all(circuits.map(measureOn));
      else for (const [column, circuit] of circuits.entries()) await measureOn(circuit, column);
    }
    for (const [i, yardstick] of yardsticks.entries()) {
      const result = machine[i];
      if (!result || result.failure !== undefined) continue;
      try {
        note(result, 0, await yardstick.measure());
      } catch (error) {
        result.failure = error;
      }
    }
  }
  return [...results.flat(), ...machine];
}
