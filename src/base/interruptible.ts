import { setMaxListeners } from 'node:events';
import { type CircuitError, interrupted } from './error.js';

/** The option of every call that can wait. */
export interface Interruptible {
  /** When it is aborted, a call that waits fails with EINTR. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The same promise, but it fails with EINTR as soon as the signal is aborted. Its own result is
 * then dropped.
 */
export function interruptible<T>(promise: PromiseLike<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return Promise.resolve(promise);
  return new Promise((resolve, reject) => {
    settle(promise, onAbort(signal, reject), resolve, reject);
  });
}

/** Calls `reject` with EINTR when the signal is aborted. @returns Stops listening. */
export function onAbort(
  signal: AbortSignal | undefined,
  reject: (error: CircuitError) => void,
): () => void {
  if (!signal) return () => {};
  const interrupt = () => reject(interrupted());
  // Any number may wait, which is not a leak: Node 20 would warn of more than ten.
  setMaxListeners(0, signal);
  if (signal.aborted) interrupt();
  else signal.addEventListener('abort', interrupt, { once: true });
  return () => signal.removeEventListener('abort', interrupt);
}

/**
 * The same promise, but rejected after `timeout` milliseconds.
 * @param late The error, or a function that makes it, since an error takes longer than many an
 *   answer.
 */
export function within<T>(
  promise: PromiseLike<T>,
  timeout: number,
  late: Error | (() => Error),
): Promise<T> {
  return new Promise((resolve, reject) => {
    const onTimeout = () => reject(typeof late === 'function' ? late() : late);
    const timer = setTimeout(onTimeout, timeout);
    settle(promise, () => clearTimeout(timer), resolve, reject);
  });
}

/**
 * Resolves when `condition` holds; fails with EINTR if the signal is aborted before.
 * @param watch Calls `look` whenever that may have changed, until its result is disposed.
 */
export function until(
  condition: () => boolean,
  watch: (look: () => void) => Disposable,
  signal?: AbortSignal,
): Promise<void> {
  let watching: Disposable | undefined;
  const met = new Promise<void>((resolve) => {
    if (condition()) return resolve();
    watching = watch(() => {
      if (condition()) resolve();
    });
  });
  const done = () => watching?.[Symbol.dispose]();
  return interruptible(met, signal).finally(done);
}

/** Makes several disposables one, such as those that a condition depends on. */
export function together(...parts: Disposable[]): Disposable {
  return {
    [Symbol.dispose]: () => {
      for (const part of parts) part[Symbol.dispose]();
    },
  };
}

function settle<T>(
  promise: PromiseLike<T>,
  settled: () => void,
  resolve: (value: T) => void,
  reject: (reason: unknown) => void,
): void {
  promise.then(
    (value) => {
      settled();
      resolve(value);
    },
    (error) => {
      settled();
      reject(error);
    },
  );
}
