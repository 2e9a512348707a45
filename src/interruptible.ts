import { CircuitError } from './error.js';

/**
 * The same promise, but EINTR as soon as the signal is aborted. What the promise
 * settles to afterwards is dropped.
 */
export function interruptible<T>(promise: PromiseLike<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return Promise.resolve(promise);
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new CircuitError('EINTR', 'interrupted'));
    const settled = () => signal.removeEventListener('abort', onAbort);
    promise.then(resolve, reject).then(settled, settled);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** The same promise, but rejected with `late` after `timeout` milliseconds. */
export function within<T>(promise: PromiseLike<T>, timeout: number, late: Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late), timeout);
    promise.then(resolve, reject).then(() => clearTimeout(timer));
  });
}
