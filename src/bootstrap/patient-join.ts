import { setTimeout as delay } from 'node:timers/promises';
import type { Address } from '../base/address.js';
import { errorCode, errorMessage } from '../base/error.js';
import type { Membership } from '../membership/membership.js';

/**
 * How many times a daemon is asked that does not answer or hangs up, as it may when many start at
 * the same time and all join it; and the pause in between.
 */
const TRIES = 3;
const PAUSE_MS = 500;

export interface PatientJoinOptions {
  readonly membership: Membership;
  /** Takes a sentence for the log. */
  readonly log: (event: string) => void;
  readonly signal: AbortSignal;
  /** Aborted when we have left, or another daemon has our name: then we stay alone. */
  readonly parted: AbortSignal;
}

/**
 * Joins a daemon that may not be ready yet, unless this member leaves meanwhile.
 * @throws CircuitError as {@link Membership.join}
 */
export async function joinPatiently(address: Address, options: PatientJoinOptions): Promise<void> {
  const { membership, log, signal, parted } = options;
  for (let tries = 1; !parted.aborted; tries += 1) {
    try {
      await membership.join(address, { signal });
      return;
    } catch (error) {
      if (parted.aborted) break;
      const isBusy = ['ETIMEDOUT', 'ECONNRESET'].includes(errorCode(error) ?? '');
      if (!isBusy || tries === TRIES) throw error;
      log(`${errorMessage(error)}; trying again`);
      await delay(PAUSE_MS, undefined, { signal }).catch(() => {});
    }
  }
  log(`${address.authority} is not joined any more: this member is to stay alone`);
}
