import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import createDebug from 'debug';
import { CircuitError, errorCode, errorMessage } from '../base/error.js';
import {
  formatGroup,
  isOnLink,
  type MulticastGroup,
  type MulticastInterface,
} from './multicast-group.js';

const debug = createDebug('circuit:discovery');

/** Whether a socket hears what is sent to the group, or only answers to what it sent itself. */
export type Listening = 'group' | 'answers';

export type Receive = (datagram: Buffer, from: RemoteInfo, socket: MulticastSocket) => void;

/** Talks to a multicast group over one interface, and hears only hosts on its link. */
export class MulticastSocket {
  readonly #group: MulticastGroup;
  readonly #interface: MulticastInterface;
  readonly #sender: Socket;
  readonly #receiver: Socket | undefined;
  #closed = false;

  private constructor(group: MulticastGroup, over: MulticastInterface, listening: Listening) {
    const type = group.family === 'IPv4' ? 'udp4' : 'udp6';
    this.#group = group;
    this.#interface = over;
    this.#sender = createSocket(type);
    // Every daemon of this host must hear the group.
    if (listening === 'group') this.#receiver = createSocket({ type, reuseAddr: true });
  }

  /**
   * Opens a socket on each of `interfaces` that can be used.
   * @throws CircuitError EADDRINUSE or EACCES (the port), EADDRNOTAVAIL (no interface can be used)
   */
  static async open(
    group: MulticastGroup,
    interfaces: readonly MulticastInterface[],
    listening: Listening,
    receive: Receive,
  ): Promise<MulticastSocket[]> {
    const opened = await Promise.allSettled(
      interfaces.map(async (over) => {
        const socket = new MulticastSocket(group, over, listening);
        await socket.#open(receive);
        return socket;
      }),
    );
    const sockets = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const failures = opened.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    for (const failure of failures) debug('%s: %s', formatGroup(group), failure);
    const refusal = failures.find((error) =>
      ['EADDRINUSE', 'EACCES'].includes(errorCode(error) ?? ''),
    );
    if (refusal === undefined && sockets.length > 0) return sockets;
    for (const socket of sockets) socket.close();
    throw explain(refusal ?? failures[0], group);
  }

  /** Sends to the whole group. Nobody knows whether it arrives. */
  send(datagram: Buffer): void {
    this.#transmit(datagram, this.#group.port, this.#address);
  }

  /** Answers a sender, unless it cannot be answered: RFC 768 allows a source port of zero. */
  answer(datagram: Buffer, { address, port }: RemoteInfo): void {
    if (port !== 0) this.#transmit(datagram, port, address);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sender.close();
    this.#receiver?.close();
  }

  /** The group's address, on this link. */
  get #address(): string {
    return `${this.#group.address}${this.#interface.zone}`;
  }

  async #open(receive: Receive): Promise<void> {
    const { address, port } = this.#group;
    const { name, address: own, zone } = this.#interface;
    const membership = zone === '' ? own : `::${zone}`;
    try {
      await bind(this.#sender, own, 0);
      this.#sender.setMulticastInterface(membership);
      // No router must pass it on. That is the default, but too much depends on it.
      this.#sender.setMulticastTTL(1);
      // Bound to the group's address: what is sent to this host alone does not arrive.
      if (this.#receiver) await bind(this.#receiver, this.#address, port);
      this.#receiver?.addMembership(address, membership);
    } catch (error) {
      this.close();
      throw error;
    }
    for (const socket of [this.#sender, this.#receiver]) {
      socket?.on('error', (error) => debug('%s: %s', name, error.message));
    }
    (this.#receiver ?? this.#sender).on('message', (datagram, from) => {
      // An IPv4 socket hears the group from every interface on which any program has joined it.
      if (isOnLink(this.#interface, from.address)) receive(datagram, from, this);
    });
  }

  #transmit(datagram: Buffer, port: number, address: string): void {
    if (this.#closed) return;
    this.#sender.send(datagram, port, address, (error) => {
      // The link may be down, and come up again.
      if (error) debug('%s: %s', this.#interface.name, error.message);
    });
  }
}

/** Rejects with the error of bind(2). */
async function bind(socket: Socket, address: string, port: number): Promise<void> {
  socket.bind({ address, port });
  await once(socket, 'listening');
}

function explain(error: unknown, group: MulticastGroup): CircuitError {
  const where = formatGroup(group);
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return new CircuitError('EADDRINUSE', `${where} is in use by another program`);
    case 'EACCES':
      return new CircuitError('EACCES', `this user may not listen on port ${group.port}`);
    default:
      return new CircuitError('EADDRNOTAVAIL', `no multicast on ${where}: ${errorMessage(error)}`);
  }
}
