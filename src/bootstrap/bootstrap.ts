import type { Address } from '../base/address.js';
import type { Membership } from '../membership/membership.js';
import type { DiscoverOptions } from '../transport/multicast-group.js';
import type { ClusterKey } from '../transport/security.js';
import { DiscoveredMembers } from './discovered-members.js';
import { Discovery } from './discovery.js';
import { KnownMembers } from './known-members.js';
import { joinPatiently } from './patient-join.js';
import { rejoin } from './rejoin.js';

export interface BootstrapOptions {
  readonly membership: Membership;
  /** Our own address. */
  readonly address: Address;
  readonly clusterKey?: ClusterKey | undefined;
  /** Where daemons are announced, if they are. */
  readonly discover?: DiscoverOptions | undefined;
  /** Keeps the members from one run to the next, if they are to be kept. */
  readonly knownMembers?: string | undefined;
  /** Takes a sentence for the log. */
  readonly log: (event: string) => void;
}

/**
 * How a daemon finds its network when it starts: by those whom it is told to join, by
 * discovery, and by the members that it knew in an earlier run. The last two go on in the
 * background. A member that has parted stays alone until somebody joins it with others again.
 */
export class Bootstrap {
  readonly #options: BootstrapOptions;
  readonly #known: KnownMembers | undefined;
  readonly #discovered: DiscoveredMembers;
  /** Aborted when the member has left, or another daemon has its name. */
  readonly #parted = new AbortController();
  readonly #watch: Disposable;
  #discovery: Discovery | undefined;

  private constructor(options: BootstrapOptions) {
    const { membership, log, knownMembers: file } = options;
    this.#options = options;
    this.#known = file === undefined ? undefined : new KnownMembers({ file, membership, log });
    this.#discovered = new DiscoveredMembers({ membership, log });
    // One that had left, which it may have done while it started, has been joined again.
    this.#watch = membership.watch(({ kind }) => {
      if (kind === 'join' && this.#parted.signal.aborted) this.#discovery?.announce();
    });
  }

  /** Opens the sockets of the discovery. @throws CircuitError as {@link Discovery.open} */
  static async open(options: BootstrapOptions): Promise<Bootstrap> {
    const bootstrap = new Bootstrap(options);
    const { discover, address, clusterKey, log } = options;
    if (!discover) return bootstrap;
    const heard = (other: Address) => bootstrap.#discovered.hear(other);
    try {
      bootstrap.#discovery = await Discovery.open({ ...discover, address, clusterKey, heard, log });
    } catch (error) {
      await bootstrap.close();
      throw error;
    }
    return bootstrap;
  }

  /**
   * Joins the daemons at `addresses`, unless we part meanwhile.
   * @throws CircuitError as {@link joinPatiently}
   */
  async join(addresses: readonly Address[], signal: AbortSignal): Promise<void> {
    const { membership, log } = this.#options;
    const options = { membership, log, signal, parted: this.#parted.signal };
    await Promise.all(addresses.map((address) => joinPatiently(address, options)));
  }

  /** Begins to look for the network. */
  begin(): void {
    // It may have left already, while it started.
    if (!this.#parted.signal.aborted) this.#discovery?.announce();
    this.#rejoin();
  }

  /** Looks for the network no more. */
  pause(): void {
    this.#discovery?.pause();
    this.#discovered.interrupt();
    this.#parted.abort();
  }

  /** Leaves the network, and does not look for it any more. */
  async leave(): Promise<void> {
    this.pause();
    await this.#options.membership.leave();
    await this.#known?.clear();
  }

  /** To be called before the membership is closed: what is known now is kept. */
  async close(): Promise<void> {
    this.#watch[Symbol.dispose]();
    this.#parted.abort();
    this.#discovered.close();
    this.#discovery?.close();
    await this.#known?.close();
  }

  async #rejoin(): Promise<void> {
    const { membership, log } = this.#options;
    const addresses = this.#known?.earlier ?? [];
    const { signal } = this.#parted;
    if (await rejoin({ membership, addresses, log, signal })) this.#known?.forgetEarlier();
  }
}
