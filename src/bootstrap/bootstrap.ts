import type { Address } from '../base/address.js';
import type { Membership } from '../membership/membership.js';
import type { ClusterKeys } from '../transport/cluster-keys.js';
import type { DiscoverOptions } from '../transport/multicast-group.js';
import { DiscoveredMembers } from './discovered-members.js';
import { Discovery } from './discovery.js';
import { KnownMembers } from './known-members.js';
import { joinPatiently } from './patient-join.js';
import { rejoin } from './rejoin.js';

export interface BootstrapOptions {
  readonly membership: Membership;
  /** Our own address. */
  readonly address: Address;
  readonly clusterKeys?: ClusterKeys | undefined;
  /** Where to discover others, if that is wanted. */
  readonly discover?: DiscoverOptions | undefined;
  /** The file that keeps the known members for the next run, if that is wanted. */
  readonly knownMembers?: string | undefined;
  /** Takes a sentence for the log. */
  readonly log: (event: string) => void;
}

/**
 * Finds the daemon's network when it starts: through the daemons that it is told to join, by
 * discovery, and through the members that it knew in an earlier run. The last two go on in the
 * background. A member that has left stays alone until somebody joins it with others again.
 */
export class Bootstrap {
  readonly #options: BootstrapOptions;
  readonly #known: KnownMembers | undefined;
  readonly #discovered: DiscoveredMembers;
  /** Aborted when the member has left, or another daemon has its name. */
  readonly #parted = new AbortController();
  readonly #discovery: Discovery | undefined;
  readonly #watch: Disposable;

  constructor(options: BootstrapOptions) {
    const { membership, log, knownMembers: file, discover, address, clusterKeys } = options;
    this.#options = options;
    this.#known = file === undefined ? undefined : new KnownMembers({ file, membership, log });
    this.#discovered = new DiscoveredMembers({ membership, log });
    const heard = (other: Address) => this.#discovered.hear(other);
    this.#discovery = discover && new Discovery({ ...discover, address, clusterKeys, heard, log });
    // A member that had left, perhaps while it started, has been joined again.
    this.#watch = membership.watch(({ kind }) => {
      if (kind === 'join' && this.#parted.signal.aborted) this.#discovery?.announce();
    });
  }

  /** Opens the sockets of the discovery. @throws CircuitError as {@link Discovery.open} */
  async open(): Promise<void> {
    await this.#discovery?.open();
  }

  /**
   * Joins the daemons at `addresses`, unless this member leaves meanwhile.
   * @throws CircuitError as {@link joinPatiently}
   */
  async join(addresses: readonly Address[], signal: AbortSignal): Promise<void> {
    const { membership, log } = this.#options;
    const options = { membership, log, signal, parted: this.#parted.signal };
    await Promise.all(addresses.map((address) => joinPatiently(address, options)));
  }

  /** Begins to look for the network. Resolves when the members known before are not tried any more. */
  async begin(): Promise<void> {
    const { membership, log } = this.#options;
    const { signal } = this.#parted;
    // The member may have left already, while it started.
    if (!signal.aborted) this.#discovery?.announce();
    const addresses = this.#known?.earlier ?? [];
    if (await rejoin({ membership, addresses, log, signal })) this.#known?.forgetEarlier();
  }

  /** Stops looking for the network. */
  pause(): void {
    this.#discovery?.pause();
    this.#discovered.interrupt();
    this.#parted.abort();
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
    this.#parted.abort();
    this.#discovered.close();
    this.#discovery?.close();
    await this.#known?.close();
  }
}
