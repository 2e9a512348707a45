import { CircuitError } from '../../base/error.js';
import type { ContainerCommand } from './command.js';
import type { Engine, EngineError } from './engine.js';
import { parseInspection } from './inspection.js';

/** The exit statuses that the engine notes of a container whose program cannot be started, as env(1). */
const NOT_EXECUTABLE = 126;
const NO_SUCH_PROGRAM = 127;

/**
 * Why a container could not be started. The engine notes the exit status that a shell would have, and says
 * the rest in runc's words.
 * @param error What the engine said.
 */
export async function startError(
  engine: Engine,
  id: string,
  command: ContainerCommand,
  error: EngineError,
): Promise<CircuitError> {
  const { Dir } = command;
  if (Dir && /mkdir: .*not a directory/i.test(error.message)) {
    const sentence = `${JSON.stringify(Dir)} is not a directory to run in`;
    return new CircuitError('ENOTDIR', sentence, { cause: error });
  }
  // A directory that is mounted over a file has the same status.
  if (error.status !== 400 || /mount|not a directory/i.test(error.message)) return error;
  try {
    const answer = await engine.request('GET', `/containers/${id}/json`);
    return programError(parseInspection(answer).State.ExitCode, command, error) ?? error;
  } catch {
    // It has gone, or the engine: neither says why it was not started.
    return error;
  }
}

function programError(
  exitCode: number,
  { Image, Path, Entry }: ContainerCommand,
  error: EngineError,
): CircuitError | undefined {
  const named = Entry ?? Path;
  const program = named === undefined ? "the image's own program" : JSON.stringify(named);
  const image = JSON.stringify(Image);
  if (exitCode === NO_SUCH_PROGRAM) {
    const sentence = `there is no program ${program} in the image ${image}, or its interpreter is missing`;
    return new CircuitError('ENOENT', sentence, { cause: error });
  }
  if (exitCode === NOT_EXECUTABLE) {
    const sentence = `${program} of the image ${image} may not be executed`;
    return new CircuitError('EACCES', sentence, { cause: error });
  }
  return undefined;
}
