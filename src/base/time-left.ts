/** Node's TIMEOUT_MAX (lib/internal/timers.js): a longer delay is taken for 1 ms. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/**
 * How long a timer should wait for `deadline`, in milliseconds. A program that was suspended, or
 * whose event loop was late, is past it, and need not wait. Node warns of a delay that is negative
 * or too long for its timers, and the warning would be in the daemon's log. A timer for a deadline
 * further away than that fires early.
 * @param deadline On the clock of `performance.now()`.
 */
export function timeLeft(deadline: number): number {
  return Math.min(Math.max(0, deadline - performance.now()), LONGEST_DELAY_MS);
}
