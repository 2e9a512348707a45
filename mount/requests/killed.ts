import { readFileSync } from 'node:fs';

/** linux/sched.h: a signal ends the thread, be it that another thread of its process has ended that. */
const PF_SIGNALED = 0x400;
/** Of an exit code as wait(2) has it: the signal. */
const SIGNAL = 0x7f;

/**
 * Whether a process that closes a file does so because a signal ends it. To a
 * file system both look the same, but a message that breaks off must not look
 * complete. @see proc(5), /proc/PID/stat, fields 9 and 52
 */
export function isBeingKilled(pid: number): boolean {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[6]) & PF_SIGNALED) !== 0 && (Number(fields[49]) & SIGNAL) !== 0;
  } catch {
    // It lives in a process namespace that we do not see, and cannot be asked.
    return false;
  }
}
