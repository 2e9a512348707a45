import { constants } from 'node:os';
import { isAbsolute, join } from 'node:path';
import * as native from '../../../native/index.js';
import { asCircuitError, CircuitError, interrupted } from '../../base/error.js';
import { onAbort } from '../../base/interruptible.js';
import type { ProcessCommand } from './command.js';
import { inheritedEnvironment, inheritedOpenFiles } from './inheritance.js';

/** A program that runs. The descriptors are ours: the pidfd, and our ends of its three pipes. */
export interface StartedProcess {
  readonly pid: number;
  readonly pidfd: number;
  readonly stdin: number;
  readonly stdout: number;
  readonly stderr: number;
}

/** Where programs are looked up if the daemon has no PATH: confstr(_CS_PATH). */
const STANDARD_PATH = '/bin:/usr/bin';

/**
 * Starts a program. It never blocks the event loop: where `Dir` or `Path` lie in a file
 * system that does not answer, only the promise waits.
 * @throws CircuitError ENOENT, EACCES, ENOTDIR (Dir is a file), EINVAL, EINTR, EMFILE.
 *   Then there is no process, and no descriptor is left open.
 */
export async function startProcess(
  command: ProcessCommand,
  signal?: AbortSignal,
): Promise<StartedProcess> {
  const ours: number[] = [];
  const theirs: number[] = [];
  const openPipe = (end: 0 | 1): [ours: number, theirs: number] => {
    const ends = native.pipe(end);
    const [our, their] = [ends[end], ends[end === 0 ? 1 : 0]];
    ours.push(our);
    theirs.push(their);
    return [our, their];
  };
  try {
    const [stdin, itsStdin] = openPipe(1);
    const [stdout, itsStdout] = openPipe(0);
    const [stderr, itsStderr] = openPipe(0);
    const [pid, pidfd] = await start(command, [itsStdin, itsStdout, itsStderr], signal);
    return { pid, pidfd, stdin, stdout, stderr };
  } catch (error) {
    for (const fd of ours) native.close(fd);
    throw explain(command, error, signal);
  } finally {
    for (const fd of theirs) native.close(fd);
  }
}

async function start(
  command: ProcessCommand,
  stdio: readonly [number, number, number],
  signal: AbortSignal | undefined,
): Promise<readonly [pid: number, pidfd: number]> {
  if (signal?.aborted) throw interrupted();
  const starting = new native.Start({
    candidates: candidates(command.Path),
    argv: [command.Path, ...command.Args],
    environment: command.Env ?? inheritedEnvironment(),
    directory: command.Dir ?? '',
    stdio,
    openFiles: inheritedOpenFiles(),
  });
  const stop = onAbort(signal, () => starting.abort());
  try {
    return await starting.started;
  } finally {
    stop();
  }
}

/** As in execvp(3), but without the relative folders in PATH. */
function candidates(path: string): string[] {
  if (path.includes('/')) return [path];
  const folders = (process.env.PATH || STANDARD_PATH).split(':');
  return folders.filter(isAbsolute).map((folder) => join(folder, path));
}

function explain(
  { Path, Dir }: ProcessCommand,
  error: unknown,
  signal?: AbortSignal,
): CircuitError {
  if (signal?.aborted) return interrupted({ cause: error });
  const [path, directory] = [JSON.stringify(Path), JSON.stringify(Dir)];
  const sentences: Record<string, CircuitError> = {
    'chdir ENOENT': new CircuitError('ENOENT', `there is no directory ${directory} to run in`),
    'chdir EACCES': new CircuitError('EACCES', `the directory ${directory} may not be entered`),
    'chdir ENOTDIR': new CircuitError('ENOTDIR', `${directory} is not a directory to run in`),
    'execve ENOENT': new CircuitError(
      'ENOENT',
      Path.includes('/')
        ? `there is no program ${path}, or its interpreter is missing`
        : `there is no program ${path} in the daemon's PATH`,
    ),
    'execve ENOTDIR': new CircuitError('ENOENT', `there is no program ${path}`),
    'execve EACCES': new CircuitError('EACCES', `${path} may not be executed`),
    'execve ENOEXEC': new CircuitError(
      'EACCES',
      `${path} is not a program; a script begins with #! and its interpreter`,
    ),
    'execve E2BIG': new CircuitError('EINVAL', 'the arguments and the environment are too long'),
  };
  return sentences[failedCall(error)] ?? asCircuitError(error);
}

/** The system call that failed and its errno, such as `execve ENOENT`. */
function failedCall(error: unknown): string {
  if (!(error instanceof Error && 'syscall' in error && 'errno' in error)) return '';
  // Not its code: libuv has no name for ENOEXEC.
  const errno = Object.entries(constants.errno).find(([, value]) => value === -Number(error.errno));
  return `${error.syscall} ${errno?.[0]}`;
}
