import { readdir, readFile } from 'node:fs/promises';

/** The fields of /proc/PID/stat that we need. */
export interface ProcessStat {
  readonly pid: number;
  /** `Z` for one that has ended and was not reaped. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
}

/** Every process that there is, one after the other; each may have gone by then. */
export async function* processStats(): AsyncGenerator<ProcessStat> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
    // proc(5): pid (comm) state ppid pgrp …; comm may contain anything.
    const [state = '', parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state) yield { pid: Number(pid), state, parent: Number(parent), group: Number(group) };
  }
}
