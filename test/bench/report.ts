import type { Measured } from './in-turn.js';
import { median, middleHalf } from './median.js';
import { isRate, type Row } from './trial.js';

/** A build whose ratio is below this is slower by more than noise should be. */
const LIMIT = 0.9;

/** Prints a line for each row, as soon as it is measured. */
export class Report {
  readonly #width: number;
  readonly #sideBySide: boolean;
  /** The names and ratios of the rows below {@link LIMIT}. */
  readonly below: string[] = [];

  constructor(rows: readonly Row[], sideBySide: boolean) {
    this.#width = Math.max(...rows.map(({ name }) => name.length));
    this.#sideBySide = sideBySide;
    if (sideBySide) this.#line('', 'this build', 'the other', 'ratio', 'middle half');
  }

  /** @param group Trials first, then yardsticks. */
  print(group: readonly Measured[]): void {
    const first = group.find(({ isYardstick }) => isYardstick);
    const yardstick = first?.failure === undefined ? first : undefined;
    for (const measured of group) {
      const [own = [], other] = measured.figures;
      if (measured.failure !== undefined) this.printFailure([measured.row.name], measured.failure);
      else if (other) this.#printBoth(measured.row, own, other);
      else this.#printOne(measured.row, own, this.#sideBySide ? undefined : yardstick);
    }
  }

  /** Says why these rows could not be measured. */
  printFailure(names: readonly string[], error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    for (const name of names) this.#line(name, `failed: ${reason}`);
  }

  #printOne(row: Row, figures: readonly number[], yardstick: Measured | undefined): void {
    const own = median(figures);
    const bare = median(yardstick?.figures[0] ?? []);
    const isCompared = yardstick?.row.unit === row.unit && yardstick.row !== row;
    const multiple = isCompared ? `${(own / bare).toFixed(2)} × yardstick` : '';
    this.#line(row.name, format(own, row), multiple, row.goal ?? '');
  }

  #printBoth(row: Row, own: readonly number[], other: readonly number[]): void {
    const better = (a: number, b: number) => (isRate(row) ? a / b : b / a);
    const ratio = better(median(own), median(other));
    const rounds = own.map((figure, i) => better(figure, other[i] ?? Number.NaN));
    const [low, high] = middleHalf(rounds);
    // Where the rounds do not agree, the machine was busy, or the row needs more of them.
    const mark = high < 1 ? `below ${LIMIT}` : `below ${LIMIT}, noisy`;
    if (ratio < LIMIT) this.below.push(`${row.name} (${ratio.toFixed(2)}, ${mark})`);
    this.#line(
      row.name,
      format(median(own), row),
      format(median(other), row),
      ratio.toFixed(2),
      `${low.toFixed(2)}–${high.toFixed(2)}`,
      ratio < LIMIT ? mark : '',
    );
  }

  #line(name: string, ...columns: readonly string[]): void {
    const [last = '', ...before] = columns.toReversed();
    const padded = before.toReversed().map((column) => column.padEnd(16));
    process.stdout.write(`${[name.padEnd(this.#width), ...padded, last].join('  ').trimEnd()}\n`);
  }
}

function format(figure: number, { unit }: Row): string {
  const digits = figure >= 100 ? 0 : figure >= 10 ? 1 : 2;
  return `${figure.toFixed(digits)} ${unit}`;
}
