import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** So long a mount may take to answer, in milliseconds. */
const LIMIT_MS = 1_000;

/**
 * Whether a mount shows the circuit as `member` does.
 * @returns Why it does not, in a few words; nothing where it does, or may not be seen by this user.
 */
export async function lookAtMount(mountpoint: string, member: string): Promise<string | undefined> {
  const seen = await readLink(join(mountpoint, '.self'));
  if (seen === undefined) return `does not answer within ${LIMIT_MS / 1000} s`;
  const { target, complaint } = seen;
  if (target === member || complaint.includes('Permission denied')) return undefined;
  if (target !== '') return `is that of another member, ${target}`;
  return `cannot be read: ${complaint.split(': ').at(-1)}`;
}

interface Seen {
  readonly target: string;
  readonly complaint: string;
}

/**
 * By a program of its own: a call that hangs in the kernel cannot be broken off, and a thread of ours
 * that made it would keep us from ending.
 */
function readLink(path: string): Promise<Seen | undefined> {
  const child = spawn('readlink', ['-v', '--', path], {
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve) => {
    const printed = { out: '', err: '' };
    child.stdout.on('data', (data) => {
      printed.out += data;
    });
    child.stderr.on('data', (data) => {
      printed.err += data;
    });
    child.once('error', ({ message }) => resolve({ target: '', complaint: message }));
    child.once('close', () =>
      resolve({ target: printed.out.trimEnd(), complaint: printed.err.trimEnd() }),
    );
    setTimeout(() => {
      child.kill('SIGKILL');
      resolve(undefined);
    }, LIMIT_MS).unref();
  });
}
