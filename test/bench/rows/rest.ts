/** What a daemon costs when nobody uses it. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, TestDaemon } from '../../host/cluster.js';
import { residentSet } from '../../host/memory.js';
import type { Circuit } from '../circuit.js';
import { cpuMilliseconds } from '../cpu.js';
import { median } from '../median.js';
import { run } from '../run.js';
import { type Group, trial } from '../trial.js';

/** How long the daemons are watched at rest, in milliseconds. */
const REST_MS = 6_000;
/** How long node does nothing, in milliseconds. */
const IDLE_MS = 1_000;
const CHANNELS = 1_000;
/** After so long a daemon has collected the garbage of what was done, in milliseconds. */
const COLLECTED_MS = 4_500;

/** They come first, before the daemons have been used. */
export function restGroup(cluster: Cluster): Group {
  return {
    trials: [
      {
        rows: [
          {
            name: 'processor at rest, each of three joined daemons',
            unit: '% of a core',
            goal: 'under 0.5 %',
          },
          { name: 'resident memory at rest, each', unit: 'MB', goal: 'at most 1.25 × node' },
        ],
        measure: rest,
      },
    ],
    yardsticks: [
      {
        row: { name: 'resident memory of node that does nothing', unit: 'MB' },
        measure: () => idleNode(cluster),
      },
    ],
    // At rest is after the start: its garbage is collected and its code compiled meanwhile.
    warmUps: 2,
    waits: true,
  };
}

export function memoryGroup(): Group {
  return {
    trials: [trial(`resident memory with ${CHANNELS} channels`, 'MB', withChannels)],
    warmUps: 0,
    waits: true,
  };
}

async function rest({ daemons }: Circuit): Promise<number[]> {
  const before = daemons.map(cpuMilliseconds);
  await sleep(REST_MS);
  const shares = daemons.map(
    (daemon, i) => ((cpuMilliseconds(daemon) - (before[i] ?? 0)) / REST_MS) * 100,
  );
  return [mean(shares), median(daemons.map(residentMegabytes))];
}

async function idleNode(cluster: Cluster): Promise<number> {
  const script = `setTimeout(() => console.log(process.memoryUsage.rss()), ${IDLE_MS})`;
  const { stdout } = await run(cluster, [process.execPath, '-e', script]);
  return Number(stdout) / 1_000_000;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

async function withChannels(circuit: Circuit): Promise<number> {
  const daemon = await circuit.start();
  const script = `seq -f c%g ${CHANNELS} | xargs mkdir && for c in c*; do echo 0 > $c/mkchan; done`;
  const cwd = join(daemon.mountpoint, '.self');
  await run(circuit.cluster, ['sh', '-c', script], { cwd });
  await sleep(COLLECTED_MS);
  const megabytes = residentMegabytes(daemon);
  await daemon.stop();
  return megabytes;
}

function residentMegabytes(daemon: TestDaemon): number {
  return residentSet(daemon) / 1_000_000;
}
