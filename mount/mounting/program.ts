/** Programs that do for us what could block a thread of ours for ever, or needs a right of theirs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Starts a program; `ended` rejects where it cannot be started.
 * @param socket What becomes its descriptor 3.
 */
export function run(command: string, args: readonly string[], socket?: number) {
  const child = spawn(command, args, {
    cwd: '/',
    // _FUSE_COMMFD names the socket by which fusermount3 hands over the descriptor.
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
