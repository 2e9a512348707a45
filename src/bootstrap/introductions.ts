import { isIP } from 'node:net';
import { Address, formatAuthority, isLoopback } from '../base/address.js';
import type { Contact } from '../base/contact.js';
import type { Interruptible } from '../base/interruptible.js';
import { Mutex } from '../base/mutex.js';
import type { Membership } from '../membership/membership.js';
import { type Endpoint, Resolver } from './resolver.js';

/** How long a contact may take to tell an address, the resolution of its name included. */
const CONTACT_TIMEOUT_MS = 5_000;

/**
 * Asks the daemon at an endpoint for its circuit address, by the cluster key.
 * @throws CircuitError as `introduce` of src/transport/introduction.ts
 */
export type Introduce = (
  where: Endpoint,
  options: Interruptible & { readonly timeout: number },
) => Promise<Address>;

/** How a daemon that a contact stands for was met: it was joined, or is known already. */
export type Met = 'joined' | 'member' | 'self';

/** An endpoint of a contact. */
export interface Meeting {
  /** HOST:PORT. */
  readonly authority: string;
  /**
   * Asks the daemon there for its address, and joins it.
   * @param byUser As {@link JoinOptions.byUser}.
   * @throws CircuitError as {@link Introduce} and as {@link Membership.join}
   */
  meet(byUser: boolean, signal?: AbortSignal): Promise<Met>;
}

export interface IntroductionsOptions {
  readonly membership: Membership;
  readonly introduce: Introduce;
  readonly resolver?: Resolver;
}

/** Meets daemons of which only the host is known: both sides prove that they hold the cluster key. */
export class Introductions {
  readonly #membership: Membership;
  readonly #introduce: Introduce;
  readonly #resolver: Resolver;
  /** When one has been joined, the next ones mostly are members, too. */
  readonly #joining = new Mutex();

  constructor({ membership, introduce, resolver = new Resolver() }: IntroductionsOptions) {
    this.#membership = membership;
    this.#introduce = introduce;
    this.#resolver = resolver;
  }

  /** The endpoints of a contact, at least one. @throws CircuitError as {@link Resolver.resolve} */
  async at(contact: Contact): Promise<readonly Meeting[]> {
    return await this.#meetings(contact, () => true);
  }

  /**
   * As {@link at}, but for the endpoints of a name that are this daemon itself: where hosts name each
   * other, a host has its own name on loopback (Debian's `127.0.1.1 NAME` in /etc/hosts), where the
   * daemon does not listen.
   */
  async others(contact: Contact): Promise<readonly Meeting[]> {
    const own = Address.parse(this.#membership.self.addr);
    const isOurs = ({ host, port }: Endpoint) => isLoopback(host) && port === own.port;
    const isAny = isIP(contact.host) !== 0 || isLoopback(own.host);
    return await this.#meetings(contact, (endpoint) => isAny || !isOurs(endpoint));
  }

  async #meetings(
    contact: Contact,
    isWanted: (endpoint: Endpoint) => boolean,
  ): Promise<readonly Meeting[]> {
    const begun = performance.now();
    const endpoints = await this.#resolver.resolve(contact);
    const timeout = CONTACT_TIMEOUT_MS - (performance.now() - begun);
    return endpoints.filter(isWanted).map((endpoint) => ({
      authority: formatAuthority(endpoint.host, endpoint.port),
      meet: (byUser, signal) => this.#meet(endpoint, timeout, byUser, signal),
    }));
  }

  async #meet(
    endpoint: Endpoint,
    timeout: number,
    byUser: boolean,
    signal?: AbortSignal,
  ): Promise<Met> {
    const membership = this.#membership;
    const address = await this.#introduce(endpoint, { signal, timeout });
    const addr = address.toString();
    if (addr === membership.self.addr) return 'self';
    using _turn = await this.#joining.lock(signal);
    // A user is promised that both sides know each other when the join has returned.
    if (!byUser && membership.members().some((member) => member.addr === addr)) return 'member';
    await membership.join(address, { signal, byUser });
    return 'joined';
  }
}
