/**
 * Finds out in /proc why the thread that made a request was interrupted, and whether it is being
 * killed.
 *
 * The kernel sends FUSE_INTERRUPT for every signal. Other file systems restart a system call after
 * SIGCHLD or SIGCONT; FUSE cannot. Without this distinction the `echo` of a shell would fail when a
 * background job ends, or when the shell is stopped and continued.
 */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

const { SIGHUP, SIGINT, SIGQUIT, SIGTERM } = constants.signals;
const { SIGCHLD, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH } = constants.signals;

/** Signals that inform a program and end nothing, so no system call needs to fail. */
const HARMLESS = maskOf([SIGCHLD, SIGURG, SIGWINCH]);

/** Signals that stop a program until SIGCONT. */
const STOPPING = maskOf([SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU]);

/** Signals that ask a program to end, even if it handles them. */
const ENDING = maskOf([SIGHUP, SIGINT, SIGQUIT, SIGTERM]);

/** linux/sched.h: a signal ends the thread, or has ended its process. */
const PF_SIGNALED = 0x400;
/** The bits of an exit code (as in wait(2)) that name the signal. */
const SIGNAL = 0x7f;

/**
 * - `harmless`: the system call can go on.
 * - `stop`: the thread stops as soon as the system call is answered, and is continued later.
 * - `handled`: the program has a handler for the signal and expects EINTR.
 * - `end`: the program ends.
 */
export type Interruption = 'harmless' | 'stop' | 'handled' | 'end';

/**
 * Finds out what interrupts a thread; `end` if /proc does not show the thread.
 * @param thread The `pid` of the request.
 */
export function interruptionOf(thread: number): Interruption {
  let status: string;
  try {
    // proc_pid_status(5) has masks in hexadecimal. The kernel makes the file without blocking.
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
  // No signal is pending if another thread took the one that stops all, if SIGCONT cancelled it, or
  // if the thread is being frozen or traced. A thread that is to end has SIGKILL pending.
  return pending === 0n || (pending & STOPPING) !== 0n ? 'stop' : 'harmless';
}

/**
 * Whether a process closes a file because a signal ends it. The request is the same, but a message
 * that breaks off must not look complete.
 * @see proc(5), /proc/PID/stat, fields 9 and 52
 */
export function isBeingKilled(pid: number): boolean {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[6]) & PF_SIGNALED) !== 0 && (Number(fields[49]) & SIGNAL) !== 0;
  } catch {
    // The process is in another process namespace, so /proc does not show it.
    return false;
  }
}

function maskOf(signals: readonly number[]): bigint {
  return signals.reduce((mask, signal) => mask | (1n << BigInt(signal - 1)), 0n);
}
