/**
 * `npm run sim -- --members 1000`: runs the daemon's protocol on a simulated network, and compares
 * the results with the goals of the design. The same seed prints the same.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Figure, SCENARIOS, type Scenario } from './scenarios.js';
import { JOINED_ONE_BY_ONE, SETTLE_MS } from './simulation.js';
import { formatTable, type Row } from './table.js';

interface Arguments {
  readonly members: number;
  readonly scenario: string;
  readonly seed: number;
  readonly seeds?: number;
  readonly latency: { min: number; max: number };
  readonly loss: number;
}

const program = new Command('sim')
  .description('Simulates a network of members, and compares with the goals.')
  .option('--members <count>', 'how many', integer, 100)
  .addOption(
    new Option('--scenario <name>', 'which one')
      .choices(['all', ...SCENARIOS.map(({ name }) => name)])
      .default('all'),
  )
  .option('--seed <number>', 'the first seed; a run with it alone is a replay', integer, 1)
  .option(
    '--seeds <count>',
    'how many seeds, one after the other (default: 1 with --seed, else 10)',
    integer,
  )
  .option('--latency <min-max>', 'one way, in milliseconds', range, { min: 1, max: 50 })
  .option('--loss <share>', 'of messages that are lost and sent again', share, 0.01)
  .parse();

const { members, scenario: wanted, seed: first, seeds, latency, loss } = program.opts<Arguments>();
const replay = program.getOptionValueSource('seed') === 'cli';
const count = seeds ?? (replay ? 1 : 10);
const built =
  members > JOINED_ONE_BY_ONE
    ? 'that know each other from the beginning'
    : 'that joined one by one';
console.log(
  `${members} members ${built}, left alone for ${SETTLE_MS / 60_000} min; ` +
    `latency ${latency.min}–${latency.max} ms, loss ${loss * 100} %; ` +
    `seed${count > 1 ? `s ${first}–${first + count - 1}` : ` ${first}`}\n`,
);
const failures: string[] = [];
const rows = SCENARIOS.filter(({ name }) => wanted === 'all' || wanted === name).flatMap(simulate);
console.log(formatTable(rows));
for (const failure of failures) console.log(failure);
process.exitCode = failures.length > 0 ? 1 : 0;

/** Runs a scenario with each seed. */
function simulate(scenario: Scenario): Row[] {
  const figures = new Map<string, Figure[]>();
  for (let seed = first; seed < first + count; seed += 1) {
    const began = performance.now();
    for (const figure of run(scenario, seed)) {
      figures.set(figure.what, [...(figures.get(figure.what) ?? []), figure]);
    }
    const took = ((performance.now() - began) / 1000).toFixed(1);
    process.stderr.write(`${scenario.name}, seed ${seed}: ${took} s\n`);
  }
  return [...figures.values()];
}

function run(scenario: Scenario, seed: number): Figure[] {
  const replayed =
    `npm run sim -- --members ${members} --scenario ${scenario.name} --seed ${seed} ` +
    `--latency ${latency.min}-${latency.max} --loss ${loss}`;
  try {
    const figures = scenario.run(members, { seed, latency, loss, copies: false, strict: false });
    const missed = figures.filter(({ value, goal }) => goal !== undefined && !(value <= goal));
    for (const { what, value } of missed) {
      failures.push(`seed ${seed} misses the goal of “${what}”, with ${value}: ${replayed}`);
    }
    return figures;
  } catch (error) {
    failures.push(
      `seed ${seed} fails: ${error instanceof Error ? error.message : error}: ${replayed}`,
    );
    return [];
  }
}

function integer(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('Not a number from 1.');
  return value;
}

function range(text: string): { min: number; max: number } {
  const [, min, max] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  if (min === undefined || Number(min) > Number(max))
    throw new InvalidArgumentError('Not MIN-MAX.');
  return { min: Number(min), max: Number(max) };
}

function share(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value < 1)) throw new InvalidArgumentError('Not from 0 to 1.');
  return value;
}
