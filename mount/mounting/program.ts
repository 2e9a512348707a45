/** Runs programs for work that could block a thread of ours for ever, or that needs setuid root. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Starts a program. `ended` rejects if it cannot be started.
 * @param socket Becomes descriptor 3 of the program.
 */
export function run(command: string, args: readonly string[], socket?: number) {
  const child = spawn(command, args, {
    cwd: '/',
    // fusermount3 sends the descriptor of /dev/fuse through the socket that _FUSE_COMMFD names.
    env: { ...process.env, _FUSE_COMMFD: '3', LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe', socket ?? 'ignore'],
  });
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const ended = once(child, 'close').then(([status]: (number | null)[]) => ({
    status,
    complaint: complaint.trim(),
  }));
  return { child, ended };
}
