import type { Address } from '../base/address.js';
import type { Contact } from '../base/contact.js';
import { CircuitError } from '../base/error.js';
import { onAbort } from '../base/interruptible.js';
import type { Membership } from '../membership/membership.js';
import type { ClusterKeys } from '../transport/cluster-keys.js';
import { introduce } from '../transport/introduction.js';
import type { DiscoverOptions } from '../transport/multicast-group.js';
import { DiscoveredMembers } from './discovered-members.js';
import { Discovery } from './discovery.js';
import { type Introduce, Introductions } from './introductions.js';
import { joinContact } from './join-contact.js';
import { KnownMembers } from './known-members.js';
import { addressPlace, contactPlace, isMendable, knownPlace } from './places.js';
import { Search, type SearchReport } from './search.js';

export interface BootstrapOptions {
  readonly membership: Membership;
  /** Our own address. */
  readonly address: Address;
  readonly clusterKeys?: ClusterKeys | undefined;
  /** Whether this daemon listens on a port that is another one at each start. */
  readonly onFreePort: boolean;
  /** Where to discover others, if that is wanted. */
  readonly discover?: DiscoverOptions | undefined;
  /** The file that keeps the known members for the next run, if that is wanted. */
  readonly knownMembers?: string | undefined;
  /** Takes a sentence for the log. */
  readonly log: (event: string) => void;
}

/**
 * Finds the daemon's network: through the daemons that it is told to join, at the hosts that it is
 * told, through the members that it knew in an earlier run, and by discovery. The start waits for the
 * first try of an address; all else goes on in the background, as {@link Search} says. A member that
 * has left stays alone until somebody joins it with others again.
 */
export class Bootstrap {
  readonly #options: BootstrapOptions;
  readonly #known: KnownMembers | undefined;
  readonly #introductions: Introductions | undefined;
  readonly #discovered: DiscoveredMembers;
  readonly #discovery: Discovery | undefined;
  readonly #search: Search;
  readonly #watch: Disposable;
  /** The member has left, or another daemon has its name. */
  #hasParted = false;
  /** The joins of contacts that are under way, which a leave ends. */
  #joining = new AbortController();

  constructor(options: BootstrapOptions) {
    const { membership, log, knownMembers: file, discover, address, clusterKeys } = options;
    this.#options = options;
    this.#known = file === undefined ? undefined : new KnownMembers({ file, membership, log });
    if (clusterKeys) {
      const ask: Introduce = (where, waiting) => introduce(where, clusterKeys, waiting);
      this.#introductions = new Introductions({ membership, introduce: ask });
    }
    this.#search = new Search({ membership, log });
    this.#discovered = new DiscoveredMembers({ membership, log });
    const heard = (other: Address) => this.#discovered.hear(other);
    this.#discovery = discover && new Discovery({ ...discover, address, clusterKeys, heard, log });
    // A member that had left, perhaps while it started, has been joined again.
    this.#watch = membership.watch(({ kind }) => {
      if (kind === 'join' && this.#hasParted) this.#discovery?.announce();
    });
  }

  /** Opens the sockets of the discovery. @throws CircuitError as {@link Discovery.open} */
  async open(): Promise<void> {
    await this.#discovery?.open();
  }

  /**
   * Joins the daemons whose addresses were given, and lets those that do not answer be looked for in
   * the background, unless this member leaves meanwhile.
   * @throws CircuitError as {@link Membership.join}, where another try is of no use
   */
  async join(addresses: readonly Address[], signal: AbortSignal): Promise<void> {
    await Promise.all(addresses.map((address) => this.#joinOrSeek(address, signal)));
  }

  /** Begins to look for the network, also for daemons with our cluster key at `contacts`. */
  begin(contacts: readonly Contact[]): void {
    // The member may have left already, while it started.
    if (this.#hasParted) return;
    this.#discovery?.announce();
    const { membership, log, onFreePort } = this.#options;
    const [known, introductions] = [this.#known, this.#introductions];
    if (introductions) {
      for (const contact of contacts) this.#search.add(contactPlace(contact, introductions));
    }
    if (known) {
      this.#search.add(knownPlace({ known, membership, introductions, onFreePort, log }));
    }
    this.#search.begin();
  }

  /**
   * Joins the daemons at a contact, as {@link joinContact} says. There must be a cluster key.
   * @throws CircuitError as {@link joinContact}; ECANCELED if this member leaves or ends meanwhile
   */
  async joinContact(contact: Contact, signal?: AbortSignal): Promise<void> {
    const { membership, log } = this.#options;
    const introductions = this.#introductions;
    if (!introductions) throw new CircuitError('EINVAL', 'there is no cluster key (--hmac)');
    const joining = this.#joining.signal;
    // Not AbortSignal.any(): Node 20 keeps something for each as long as the longest lives.
    const either = new AbortController();
    const forget = [signal, joining].map((each) => onAbort(each, () => either.abort()));
    try {
      await joinContact(contact, { membership, introductions, log, signal: either.signal });
    } catch (error) {
      if (!joining.aborted) throw error;
      throw joining.reason;
    } finally {
      for (const each of forget) each();
    }
  }

  get search(): SearchReport {
    return this.#search.report;
  }

  /** Stops looking for the network. */
  pause(): void {
    this.#hasParted = true;
    this.#discovery?.pause();
    this.#discovered.interrupt();
    this.#search.end();
    this.#joining.abort(new CircuitError('ECANCELED', 'this member left its network meanwhile'));
    this.#joining = new AbortController();
  }

  /** Leaves the network, and stops looking for it. */
  async leave(): Promise<void> {
    this.pause();
    await this.#options.membership.leave();
    await this.#known?.clear();
  }

  /** To be called before the membership is closed: saves the members that are known now. */
  async close(): Promise<void> {
    this.#watch[Symbol.dispose]();
    this.#search.end();
    this.#joining.abort(new CircuitError('ECANCELED', 'this member is shutting down'));
    this.#discovered.close();
    this.#discovery?.close();
    await this.#known?.close();
  }

  async #joinOrSeek(address: Address, signal: AbortSignal): Promise<void> {
    const { membership, log } = this.#options;
    try {
      await membership.join(address, { signal });
    } catch (error) {
      if (this.#hasParted) {
        log(`${address.authority} is not joined any more: this member is to stay alone`);
        return;
      }
      if (!isMendable(error)) throw error;
      const { authority } = address;
      this.#search.add(addressPlace(address, membership, log), { why: error, authority });
    }
  }
}
