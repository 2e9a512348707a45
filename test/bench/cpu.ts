import { readdirSync, readFileSync } from 'node:fs';
import { codeOf } from '../../mount/errno.js';

const NANOSECONDS = 1_000_000;

/**
 * The time that the threads of a process have run so far, but for those that have ended. Its ticks of
 * 10 ms in /proc/PID/stat would be too coarse; `schedstat` counts nanoseconds
 * (Documentation/scheduler/sched-stats.rst).
 */
export function cpuMilliseconds({ pid }: { readonly pid: number }): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => sum + timeOf(pid, thread), 0) / NANOSECONDS;
}

function timeOf(pid: number, thread: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  } catch (error) {
    // It has just ended.
    if (['ENOENT', 'ESRCH'].includes(codeOf(error) ?? '')) return 0;
    throw error;
  }
}
