import { median } from '../bench/median.js';
import type { Figure } from './scenarios.js';

/** One result, with each of the seeds. */
export type Row = readonly Figure[];

/** One line for each result: its median and maximum over the seeds, and the goal. */
export function formatTable(rows: readonly Row[]): string {
  const lines = [['', 'median', 'max', 'goal', ''], ...rows.map(cells)];
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return column === 0 ? cell.padEnd(width) : cell.padStart(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cells(row: Row): string[] {
  const [figure] = row;
  if (!figure) return [];
  const { what, unit, goal } = figure;
  const values = row.map(({ value }) => value);
  const max = Math.max(...values);
  const format = (value: number) =>
    Number.isNaN(value) ? 'never' : `${unit === '' ? value : value.toFixed(2)} ${unit}`.trim();
  const verdict = goal === undefined ? '' : max <= goal ? 'ok' : 'MISSED';
  const hoped = goal === undefined ? '' : `${goal} ${unit}`.trim();
  return [what, format(median(values)), format(max), hoped, verdict];
}
