import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { loadFailure, trimMemory } from '../../native/index.js';
import { CircuitTarget } from '../anchor/circuit-target.js';
import { LocalCircuit } from '../anchor/local-circuit.js';
import { LocalMember } from '../anchor/local-member.js';
import { RemoteMember } from '../anchor/remote-member.js';
import {
  Address,
  formatAuthority,
  type MemberName,
  newMemberName,
  newSecret,
} from '../base/address.js';
import { Contact } from '../base/contact.js';
import { CircuitError, errorMessage } from '../base/error.js';
import { trimBy } from '../base/garbage.js';
import { hostNameOf } from '../base/host-name.js';
import { onAbort } from '../base/interruptible.js';
import { OperationsLog } from '../base/log.js';
import { VERSION } from '../base/version.js';
import { Bootstrap } from '../bootstrap/bootstrap.js';
import { REGISTRY } from '../kinds/registry.js';
import type { StartOptionValues } from '../kinds/table.js';
import { MembershipDriver } from '../membership/driver.js';
import type { Membership } from '../membership/membership.js';
import type { MemberRecord } from '../membership/record.js';
import { circuitDirectory } from '../namespace/circuit.js';
import type { ClusterKeys } from '../transport/cluster-keys.js';
import type { ListenOptions } from '../transport/listener.js';
import type { DiscoverOptions } from '../transport/multicast-group.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import { rpcReport } from '../transport/rpc.js';
import { Transport } from '../transport/transport.js';
import { type AddressClaim, claimAddressFile } from './address-claim.js';
import { EndingsLog } from './endings-log.js';
import { reachableHost } from './host-address.js';
import { logKeys } from './key-log.js';
import { deliveryFrom, linksOver } from './member-links.js';
import { OrphanReaper } from './orphans.js';
import { type FuseOptions, OwnMount } from './own-mount.js';
import { notificationOfService, type ServiceNotification } from './service-notification.js';
import { StateDirectory } from './state-directory.js';

export interface DaemonOptions {
  /** Where to listen: on all interfaces without a host, on a free port with port 0. */
  readonly listen: Pick<ListenOptions, 'host' | 'port'>;
  /** Where others reach us, if not there. */
  readonly advertise?: { readonly host?: string | undefined; readonly port: number } | undefined;
  readonly clusterKeys?: ClusterKeys | undefined;
  /** A directory, `undefined` for the default one if it can be used, `false` for none. */
  readonly mountpoint?: string | false | undefined;
  readonly allowOther?: boolean;
  /** The host of the mount. */
  readonly fuse?: FuseOptions;
  /** Daemons to join at the start, and with a cluster key hosts where some may be. */
  readonly join?: readonly (Address | Contact)[];
  /** Where to announce the daemon, and to hear others. */
  readonly discover?: DiscoverOptions | undefined;
  /**
   * The directory that keeps the member's name, and the members that it knows, for the next run.
   */
  readonly stateDirectory?: string | undefined;
  /** The options of kinds of element. */
  readonly kinds?: StartOptionValues;
  /** Takes the lines of the operations log. */
  readonly log: (line: string) => void;
  /** Ends the daemon in order, even while it starts. */
  readonly signal?: AbortSignal | undefined;
}

/** How long programs may take to close the files that they have written to. */
const LAST_WRITERS_TIMEOUT_MS = 2_000;

/** How long processes may take to end by themselves. */
const TERMINATION_TIMEOUT_MS = 5_000;

/** A running member: puts everything together, and takes it down again. */
export class Daemon {
  readonly #log: OperationsLog;
  readonly #transport: Transport<CircuitTarget>;
  readonly #membership: Membership;
  readonly #bootstrap: Bootstrap;
  readonly #state: StateDirectory | undefined;
  readonly #local: LocalMember;
  readonly #circuit: LocalCircuit;
  readonly #orphans: OrphanReaper;
  /** HOST:PORT at which others reach us. */
  readonly #authority: string;
  readonly #service: ServiceNotification | undefined;
  /** Aborted when the daemon is to end. */
  readonly #ending = new AbortController();
  readonly #ended = new AbortController();
  /** Aborted when the daemon has ended, for whatever reason. */
  readonly ended: AbortSignal = this.#ended.signal;
  readonly #mount: OwnMount;
  #unmounted = true;
  #addressClaim: AddressClaim | undefined;
  #closing: Promise<void> | undefined;
  #parting = false;

  private constructor(parts: Parts, address: Address, options: DaemonOptions) {
    const { log, transport, state, record } = parts;
    const { clusterKeys } = options;
    const note = (event: string) => log.event(event);
    this.#log = log;
    this.#transport = transport;
    this.#state = state;
    this.#authority = address.authority;
    this.#service = notificationOfService({ status: () => this.#status, log: note });
    this.#membership = new MembershipDriver({
      self: record,
      links: linksOver(transport),
      displaced: () => {
        this.#bootstrap.pause();
        log.event(`another daemon was started as ${record.name}; this one goes on alone`);
      },
    });
    this.#bootstrap = new Bootstrap({
      membership: this.#membership,
      address,
      clusterKeys,
      discover: options.discover,
      knownMembers: state?.knownMembers,
      onFreePort: options.listen.port === 0,
      log: note,
    });
    this.#local = new LocalMember({
      membership: this.#membership,
      log,
      shutdown: () => this.#endSoon(),
      leave: () => this.#part(() => this.#bootstrap.leave()),
      joinContact: clusterKeys && ((...args) => this.#bootstrap.joinContact(...args)),
      reload: clusterKeys && (() => this.#reload(clusterKeys)),
      report: () => ({
        ...this.#mount.report,
        anchors: this.#local.anchorCount,
        rpc: rpcReport(),
        search: this.#bootstrap.search,
      }),
    });
    this.#circuit = new LocalCircuit(this.#membership, this.#local, (name, known) => {
      return new RemoteMember(name, () => this.#connect(name), known);
    });
    this.#mount = new OwnMount({
      root: () => circuitDirectory(this.#circuit, log),
      isService: this.#service !== undefined,
      unmounted: (sentence) => {
        if (this.#closing) return;
        log.event(`${sentence}; going on without`);
        this.#service?.changed();
      },
      log: note,
    });
    this.#orphans = new OrphanReaper(note);
    this.#membership.watch(({ kind, member, state: why }) => {
      if (!this.#parting)
        log.event(kind === 'join' ? `${member.name} joined` : `${member.name} ${why}`);
      this.#service?.changed();
    });
  }

  /**
   * Listens, mounts and joins. If any of it fails, the rest is undone.
   * @throws CircuitError naming what could not be done; EINTR if it is to end before it has
   *   started; EBUSY if the mount could not be undone
   */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const log = new OperationsLog(options.log);
    if (loadFailure) log.event(`no processes: ${loadFailure.message}`);
    else trimBy(trimMemory);
    const endings = new EndingsLog(log);
    const { stateDirectory: directory } = options;
    const state = directory === undefined ? undefined : await StateDirectory.open(directory);
    const secret = newSecret();
    let daemon: Daemon | undefined;
    const transport = new Transport<CircuitTarget>({
      clusterKeys: options.clusterKeys,
      main: (peer) => (daemon ? daemon.#mainFor(peer) : undefined),
      ended: (remote, event) => endings.note(remote, event),
      log: (event) => log.event(event),
    });
    try {
      const name = (await state?.memberName()) ?? newMemberName();
      const port = await transport.listen({ ...options.listen, secret });
      const host = options.advertise?.host ?? reachableHost(options.listen.host);
      const address = new Address(host, options.advertise?.port || port, process.pid, secret);
      transport.advertise(address);
      const addr = address.toString();
      const record: MemberRecord = {
        name,
        addr,
        joined: Date.now(),
        incarnation: 0,
        state: 'alive',
        host: hostNameOf(hostname()),
        version: VERSION,
      };
      log.event(`${name} listens on ${formatAuthority(options.listen.host ?? '*', port)}`);
      if (options.clusterKeys) logKeys(options.clusterKeys, log);
      daemon = new Daemon({ log, transport, state, record }, address, options);
      const ending = daemon.#ending;
      onAbort(options.signal, () => ending.abort());
      daemon.#local.begin(options.kinds);
      await daemon.#bootstrap.open();
      const { mountpoint, allowOther = false, fuse } = options;
      if (mountpoint !== false) await daemon.#mount.open(mountpoint, { allowOther, ...fuse });
      daemon.#addressClaim = claimAddressFile({
        address,
        keyFile: options.clusterKeys?.file,
        log: (event) => log.event(event),
      });
      // Not after the join: a host that boots while the others do may wait for them for long.
      if (!ending.signal.aborted) daemon.#service?.ready();
      const { join = [] } = options;
      const addresses = join.filter((each) => each instanceof Address);
      await daemon.#bootstrap.join(addresses, ending.signal);
      daemon.#bootstrap.begin(join.filter((each) => each instanceof Contact));
      if (ending.signal.aborted) throw new CircuitError('EINTR', 'the start was interrupted');
      ending.signal.addEventListener('abort', () => daemon?.close(), { once: true });
      return daemon;
    } catch (error) {
      if (daemon) await daemon.close();
      transport.close();
      state?.close();
      if (daemon && !daemon.unmounted) {
        throw new CircuitError('EBUSY', `${errorMessage(error)}; the mount is still there`);
      }
      throw error;
    }
  }

  /** The circuit address, which is a secret. */
  get address(): string {
    return this.#membership.self.addr;
  }

  /** Whether the end left no mount behind. */
  get unmounted(): boolean {
    return this.#unmounted;
  }

  /** Adds a line to the operations log. */
  note(event: string): void {
    this.#log.event(event);
  }

  /** Ends in order: leaves the network, unmounts, stops listening. Never fails. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends when the caller has its answer, and has closed the file that it wrote to. */
  async #endSoon(): Promise<void> {
    const limit = delay(LAST_WRITERS_TIMEOUT_MS, undefined, { ref: false });
    await Promise.race([this.#mount.written(), limit]);
    setImmediate(() => this.#ending.abort());
  }

  async #reload(keys: ClusterKeys): Promise<void> {
    await keys.reload();
    logKeys(keys, this.#log);
  }

  /** Leaves the network. The membership tells that all others go; the log says that we do. */
  async #part(leave: () => Promise<void>): Promise<void> {
    const others = this.#membership.members().length - 1;
    this.#parting = true;
    try {
      await leave();
    } finally {
      this.#parting = false;
      if (others > 0) this.#log.event(`left the network of ${others + 1} members`);
    }
  }

  async #close(): Promise<void> {
    this.#service?.stopping();
    this.#addressClaim?.[Symbol.dispose]();
    await this.#bootstrap.close();
    await this.#part(() => this.#membership.close());
    await this.#local.terminate(TERMINATION_TIMEOUT_MS);
    this.#unmounted = await this.#mount.close();
    this.#orphans[Symbol.dispose]();
    this.#transport.close();
    this.#state?.close();
    this.#service?.[Symbol.dispose]();
    this.#log.event(`${this.#membership.self.name} ended`);
    this.#ended.abort();
  }

  /** For the service manager, which shows it to everybody: without the address's secret. */
  get #status(): string {
    const count = this.#membership.members().length;
    const members = count === 1 ? '1 member' : `${count} members`;
    const { directory } = this.#mount;
    const where = directory === undefined ? 'not mounted' : `mounted on ${directory}`;
    return `${this.#authority}; ${members}; ${where}`;
  }

  #connect(name: MemberName) {
    const record = this.#membership.get(name);
    // Not ENOENT, which readdir(3) takes for the end: the listing would seem empty.
    if (!record) throw new CircuitError('EHOSTUNREACH', 'it is not in the network any more');
    const { addr } = record;
    return this.#transport.standing(addr) ?? this.#transport.connect(Address.parse(addr));
  }

  /** The object that one peer may call. */
  #mainFor(peer: PeerConnection<CircuitTarget>): CircuitTarget {
    const log = this.#log;
    const addr = peer.address?.toString();
    return new CircuitTarget({
      circuit: this.#circuit,
      registry: REGISTRY,
      log,
      flow: peer.flow,
      whenSilent: peer.whenSilent,
      memory: this.#local.messages.ofConnection(),
      who: () => {
        const member = this.#membership.members().find((record) => record.addr === addr);
        return `peer=${member?.name ?? peer.remote}`;
      },
      deliver: deliveryFrom(peer, this.#membership),
      published: async () => this.#mount.invalidated(),
    });
  }
}

interface Parts {
  readonly log: OperationsLog;
  readonly transport: Transport<CircuitTarget>;
  readonly state: StateDirectory | undefined;
  readonly record: MemberRecord;
}
