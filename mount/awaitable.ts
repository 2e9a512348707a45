/** Goes on at once where a value is there: the quick path makes no promise and waits for no tick. */
import type { Awaitable } from './node.js';

export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}

/** `next(value)`, now or when the value is there. */
export function whenReady<T, R>(
  value: Awaitable<T>,
  next: (value: T) => Awaitable<R>,
): Awaitable<R> {
  return isPromise(value) ? value.then(next) : next(value);
}
