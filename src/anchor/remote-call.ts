import { asCircuitError, CircuitError } from '../base/error.js';
import { interruptible } from '../base/interruptible.js';

/**
 * Disposes a stub, or the promise of one. Of a promise that is disposed unanswered Cap'n Web makes
 * an Error, which takes ten times as long with a stack trace; nobody sees it.
 */
export function disposeStub(stub: Disposable | undefined): void {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    stub?.[Symbol.dispose]();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/**
 * Waits for the answer of an open file of another member, as long as it takes.
 * @param begun The call is in the middle of a stream: a lost connection is EIO then.
 * @throws CircuitError
 */
export async function call<T>(
  answer: PromiseLike<T>,
  signal?: AbortSignal,
  begun = false,
): Promise<T> {
  try {
    return await interruptible(answer, signal);
  } catch (error) {
    const { code, message } = asCircuitError(error);
    throw new CircuitError(begun && code === 'EHOSTUNREACH' ? 'EIO' : code, message);
  }
}
