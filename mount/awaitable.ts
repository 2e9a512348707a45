/**
 * Works with values and with promises of values. A value is used at once, without a promise and
 * without a tick: that is the fast path of most requests.
 */
import { errorWith } from './errno.js';
import type { Awaitable } from './node.js';

export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return value instanceof Promise;
}

/** Calls `next` with the value: at once, or when the promise resolves. */
export function whenReady<T, R>(
  value: Awaitable<T>,
  next: (value: T) => Awaitable<R>,
): Awaitable<R> {
  return isPromise(value) ? value.then(next) : next(value);
}

/** Runs an action, and also calls `failed` if it throws or rejects. */
export function onFailure<T>(
  action: () => Awaitable<T>,
  failed: (error: unknown) => void,
): Awaitable<T> {
  try {
    const result = action();
    if (isPromise(result)) result.catch(failed);
    return result;
  } catch (error) {
    failed(error);
    throw error;
  }
}

/** A promise with the functions that settle it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((...functions) => {
    [resolve, reject] = functions;
  });
  return { promise, resolve, reject };
}

/** Waits for a promise. Rejects with this code if it takes longer. */
export async function withTimeout<T>(promise: Promise<T>, ms: number, code: string): Promise<T> {
  const late = deferred<never>();
  const timer = setTimeout(() => late.reject(errorWith(code, `no answer in ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
