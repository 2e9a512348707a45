/**
 * The one error of the circuit: an errno and a sentence. It is made where the
 * cause is known and translated once at each face: to an errno by the mount, to
 * a line and an exit status by the command line.
 */

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
  'ENAMETOOLONG',
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
  return error instanceof Error ? error.message : String(error);
}

/** Any error as one of ours: an unknown errno becomes EIO. */
export function asCircuitError(error: unknown): CircuitError {
  if (error instanceof CircuitError) return error;
  const code = ERROR_CODES.find((known) => known === errorCode(error)) ?? 'EIO';
  return new CircuitError(code, errorMessage(error), { cause: error });
}

/** A signal came, or whoever waited has gone. */
export function interrupted(options?: ErrorOptions): CircuitError {
  return new CircuitError('EINTR', 'interrupted', options);
}

/** To who does not want to wait. @param why What there is to wait for. */
export function wouldWait(why: string): CircuitError {
  return new CircuitError('EAGAIN', `would have to wait: ${why}`);
}
