/**
 * Why the kernel sent FUSE_INTERRUPT: any signal does it, also one after which
 * other file systems go on by themselves (SA_RESTART). FUSE cannot ask for
 * that, so a shell whose background job ends would see its `echo` fail.
 */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

const { SIGCHLD, SIGURG, SIGWINCH } = constants.signals;

/** Signals that tell a program something and end nothing: no call need fail because of them. */
const HARMLESS = [SIGCHLD, SIGURG, SIGWINCH].reduce((mask, signal) => mask | bit(signal), 0n);

/**
 * Whether a thread is to have its answer now: false where all the signals that
 * wait for it are harmless. True for a thread that we cannot see.
 * @param thread What the kernel gave as `pid` of the request.
 */
export function wantsInterrupt(thread: number): boolean {
  let status: string;
  try {
    // proc_pid_status(5): masks in hexadecimal. It is made up in the kernel, without waiting.
    status = readFileSync(`/proc/${thread}/status`, 'latin1');
  } catch {
    return true;
  }
  const mask = (name: string) => {
    return BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0'}`);
  };
  const pending = (mask('SigPnd') | mask('ShdPnd')) & ~mask('SigBlk') & ~mask('SigIgn');
  return pending === 0n || (pending & ~HARMLESS) !== 0n;
}

function bit(signal: number): bigint {
  return 1n << BigInt(signal - 1);
}
