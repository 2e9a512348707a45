import { isCount } from './count.js';

/** The furthest from 1970 that a Date can be, in milliseconds (ECMA-262, section 21.4.1.1). */
const MAX_TIME_MS = 8.64e15;

/** Whether a value is a time since 1970, in whole milliseconds, that can be shown as a date. */
export function isTimeValue(value: unknown): value is number {
  return isCount(value, MAX_TIME_MS);
}
