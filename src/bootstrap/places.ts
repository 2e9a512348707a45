import type { Address } from '../base/address.js';
import { Contact } from '../base/contact.js';
import { type ErrorCode, errorCode, errorMessage } from '../base/error.js';
import { fulfilled } from '../base/fulfilled.js';
import type { Membership } from '../membership/membership.js';
import type { Introductions, Meeting } from './introductions.js';
import type { KnownMembers } from './known-members.js';
import type { Candidate, Place } from './search.js';

/**
 * Failures that another try may mend. An address is of one run of a daemon, and is known only after
 * that listens: where its port is refused that run has ended, and at a contact it may begin.
 */
const MENDABLE: readonly ErrorCode[] = ['ETIMEDOUT', 'EHOSTUNREACH', 'ECONNRESET', 'EAGAIN'];
const MENDABLE_AT_CONTACT: readonly ErrorCode[] = [...MENDABLE, 'ECONNREFUSED'];

/** Whether a daemon whose address is known may be joined by another try. */
export function isMendable(error: unknown): boolean {
  return MENDABLE.some((code) => code === errorCode(error));
}

/** Whether a daemon may answer later at a host that was given. */
export function isMendableAtContact(error: unknown): boolean {
  return MENDABLE_AT_CONTACT.some((code) => code === errorCode(error));
}

/** A host that the daemon was told to join. */
export function contactPlace(contact: Contact, introductions: Introductions): Place {
  return {
    begin: `looking for a daemon at ${contact}`,
    find: async () => candidates(await introductions.others(contact), `joined ${contact}`),
    failed: (why) => `${contact} is not joined yet: ${errorMessage(why)}`,
  };
}

/**
 * A daemon that this one was told to join. It is tried until it is a member, or another try is of no
 * use, which the log tells.
 */
export function addressPlace(
  address: Address,
  membership: Membership,
  log: (event: string) => void,
): Place {
  const { authority } = address;
  const candidate: Candidate = {
    authority,
    join: async (signal) => {
      try {
        await membership.join(address, { signal });
        open = [];
        return `joined ${authority}`;
      } catch (error) {
        if (signal.aborted || isMendable(error)) throw error;
        open = [];
        givenUp = errorMessage(error);
        log(`${givenUp}; it is not tried any more`);
        return undefined;
      }
    },
  };
  let open = [candidate];
  let givenUp: string | undefined;
  return {
    find: async () => open,
    failed: errorMessage,
    get givenUp() {
      return givenUp;
    },
  };
}

export interface KnownPlaceOptions {
  readonly known: KnownMembers;
  readonly membership: Membership;
  /** Where there is a cluster key. */
  readonly introductions?: Introductions | undefined;
  /** Whether this daemon listens on a free port, as those of its cluster may do, too. */
  readonly onFreePort: boolean;
  readonly log: (event: string) => void;
}

/**
 * The members that were known before. By the cluster key they are found where they listened, also if
 * they have been started again; without it only those that still run.
 */
export function knownPlace(options: KnownPlaceOptions): Place {
  const { known, introductions, onFreePort } = options;
  const hint = onFreePort
    ? ' (one that is started again on a free port is not found: give each daemon -a HOST:PORT)'
    : '';
  const lastRun = introductions ? undefined : new LastRun(options);
  return {
    get begin() {
      const { length } = known.sought();
      return length > 0 ? `trying to join again; members known before: ${length}` : undefined;
    },
    find: async () =>
      introductions ? introduced(known, introductions) : (lastRun?.candidates() ?? []),
    get givenUp() {
      return lastRun?.givenUp;
    },
    failed: (why) => {
      const isRefused = errorCode(why) === 'ECONNREFUSED';
      return `not joined again yet: ${errorMessage(why)}${isRefused ? hint : ''}`;
    },
  };
}

async function introduced(
  known: KnownMembers,
  introductions: Introductions,
): Promise<readonly Candidate[]> {
  const contacts = known.sought().map(({ host, port }) => new Contact(host, port));
  const found = await fulfilled(contacts.map((contact) => introductions.at(contact)));
  return candidates(found.flat(), 'joined again');
}

/** The daemons that were known before, as they were then: without a key no others can be told. */
class LastRun {
  readonly #options: KnownPlaceOptions;
  /** Those that have refused us: a secret is never used again. */
  readonly #ended = new Set<string>();
  #lastRefusal = '';

  constructor(options: KnownPlaceOptions) {
    this.#options = options;
  }

  candidates(): readonly Candidate[] {
    return this.#remaining().map((address) => ({
      authority: address.authority,
      join: (signal) => this.#join(address, signal),
    }));
  }

  /** Why, if all have refused us. */
  get givenUp(): string | undefined {
    const haveAllEnded = this.#remaining().length === 0 && this.#options.known.sought().length > 0;
    return haveAllEnded ? `${ALL_ENDED}, or ${this.#lastRefusal}` : undefined;
  }

  #remaining(): readonly Address[] {
    const { known } = this.#options;
    return known.sought().filter((address) => !this.#ended.has(address.toString()));
  }

  async #join(address: Address, signal: AbortSignal): Promise<string | undefined> {
    const { membership, log } = this.#options;
    try {
      await membership.join(address, { signal, byUser: false });
      return `joined again, by ${address.authority}`;
    } catch (error) {
      if (errorCode(error) !== 'EACCES') throw error;
      this.#ended.add(address.toString());
      this.#lastRefusal = errorMessage(error);
      const { givenUp } = this;
      if (givenUp !== undefined) log(`${givenUp}; ${HELP}`);
      return undefined;
    }
  }
}

const ALL_ENDED = 'not joined again: all daemons that were known before have ended';
const HELP =
  'those that were started again since can be found by a cluster key (--hmac) or --discover, and joined by their new addresses';

function candidates(meetings: readonly Meeting[], joined: string): readonly Candidate[] {
  return meetings.map(({ authority, meet }) => ({
    authority,
    join: async (signal) =>
      (await meet(false, signal)) === 'joined' ? `${joined}, by ${authority}` : undefined,
  }));
}
