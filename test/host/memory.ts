import { readFileSync } from 'node:fs';
import type { TestDaemon } from './cluster.js';

export const MIB = 1024 * 1024;

/** How often the resident sets are looked at, in milliseconds. */
const INTERVAL = 20;

/** By how many bytes each daemon's resident set grew at most while `run` ran. */
export async function growth(
  daemons: readonly Pick<TestDaemon, 'pid'>[],
  run: () => Promise<void>,
): Promise<number[]> {
  const before = daemons.map(residentSet);
  const most = [...before];
  const look = () => {
    for (const [i, daemon] of daemons.entries()) {
      most[i] = Math.max(most[i] ?? 0, residentSet(daemon));
    }
  };
  const watch = setInterval(look, INTERVAL);
  try {
    await run();
    look();
  } finally {
    clearInterval(watch);
  }
  return most.map((size, i) => size - (before[i] ?? 0));
}

/** In bytes. */
export function residentSet({ pid }: Pick<TestDaemon, 'pid'>): number {
  const [, kilobytes] =
    /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
