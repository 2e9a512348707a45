import { setTimeout as delay } from 'node:timers/promises';
import type { Address } from '../base/address.js';
import { errorCode, errorMessage } from '../base/error.js';
import type { Membership } from '../membership/membership.js';

/** How many members are tried at once: a silent one does not hold up the rest. */
const AT_ONCE = 5;

/** The pause between two rounds; doubled each time. */
const FIRST_PAUSE_MS = 1_000;
const LAST_PAUSE_MS = 5 * 60 * 1000;

export interface RejoinOptions {
  readonly membership: Membership;
  /** The members of an earlier run; those whose daemons have ended since cannot answer. */
  readonly addresses: readonly Address[];
  /** Takes a sentence for the log. */
  readonly log: (event: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Joins the network of an earlier run again: tries its members until one answers, or has become a
 * member in another way. Never fails.
 * @returns Whether one of them is a member now. If not, it was interrupted, or all have refused us.
 */
export async function rejoin(options: RejoinOptions): Promise<boolean> {
  const { membership, log, signal } = options;
  let left = options.addresses;
  if (left.length === 0 || signal.aborted) return false;
  if (hasAny(membership, left)) return true;
  log(`trying to join again; members known before: ${left.length}`);
  for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(2 * pause, LAST_PAUSE_MS)) {
    const refused = new Set<Address>();
    let reason = '';
    for (let first = 0; first < left.length && !signal.aborted; first += AT_ONCE) {
      if (hasAny(membership, left)) return true;
      const batch = left.slice(first, first + AT_ONCE);
      const joins = await Promise.allSettled(
        batch.map((each) => membership.join(each, { signal, byUser: false })),
      );
      for (const [index, join] of joins.entries()) {
        const address = batch[index];
        if (!address) continue;
        if (join.status === 'fulfilled') {
          log(`joined again, by ${address.authority}`);
          return true;
        }
        reason = errorMessage(join.reason);
        // A secret is never used again: another daemon listens there now.
        if (errorCode(join.reason) === 'EACCES') refused.add(address);
      }
    }
    if (signal.aborted) return false;
    left = left.filter((address) => !refused.has(address));
    if (left.length === 0) {
      log(`not joined again: all daemons that were known before have ended, or ${reason}`);
      return false;
    }
    if (pause === FIRST_PAUSE_MS)
      log(`not joined again yet: ${reason}; trying again from time to time`);
    await delay(pause, undefined, { signal }).catch(() => {});
  }
  return false;
}

function hasAny(membership: Membership, addresses: readonly Address[]): boolean {
  const members = new Set(membership.members().map(({ addr }) => addr));
  return addresses.some((address) => members.has(address.toString()));
}
