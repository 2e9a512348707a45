import { setTimeout as delay } from 'node:timers/promises';
import type { Contact } from '../base/contact.js';
import { errorMessage, interrupted } from '../base/error.js';
import { interruptible } from '../base/interruptible.js';
import type { Membership } from '../membership/membership.js';
import type { Introductions } from './introductions.js';
import { isMendableAtContact } from './places.js';
import { pauseAfter } from './search.js';

export interface JoinContactOptions {
  readonly membership: Membership;
  readonly introductions: Introductions;
  /** Takes a sentence for the log. */
  readonly log: (event: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Joins the daemons at a contact because a user wants it. Returns when one of them has been joined,
 * or all are this daemon itself. While this daemon is alone it waits for one that answers.
 * @throws CircuitError EACCES (another cluster key), EPROTO (not a circuit), EINTR; and if this daemon
 *   is in a network already ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, and others
 */
export async function joinContact(contact: Contact, options: JoinContactOptions): Promise<void> {
  const { membership, log, signal } = options;
  const begun = performance.now();
  const told = new Set<string>();
  for (;;) {
    const failure = await tryOnce(contact, options);
    if (signal.aborted) throw interrupted();
    if (failure === undefined) return;
    const isAlone = membership.members().length === 1;
    if (!isAlone || !isMendableAtContact(failure)) throw failure;
    const sentence = `${contact} is not joined yet: ${errorMessage(failure)}`;
    if (!told.has(sentence))
      log(`${sentence}; trying again until it answers, or the command is interrupted`);
    told.add(sentence);
    await delay(pauseAfter(performance.now() - begun), undefined, { signal }).catch(() => {});
    if (signal.aborted) throw interrupted();
  }
}

/** @returns Why nobody could be joined, if nobody could. */
async function tryOnce(
  contact: Contact,
  { introductions, signal }: JoinContactOptions,
): Promise<unknown> {
  try {
    const meetings = await interruptible(introductions.at(contact), signal);
    const outcomes = await Promise.allSettled(meetings.map(({ meet }) => meet(true, signal)));
    const isJoined = outcomes.some((each) => each.status === 'fulfilled' && each.value !== 'self');
    if (isJoined) return undefined;
    const failures = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    return failures.find((each) => !isMendableAtContact(each)) ?? failures[0];
  } catch (error) {
    return error;
  }
}
