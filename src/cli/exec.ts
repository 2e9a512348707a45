import { constants } from 'node:os';
import { pipeline } from 'node:stream/promises';
import { errorCode } from '../base/error.js';
import type { Files, Source } from '../kinds/control-file.js';
import { ended } from '../kinds/ended.js';
import type { ProcessPeek } from '../kinds/proc/process-element.js';
import { parseSignal } from '../kinds/signal.js';
import { readAll, SinkStream } from '../kinds/streams.js';
import { type DialOptions, dial } from './dial.js';
import { type Output, written } from './output.js';
import { anchorAt } from './path.js';

/** Signals that `exec` passes on to the process. */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

export interface ExecOptions extends DialOptions {
  /** Whether our standard input is the process's; otherwise it has none, as with `ssh -n`. */
  readonly stdin: boolean;
}

/** Exit statuses of `exec` where there is no process, as of env(1) and of shells. */
const NO_SUCH_PROGRAM = 127;
const NOT_EXECUTABLE = 126;

/**
 * `circuit exec ANCHOR -- COMMAND ARG…`: a process whose streams and signals are
 * ours; exits as it does, and removes it.
 */
export async function exec(path: string, command: string[], options: ExecOptions): Promise<void> {
  const [Path, ...Args] = command;
  await using client = await dial(options);
  const place = anchorAt(client, path);
  using made = await place.attend('mkproc', JSON.stringify({ Path, Args })).catch((error) => {
    const code = errorCode(error);
    if (code === 'ENOENT') process.exitCode = NO_SUCH_PROGRAM;
    if (code === 'EACCES') process.exitCode = NOT_EXECUTABLE;
    throw error;
  });
  // The reader may have enough before the process has ended, and it is to end then.
  process.stdout.removeAllListeners('error').on('error', () => {});
  try {
    process.exitCode = await attend(made, options.stdin);
  } catch (error) {
    // As of a command of this host. EINTR: we were suspended, and it was hung up meanwhile.
    const endedBy = { EPIPE: 'SIGPIPE', EINTR: 'SIGHUP' } as const;
    const code = errorCode(error);
    if (code !== 'EPIPE' && code !== 'EINTR') throw error;
    process.exitCode = 128 + constants.signals[endedBy[code]];
  } finally {
    // It may still be open, and would keep us here.
    if (options.stdin) process.stdin.destroy();
    await made.command('scrub', '').catch((error) => {
      // Somebody else has scrubbed it.
      if (errorCode(error) !== 'ENOENT') throw error;
    });
  }
}

/** Connects our streams and signals to a process until it ends. @returns The exit status for ours. */
async function attend(files: Files, hasStdin: boolean): Promise<number> {
  const interrupted = new Promise<number>((resolve) => {
    for (const name of FORWARDED) {
      process.on(name, () =>
        files.command('signal', name).catch((error) => {
          // It has ended, and what it has left behind holds its output open.
          if (errorCode(error) === 'ESRCH') resolve(128 + constants.signals[name]);
        }),
      );
    }
  });
  let over = false;
  const stdin = new SinkStream(files.sink('stdin'));
  const fed = pipeline(hasStdin ? process.stdin : [], stdin);
  fed.catch((error) => {
    // It need not read what it is given, and will not when it has ended.
    if (over || errorCode(error) === 'EPIPE') return;
    process.stderr.write(`circuit: ${error.message}\n`);
  });
  const all = Promise.all([
    ended<ProcessPeek>(files).then(statusOf),
    copyOut(files.source('stdout'), process.stdout),
    copyOut(files.source('stderr'), process.stderr),
  ]).then(([status]) => status);
  try {
    return await Promise.race([all, interrupted]);
  } finally {
    over = true;
  }
}

/** Writes all of a source to one of our outputs. Bytes are delivered when they are written there. */
async function copyOut(from: Source, to: Output): Promise<void> {
  try {
    for await (const data of readAll(from)) await written(to, data);
  } finally {
    from.close();
  }
}

/** As a shell has it. */
function statusOf({ Phase, Exit }: ProcessPeek): number {
  return Phase === 'signaled' ? 128 + parseSignal(Exit) : Number(Exit);
}
