/**
 * The one error of the circuit: an errno and a sentence. It is made where the
 * cause is known and translated once at each face: to an errno by the mount, to
 * a line and an exit status by the command line.
 */
import { hostname } from 'node:os';

/** The errnos that the circuit answers with; see errno(3). */
const ERROR_CODES = [
  'EACCES',
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'EAGAIN',
  'EBUSY',
  'ECANCELED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EEXIST',
  'EHOSTUNREACH',
  'EINTR',
  'EINVAL',
  'EIO',
  'EISDIR',
  'EMFILE',
  'ENAMETOOLONG',
  'ENFILE',
  'ENOBUFS',
  'ENODATA',
  'ENOENT',
  'ENOTDIR',
  'ENOTEMPTY',
  'EPERM',
  'EPIPE',
  'EPROTO',
  'ESRCH',
  'ETIMEDOUT',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export class CircuitError extends Error {
  override readonly name = 'CircuitError';
  readonly code: ErrorCode;

  /**
   * @param code What kind of failure it is.
   * @param message One sentence, without a full stop: what was wrong and, where
   *   it is not plain, what would be right. Never a secret.
   */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    // `name` is an own property of the class field; it must not travel as data.
    Object.defineProperty(this, 'name', { enumerable: false });
  }
}

/** The errno of any error, if it bears one (`ECONNREFUSED`, `ENOENT`, …). */
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
  // It may travel to another host: it says whose limit was reached, and which.
  return errorCode(error) === 'EMFILE'
    ? `process ${process.pid} on ${hostname()} has as many files open as it may: end some of what it runs, or start it with a higher limit (ulimit -n)`
    : `${hostname()} has as many files open as it may: end some programs there, or raise its limit (sysctl fs.file-max)`;
}

/** Any error as one of ours: an unknown errno becomes EIO. */
export function asCircuitError(error: unknown): CircuitError {
  if (error instanceof CircuitError) return error;
  const code = ERROR_CODES.find((known) => known === errorCode(error)) ?? 'EIO';
  return new CircuitError(code, errorMessage(error), { cause: error });
}

/** Whether a call failed since no descriptor was left. */
export function isOutOfDescriptors(error: unknown): boolean {
  return ['EMFILE', 'ENFILE'].includes(errorCode(error) ?? '');
}

/** A signal came, or whoever waited has gone. */
export function interrupted(options?: ErrorOptions): CircuitError {
  return new CircuitError('EINTR', 'interrupted', options);
}

/** To who does not want to wait. @param why What there is to wait for. */
export function wouldWait(why: string): CircuitError {
  return new CircuitError('EAGAIN', `would have to wait: ${why}`);
}
