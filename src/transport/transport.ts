import { setMaxListeners } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { RpcCompatible } from 'capnweb';
import type { WebSocket } from 'ws';
import { Address, formatAuthority } from '../base/address.js';
import { interruptible } from '../base/interruptible.js';
import type { ClusterKeys } from './cluster-keys.js';
import { dial } from './dial.js';
import { ADDRESS_HEADER, Listener, type ListenOptions } from './listener.js';
import { PeerConnection } from './peer-connection.js';

export interface TransportOptions<Remote extends RpcCompatible<Remote>> {
  readonly clusterKeys?: ClusterKeys | undefined;
  /** Gives the object that a peer may call, an `RpcTarget`; without it there is none. */
  readonly main?: (peer: PeerConnection<Remote>, socket: WebSocket) => unknown;
  /** Called with what became of a peer, unless its connection ended in the usual way. */
  readonly ended?: ((remote: string, event: string) => void) | undefined;
  /** Takes a sentence for the log: peers are refused. */
  readonly log?: ((event: string) => void) | undefined;
}

/**
 * The connections to other daemons: opened on demand, shared by all callers, and used in both
 * directions, whichever side opened them. There are two to one daemon where both sides dialled.
 */
export class Transport<Remote extends RpcCompatible<Remote>> {
  readonly #options: TransportOptions<Remote>;
  /** The connections by each address at which a peer is known, the newest last. */
  readonly #connections = new Map<string, readonly PeerConnection<Remote>[]>();
  readonly #dialling = new Map<string, Promise<PeerConnection<Remote>>>();
  readonly #open = new Set<PeerConnection<Remote>>();
  readonly #closing = new AbortController();
  #listener: Listener | undefined;
  #self: string | undefined;

  constructor(options: TransportOptions<Remote>) {
    this.#options = options;
    setMaxListeners(0, this.#closing.signal);
  }

  /**
   * Starts to accept connections. @returns The port.
   * @throws CircuitError as {@link Listener.listen}
   */
  async listen(options: Pick<ListenOptions, 'host' | 'port' | 'secret'>): Promise<number> {
    const { clusterKeys, log } = this.#options;
    this.#listener = await Listener.listen(
      { ...options, clusterKeys, log, self: () => this.#self },
      (socket, request) => this.#accept(socket, request),
    );
    return this.#listener.port;
  }

  /** Sets the address at which peers can call us. */
  advertise(address: Address): void {
    this.#self = address.toString();
  }

  /** The connection to the daemon at a circuit address, if there is one. */
  standing(address: string): PeerConnection<Remote> | undefined {
    return this.#connections.get(address)?.findLast(({ isOpen }) => isOpen);
  }

  /**
   * The connection to the daemon at `address`, opened if there is none.
   * @throws CircuitError as {@link dial}
   */
  async connect(address: Address, signal?: AbortSignal): Promise<PeerConnection<Remote>> {
    const key = address.toString();
    const known = this.standing(key);
    if (known) return known;
    const shared = this.#dialling.get(key) ?? this.#dial(address, key);
    return await interruptible(shared, signal);
  }

  /**
   * Dials the daemon at `address` and hangs up, whether or not there is a connection.
   * @param timeout In milliseconds.
   * @throws CircuitError as {@link dial}
   */
  async probe(address: Address, timeout: number): Promise<void> {
    const { clusterKeys } = this.#options;
    const socket = await dial(address, { clusterKeys, timeout });
    socket.close(1000);
  }

  /** Ends every connection and stops listening. */
  close(): void {
    this.#closing.abort();
    for (const connection of this.#open) connection.close();
    this.#listener?.close();
  }

  #dial(address: Address, key: string): Promise<PeerConnection<Remote>> {
    const { clusterKeys } = this.#options;
    let told: Address | undefined;
    const dialled = dial(address, {
      clusterKeys,
      self: this.#self,
      signal: this.#closing.signal,
      answered: (headers) => {
        told = addressIn(headers);
      },
    }).then((socket) => {
      return this.#adopt(socket, { address: told ?? address, remote: address.authority }, key);
    });
    this.#dialling.set(key, dialled);
    const done = () => this.#dialling.delete(key);
    dialled.then(done, done);
    return dialled;
  }

  #accept(socket: WebSocket, request: IncomingMessage): void {
    const { remoteAddress = '', remotePort = 0 } = request.socket;
    const host = remoteAddress.replace(/^::ffff:(?=[\d.]+$)/, '');
    const remote = formatAuthority(host, remotePort);
    this.#adopt(socket, { address: addressIn(request.headers), remote });
  }

  /** @param dialled The address that we dialled: the peer may say that it listens at another. */
  #adopt(
    socket: WebSocket,
    { address, remote }: Pick<PeerConnection<Remote>, 'address' | 'remote'>,
    dialled?: string,
  ): PeerConnection<Remote> {
    const { main, ended } = this.#options;
    const connection = new PeerConnection<Remote>(socket, (peer) => main?.(peer, socket), {
      dialled: dialled !== undefined,
      address,
      remote,
      ended: (event) => ended?.(remote, event),
    });
    const keys = new Set([address?.toString(), dialled].filter((key) => key !== undefined));
    this.#open.add(connection);
    for (const key of keys) {
      this.#connections.set(key, [...(this.#connections.get(key) ?? []), connection]);
    }
    connection.closed.then(() => {
      this.#open.delete(connection);
      for (const key of keys) this.#forget(key, connection);
    });
    return connection;
  }

  #forget(key: string, connection: PeerConnection<Remote>): void {
    const others = this.#connections.get(key)?.filter((other) => other !== connection) ?? [];
    if (others.length > 0) this.#connections.set(key, others);
    else this.#connections.delete(key);
  }
}

/**
 * The address that a peer says it has. It has proved that it holds our address, or the one that we
 * dialled; we trust it to tell its own.
 */
function addressIn(headers: IncomingHttpHeaders): Address | undefined {
  const header = headers[ADDRESS_HEADER];
  return typeof header === 'string' ? Address.tryParse(header) : undefined;
}
