import type { Member } from '../anchor/circuit.js';

/**
 * How long stat(2) waits for another member. The caller may be a bystander, such as a shell's prompt or
 * a file manager, which wants nothing of that member.
 */
export const LOOK_TIMEOUT_MS = 100;

/**
 * Asks a member for the facts that stat(2) shows.
 * @returns Nothing if the member is known not to answer, or does not answer in time.
 * @throws CircuitError as the member answers
 */
export async function look<T>(member: Member, ask: () => Promise<T>): Promise<T | undefined> {
  if (member.watch) return await ask();
  return member.suspected ? undefined : await inTime(ask(), LOOK_TIMEOUT_MS);
}

/**
 * An answer, or nothing after so many milliseconds.
 * @throws as the answer does
 */
export function inTime<T>(answer: Promise<T>, timeout: number): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    // If this process was the late one, the answer may have come: it is read before setImmediate.
    const late = () => setImmediate(() => setImmediate(resolve, undefined));
    const timer = setTimeout(late, Math.max(0, timeout));
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
