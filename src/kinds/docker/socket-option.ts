import { statSync } from 'node:fs';
import { CircuitError } from '../../base/error.js';

/** Where Docker's own packages have the engine listen. */
const DEFAULT_SOCKET = '/var/run/docker.sock';

/**
 * The path of an engine's socket, which need not be there yet.
 * @param option The value of `circuit start --docker`, as a path or as Docker's `unix://` and the path.
 * @throws CircuitError EINVAL
 */
export function socketPath(option: string | true | undefined): string {
  if (option === undefined || option === true) return DEFAULT_SOCKET;
  const path = option.replace(/^unix:\/\//, '');
  if (!path.startsWith('/')) {
    throw invalid(
      `the path of a Docker engine's socket, which begins with /, not ${option || "''"}`,
    );
  }
  if (isOtherFile(path)) throw invalid(`a Docker engine's socket, and ${path} is none`);
  return path;
}

/** Whether there is something that is no socket. */
function isOtherFile(path: string): boolean {
  try {
    return !statSync(path).isSocket();
  } catch {
    // It is not there yet, or a directory on the way may not be searched: the makers tell.
    return false;
  }
}

/** @param wanted What it takes, and what it was given. */
function invalid(wanted: string): CircuitError {
  return new CircuitError(
    'EINVAL',
    `--docker takes ${wanted}; without a value it is ${DEFAULT_SOCKET}`,
  );
}
