/**
 * The one error of the circuit: an errno and a sentence. It is made where the cause is known, and
 * translated once at each face: to an errno by the mount, to a line and an exit status by the
 * command line.
 */
import { constants, hostname } from 'node:os';

/** The name of an errno; see errno(3). */
export type ErrorCode = keyof typeof constants.errno;

export class CircuitError extends Error {
  override readonly name = 'CircuitError';
  readonly code: ErrorCode;

  /**
   * @param code What kind of failure it is.
   * @param message One sentence, without a full stop: what was wrong and, unless that is plain,
   *   what would be right. Never a secret.
   */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    // `name` is an own property of the class field; it must not travel as data.
    Object.defineProperty(this, 'name', { enumerable: false });
  }
}

/** The errno of any error that has one (`ECONNREFUSED`, `ENOENT`, …). */
export function errorCode(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return undefined;
}

/** The sentence of any error. */
export function errorMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof CircuitError || !isOutOfDescriptors(error)) return error.message;
  // The sentence may travel to another host, so it says whose limit was reached, and which.
  return errorCode(error) === 'EMFILE'
    ? `process ${process.pid} on ${hostname()} has reached its limit of open files: end some of what it runs, or start it with a higher limit (ulimit -n)`
    : `${hostname()} has reached its limit of open files: end some programs there, or raise its limit (sysctl fs.file-max)`;
}

/** Any error as one of ours: a code that is no errno becomes EIO. */
export function asCircuitError(error: unknown): CircuitError {
  if (error instanceof CircuitError) return error;
  const code = errorCode(error);
  return new CircuitError(isErrno(code) ? code : 'EIO', errorMessage(error), { cause: error });
}

function isErrno(code: string | undefined): code is ErrorCode {
  return code !== undefined && Object.hasOwn(constants.errno, code);
}

/** Whether a call failed because no descriptor was left. */
export function isOutOfDescriptors(error: unknown): boolean {
  return ['EMFILE', 'ENFILE'].includes(errorCode(error) ?? '');
}

/** The error of a caller that was interrupted by a signal, or that has gone. */
export function interrupted(options?: ErrorOptions): CircuitError {
  return new CircuitError('EINTR', 'interrupted', options);
}

/** The error of a caller that waited for a daemon in vain. @param limit In milliseconds. */
export function noAnswer(authority: string, limit: number): CircuitError {
  return new CircuitError('ETIMEDOUT', `${authority} did not answer within ${limit / 1000} s`);
}

/** The error of a caller that does not want to wait. @param why What it would wait for. */
export function wouldWait(why: string): CircuitError {
  return new CircuitError('EAGAIN', `would have to wait: ${why}`);
}
