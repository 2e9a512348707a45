import { asCircuitError, CircuitError } from '../error.js';
import { interruptible } from '../interruptible.js';

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
