import type { Member } from '../anchor/circuit.js';

/**
 * How long stat(2) waits for another member, in milliseconds. It may be asked by a bystander, such
 * as a shell's prompt or a file manager, who wants nothing of that member.
 */
export const LOOK_TIMEOUT_MS = 100;

/**
 * Asks a member for what a look shows.
 * @returns Nothing where it is known not to answer, or does not in time.
 * @throws CircuitError what it answers
 */
export async function look<T>(member: Member, ask: () => Promise<T>): Promise<T | undefined> {
  if (member.watch) return await ask();
  return member.suspected ? undefined : await inTime(ask(), LOOK_TIMEOUT_MS);
}

/**
 * An answer, or nothing after so many milliseconds.
 * @throws what the answer fails with
 */
export function inTime<T>(answer: Promise<T>, timeout: number): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    // Where it is we who were late, the answer may have come: it is read before setImmediate.
    const late = () => setImmediate(() => setImmediate(resolve, undefined));
    const timer = setTimeout(late, Math.max(0, timeout));
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
