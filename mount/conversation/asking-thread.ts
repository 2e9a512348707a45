/**
 * What /proc tells of the thread that asks: why it was interrupted, and whether it is being killed.
 *
 * The kernel sends FUSE_INTERRUPT for any signal, also for one after which other file systems go on
 * by themselves. FUSE cannot restart a call, so a shell whose background job ends, or a program that
 * is stopped and continued, would see its `echo` fail.
 */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

const { SIGHUP, SIGINT, SIGQUIT, SIGTERM } = constants.signals;
const { SIGCHLD, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH } = constants.signals;

/** Signals that tell a program something and end nothing: no call need fail because of them. */
const HARMLESS = maskOf([SIGCHLD, SIGURG, SIGWINCH]);

/** Signals that stop a program, which goes on after SIGCONT. */
const STOPPING = maskOf([SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU]);

/** Signals that ask a program to end, also one that handles them. */
const ENDING = maskOf([SIGHUP, SIGINT, SIGQUIT, SIGTERM]);

/** linux/sched.h: a signal ends the thread, be it that another thread of its process has ended that. */
const PF_SIGNALED = 0x400;
/** Of an exit code as wait(2) has it: the signal. */
const SIGNAL = 0x7f;

/**
 * - `harmless`: the call can go on.
 * - `stop`: the thread is to stop, and has to have an answer for that; it will go on later.
 * - `handled`: the program has a handler, and is to see that its call was interrupted.
 * - `end`: the program is to end.
 */
export type Interruption = 'harmless' | 'stop' | 'handled' | 'end';

/**
 * Tells what interrupts a thread; `end` for one that we cannot see.
 * @param thread What the kernel gave as `pid` of the request.
 */
export function interruptionOf(thread: number): Interruption {
  let status: string;
  try {
    // proc_pid_status(5): masks in hexadecimal. It is made up in the kernel, without waiting.
    status = readFileSync(`/proc/${thread}/status`, 'latin1');
  } catch {
    return 'end';
  }
  const mask = (name: string) => {
    return BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0'}`);
  };
  const pending = (mask('SigPnd') | mask('ShdPnd')) & ~mask('SigBlk') & ~mask('SigIgn');
  const wanted = pending & ~STOPPING & ~HARMLESS;
  const handled = mask('SigCgt') & ~ENDING;
  if (wanted !== 0n) return (wanted & ~handled) === 0n ? 'handled' : 'end';
  // None: another thread has taken the signal that stops them all, SIGCONT has taken it back, or
  // the thread is being frozen or traced. One that is to end has SIGKILL pending.
  return pending === 0n || (pending & STOPPING) !== 0n ? 'stop' : 'harmless';
}

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

function maskOf(signals: readonly number[]): bigint {
  return signals.reduce((mask, signal) => mask | (1n << BigInt(signal - 1)), 0n);
}
