import type { Member } from '../../src/anchor/circuit.js';
import { within } from '../../src/interruptible.js';

/**
 * How long stat(2) waits for another member, in milliseconds. It may be asked by a bystander, such
 * as a shell's prompt or a file manager, who wants nothing of that member.
 */
export const LOOK_TIMEOUT = 100;

/**
 * What a member answers to a look.
 * @returns Nothing where it is known not to answer, or does not in time.
 * @throws CircuitError what it answers
 */
export async function look<T>(member: Member, ask: () => Promise<T>): Promise<T | undefined> {
  if (member.watch) return await ask();
  if (member.suspected) return undefined;
  const late = new Error('no answer in time');
  try {
    return await within(ask(), LOOK_TIMEOUT, late);
  } catch (error) {
    if (error === late) return undefined;
    throw error;
  }
}
