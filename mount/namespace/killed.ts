import { readFileSync } from 'node:fs';

/** linux/sched.h: the process was killed by a signal. */
const PF_SIGNALED = 0x400;

/**
 * Whether a process that closes a file does so because a signal ends it. To a
 * file system both look the same, but a message that breaks off must not look
 * complete. @see proc(5), /proc/PID/stat, field 9
 */
export function isBeingKilled(pid: number): boolean {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[6]) & PF_SIGNALED) !== 0;
  } catch {
    // It lives in a process namespace that we do not see, and cannot be asked.
    return false;
  }
}
