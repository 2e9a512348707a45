import { readFileSync } from 'node:fs';
import type { Cluster } from '../host/cluster.js';
import { run } from './run.js';

/** The processors that we may run on, as taskset(1) writes them: `0-3`. */
const [, ALL = '0'] =
  /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
const [ONE = '0'] = /^\d+/.exec(ALL) ?? [];

/**
 * Before a program: it runs on one processor. Where a program and a server that answer each other
 * are on two processors, an answer takes some 130 µs on a virtual machine, the time to wake an idle
 * processor; on one it takes 40. The scheduler chooses anew each time, and no median copes with that.
 */
export const ON_ONE = ['taskset', '--cpu-list', ONE] as const;

/** Keeps running processes on the same processor while `measure` runs. */
export async function onOneProcessor<T>(
  cluster: Cluster,
  pids: readonly number[],
  measure: () => Promise<T>,
): Promise<T> {
  await keepOn(cluster, ONE, pids);
  try {
    return await measure();
  } finally {
    await keepOn(cluster, ALL, pids);
  }
}

/** With all of their threads. */
async function keepOn(cluster: Cluster, where: string, pids: readonly number[]): Promise<void> {
  const script = 'for pid; do taskset --all-tasks --cpu-list --pid "$0" "$pid" || exit; done';
  await run(cluster, ['sh', '-c', script, where, ...pids.map(String)]);
}
