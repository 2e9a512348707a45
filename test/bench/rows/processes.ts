/** Processes that the circuit runs, and the command itself. */
import { join } from 'node:path';
import type { Cluster } from '../../host/cluster.js';
import type { Circuit, Where } from '../circuit.js';
import { median } from '../median.js';
import { run } from '../run.js';
import { type Group, trial } from '../trial.js';

const COMMANDS = 5;
const STARTS = 3;

export function processGroups(cluster: Cluster): Group[] {
  return [
    {
      trials: [
        // The Go circuit, on such a machine: 310–365.
        trial(
          'make a process and wait for it, library',
          '/s',
          (circuit) => circuit.library('processes'),
          '350/s',
        ),
        trial('make a process and wait for it, by files', '/s', (circuit) =>
          byFiles(circuit, 'own'),
        ),
        trial('make a process and wait for it, by files, another member', '/s', (circuit) =>
          byFiles(circuit, 'other'),
        ),
      ],
      warmUps: 4,
      repeats: 3,
    },
    {
      trials: [
        trial(
          'circuit start to mounted and address printed',
          'ms',
          startTime,
          'at most 1.6 × node -e 0',
        ),
        trial(
          'circuit ls, whole process',
          'ms',
          (circuit) => commandTime(() => circuit.command('ls', '-d', circuit.host.address, '/')),
          'at most 1.35 × node -e 0',
        ),
        trial('circuit --version, whole process', 'ms', (circuit) =>
          commandTime(() => circuit.command('--version')),
        ),
      ],
      yardsticks: [
        {
          row: { name: 'node -e 0', unit: 'ms' },
          measure: () => commandTime(() => run(cluster, [process.execPath, '-e', '0'])),
        },
      ],
      warmUps: 1,
    },
  ];
}

/** How many a second. */
async function byFiles(circuit: Circuit, where: Where): Promise<number> {
  await circuit.sh(where, 'mkdir p');
  const microseconds = await circuit.syscall('process', join(circuit[where], 'p'));
  await circuit.sh(where, 'rmdir p');
  return 1_000_000 / microseconds;
}

async function commandTime(command: () => Promise<{ readonly elapsed: number }>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < COMMANDS; i += 1) times.push((await command()).elapsed);
  return median(times);
}

async function startTime(circuit: Circuit): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < STARTS; i += 1) {
    const started = performance.now();
    const daemon = await circuit.start();
    times.push(performance.now() - started);
    await daemon.stop();
  }
  return median(times);
}
