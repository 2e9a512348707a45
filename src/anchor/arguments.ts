/** The arguments of a peer's call come from outside, and are checked here. */
import { CircuitError } from '../base/error.js';
import { MAX_CHUNK } from '../transport/limits.js';

/** @throws CircuitError EINVAL */
export function stringsFrom(value: unknown): string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw new CircuitError('EINVAL', 'expected a list of strings');
  }
  return value;
}

/** A number of bytes. @throws CircuitError EINVAL */
export function countFrom(value: unknown): number {
  if (!Number.isSafeInteger(value) || Number(value) < 0) {
    throw new CircuitError('EINVAL', 'a count is a whole number');
  }
  return Number(value);
}

/** The number of bytes that one call gives, at most as many as it carries. @throws CircuitError EINVAL */
export function sizeFrom(value: unknown): number {
  if (!Number.isSafeInteger(value) || Number(value) < 1) {
    throw new CircuitError('EINVAL', 'a size is a whole number from 1');
  }
  return Math.min(Number(value), MAX_CHUNK);
}
