import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { formatAuthority, type Secret } from '../base/address.js';
import {
  asCircuitError,
  CircuitError,
  errorCode,
  errorMessage,
  isOutOfDescriptors,
} from '../base/error.js';
import { EvictingMap } from '../base/evicting-map.js';
import {
  CLOSE_TIMEOUT_MS,
  HANDSHAKE_TIMEOUT_MS,
  MAX_MESSAGE,
  MAX_UNPROVEN_SOCKETS,
} from './limits.js';
import { type ClusterKey, limitRecords, presharedKey, TLS_VERSION } from './security.js';

/**
 * The WebSocket subprotocol; the number changes when daemons could no longer talk to each other.
 */
export const SUBPROTOCOL = 'circuit.1';

/**
 * The HTTP header in which a daemon says where it listens: the daemon that dials, and the one that
 * answers, which may have been dialled by another of its names.
 */
export const ADDRESS_HEADER = 'circuit-address';

/** The options of both sides. The types of `ws` lack `closeTimeout`. */
export const WEBSOCKET_OPTIONS = {
  maxPayload: MAX_MESSAGE,
  closeTimeout: CLOSE_TIMEOUT_MS,
  perMessageDeflate: false,
} as const;

export interface ListenOptions {
  /** All interfaces if not given. */
  readonly host?: string | undefined;
  /** 0 picks a free port. */
  readonly port: number;
  readonly secret: Secret;
  readonly clusterKey?: ClusterKey | undefined;
  /** Our address, as soon as there is one. */
  readonly self?: () => string | undefined;
}

/** A listening socket. It hands over WebSockets whose peers have proved that they hold the key. */
export class Listener {
  readonly #server: Server;
  readonly #webSockets: WebSocketServer;
  readonly #sockets = new Set<Socket>();
  /** The sockets that are not through the TLS handshake yet, by the peer's address and port. */
  readonly #unproven = new EvictingMap<string, Socket>({
    limit: MAX_UNPROVEN_SOCKETS,
    evicted: (socket) => socket.destroy(),
  });

  private constructor(options: ListenOptions) {
    const key = presharedKey(options.secret, options.clusterKey);
    this.#server = createServer({
      ...TLS_VERSION,
      pskCallback: () => key,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      headersTimeout: HANDSHAKE_TIMEOUT_MS,
      requestTimeout: HANDSHAKE_TIMEOUT_MS,
      connectionsCheckingInterval: HANDSHAKE_TIMEOUT_MS,
    });
    this.#webSockets = new WebSocketServer({
      ...WEBSOCKET_OPTIONS,
      server: this.#server,
      handleProtocols: (offered) => offered.has(SUBPROTOCOL) && SUBPROTOCOL,
    });
    this.#webSockets.on('headers', (headers) => {
      const address = options.self?.();
      if (address !== undefined) headers.push(`${ADDRESS_HEADER}: ${address}`);
    });
    // It repeats the server's errors, which are handled there. Accepting can fail later, too, when
    // no descriptor is left; the daemon goes on serving.
    this.#webSockets.on('error', () => {});
    this.#server.on('connection', (socket: Socket) => this.#admit(socket));
    this.#server.on('secureConnection', (socket) => {
      this.#unproven.delete(peerOf(socket));
      limitRecords(socket);
    });
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy());
  }

  /** @throws CircuitError EADDRINUSE, EADDRNOTAVAIL or EACCES, naming the address. */
  static async listen(
    options: ListenOptions,
    accept: (socket: WebSocket, request: IncomingMessage) => void,
  ): Promise<Listener> {
    const listener = new Listener(options);
    listener.#webSockets.on('connection', accept);
    await new Promise<void>((resolve, reject) => {
      listener.#server.on('error', (error) => reject(explain(error, options)));
      listener.#server.listen({ port: options.port, host: options.host }, resolve);
    });
    return listener;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Stops listening and drops every socket that is still open. */
  close(): void {
    this.#webSockets.close();
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Bounds how much a peer without the key can make us hold. */
  #admit(socket: Socket): void {
    const peer = peerOf(socket);
    this.#sockets.add(socket);
    this.#unproven.set(peer, socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.#sockets.delete(socket);
      if (this.#unproven.get(peer) === socket) this.#unproven.delete(peer);
    });
  }
}

function peerOf(socket: Socket): string {
  return formatAuthority(socket.remoteAddress ?? '', socket.remotePort ?? 0);
}

function explain(error: unknown, { host, port }: ListenOptions): unknown {
  if (isOutOfDescriptors(error)) return asCircuitError(error);
  const where = formatAuthority(host ?? '*', port);
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return new CircuitError('EADDRINUSE', `${where} is in use by another program`);
    case 'EADDRNOTAVAIL':
      return new CircuitError('EADDRNOTAVAIL', `${host} is not an address of this host`);
    case 'EACCES':
      return new CircuitError(
        'EACCES',
        `this user may not listen on port ${port}; take one of 1024 or more`,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new CircuitError('EADDRNOTAVAIL', `there is no host named ${host}`);
    default:
      return new CircuitError('EIO', `cannot listen on ${where}: ${errorMessage(error)}`);
  }
}
