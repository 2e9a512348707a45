import { asCircuitError, CircuitError } from '../base/error.js';
import { interruptible } from '../base/interruptible.js';

/**
 * Lets go of what a peer gave us, or is about to. Of a promise that is let go unanswered
 * Cap'n Web makes an Error, which takes ten times as long with a stack trace; nobody sees it.
 */
export function letGo(given: Disposable | undefined): void {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    given?.[Symbol.dispose]();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** A call that was made before somebody needs its answer. */
export interface Asked<T> {
  readonly answer: Promise<T>;
  /** Whether it has come, also as an error. */
  there: boolean;
}

export function asked<T>(answer: PromiseLike<T>): Asked<T> {
  const call = { answer: Promise.resolve(answer), there: false };
  const there = () => {
    call.there = true;
  };
  call.answer.then(there, there);
  return call;
}

/**
 * Waits for the answer of an element of another member, as long as it takes.
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
