import { constants } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
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
import { RateLimit } from '../base/rate-limit.js';
import { AcceptedKeys, type Proof } from './accepted-keys.js';
import type { ClusterKeys } from './cluster-keys.js';
import { INTRODUCTION_PATH, TOO_MANY } from './introduction.js';
import {
  CLOSE_TIMEOUT_MS,
  HANDSHAKE_TIMEOUT_MS,
  INTRODUCTIONS,
  MAX_INTRODUCED_SOCKETS,
  MAX_MESSAGE,
  MAX_UNPROVEN_SOCKETS,
} from './limits.js';
import { RefusalLog } from './refusal-log.js';
import { limitRecords, TLS_VERSION } from './security.js';

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
  readonly clusterKeys?: ClusterKeys | undefined;
  /** Our address, as soon as there is one. */
  readonly self?: () => string | undefined;
  /** Takes a sentence for the log. */
  readonly log?: ((event: string) => void) | undefined;
  /** How many introductions there may be: {@link INTRODUCTIONS} a second by custom. */
  readonly introductions?: RateLimit;
}

/**
 * A listening socket. It hands over WebSockets whose peers have proved that they hold our address,
 * and tells our address to those who have proved that they hold the cluster key.
 */
export class Listener {
  readonly #options: ListenOptions;
  readonly #server: Server;
  readonly #webSockets: WebSocketServer;
  readonly #sockets = new Set<Socket>();
  /** The sockets that are not through the TLS handshake yet, by the peer's address and port. */
  readonly #unproven = new EvictingMap<string, Socket>({
    limit: MAX_UNPROVEN_SOCKETS,
    evicted: (socket) => this.#dropUnproven(socket),
  });
  /** When those are dropped that are no WebSocket yet, by the peer's address and port. */
  readonly #deadlines = new Map<string, NodeJS.Timeout>();
  /** The sockets of those who have proved the cluster key alone, the oldest first. */
  readonly #introduced = new EvictingMap<Socket, Socket>({
    limit: MAX_INTRODUCED_SOCKETS,
    evicted: (socket) => {
      this.#refusals.note('tooMany', hostOf(socket));
      socket.destroy();
    },
  });
  /**
   * The offer of a socket's peer to prove something; it has done so when the handshake is over. A
   * socket without an offer is served nothing.
   */
  readonly #offers = new WeakMap<Socket, Offer>();
  readonly #introductions: RateLimit;
  readonly #refusals: RefusalLog;

  private constructor(options: ListenOptions, accept: Accept) {
    const accepted = new AcceptedKeys(options.secret, options.clusterKeys);
    this.#options = options;
    this.#introductions = options.introductions ?? new RateLimit(INTRODUCTIONS, INTRODUCTIONS);
    this.#refusals = new RefusalLog(options.log ?? (() => {}));
    this.#server = createServer({
      ...TLS_VERSION,
      // A pre-shared key leaves no certificate to verify again, so a ticket saves nothing.
      secureOptions: constants.SSL_OP_NO_TICKET,
      pskCallback: (socket, identity) => {
        const { psk, proof } = accepted.get(identity);
        // Where a peer gives two identities, the last is the one whose key it has to prove.
        this.#offers.set(socket, { proof, host: hostOf(socket) });
        return psk;
      },
    });
    this.#server.maxRequestsPerSocket = 1;
    this.#webSockets = new WebSocketServer({
      ...WEBSOCKET_OPTIONS,
      noServer: true,
      handleProtocols: (offered) => offered.has(SUBPROTOCOL) && SUBPROTOCOL,
    });
    this.#webSockets.on('headers', (headers) => {
      const address = options.self?.();
      if (address !== undefined) headers.push(`${ADDRESS_HEADER}: ${address}`);
    });
    this.#server.on('connection', (socket: Socket) => this.#admit(socket));
    this.#server.on('secureConnection', (socket) => this.#proven(socket));
    this.#server.on('tlsClientError', (error, socket) => this.#refuse(error, socket));
    this.#server.on('upgrade', (request, socket, head) =>
      this.#open(request, socket, head, accept),
    );
    this.#server.on('request', (request, response) => this.#introduce(request, response));
  }

  /** @throws CircuitError EADDRINUSE, EADDRNOTAVAIL or EACCES, naming the address. */
  static async listen(options: ListenOptions, accept: Accept): Promise<Listener> {
    const listener = new Listener(options, accept);
    await new Promise<void>((resolve, reject) => {
      // Accepting can fail later, too, when no descriptor is left; the daemon goes on serving.
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
    this.#refusals.close();
    this.#webSockets.close();
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Bounds how much a peer can make us hold before it has a WebSocket, and for how long. */
  #admit(socket: Socket): void {
    const peer = peerOf(socket);
    const isUnproven = () => this.#unproven.get(peer) === socket;
    const deadline = setTimeout(() => {
      if (isUnproven()) this.#dropUnproven(socket);
      else socket.destroy();
    }, HANDSHAKE_TIMEOUT_MS);
    this.#sockets.add(socket);
    this.#unproven.set(peer, socket);
    this.#deadlines.set(peer, deadline);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(deadline);
      this.#sockets.delete(socket);
      if (isUnproven()) this.#unproven.delete(peer);
      if (this.#deadlines.get(peer) === deadline) this.#deadlines.delete(peer);
    });
  }

  #dropUnproven(socket: Socket): void {
    this.#refusals.note('noKey', hostOf(socket));
    socket.destroy();
  }

  /** The TLS handshake is over: the peer has proved what it offered to. */
  #proven(socket: TLSSocket): void {
    this.#unproven.delete(peerOf(socket));
    limitRecords(socket);
    if (this.#offers.get(socket)?.proof !== 'key') return;
    this.#introduced.set(socket, socket);
    socket.once('close', () => this.#introduced.delete(socket));
  }

  #refuse(error: Error, socket: TLSSocket): void {
    // A peer that hangs up may have been interrupted, and has tried no key in vain.
    if (errorCode(error) !== 'ECONNRESET') {
      const { proof, host } = this.#offers.get(socket) ?? { proof: 'none', host: hostOf(socket) };
      this.#refusals.note(REFUSALS[proof ?? 'unknown'], host);
    }
    socket.destroy();
  }

  #open(request: IncomingMessage, socket: Duplex, head: Buffer, accept: Accept): void {
    if (this.#offers.get(request.socket)?.proof !== 'address') {
      socket.destroy();
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      clearTimeout(this.#deadlines.get(peerOf(request.socket)));
      accept(webSocket, request);
    });
  }

  #introduce(request: IncomingMessage, response: ServerResponse): void {
    const { status, text = '' } = this.#introduction(request);
    response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(text);
  }

  #introduction({ method, url, socket }: IncomingMessage): Answer {
    if (this.#offers.get(socket)?.proof !== 'key') return { status: 426 };
    if (method !== 'GET' || url !== INTRODUCTION_PATH) return { status: 404 };
    if (!this.#introductions.pass(performance.now())) {
      this.#refusals.note('tooMany', hostOf(socket));
      return { status: TOO_MANY };
    }
    const address = this.#options.self?.();
    return address === undefined ? { status: TOO_MANY } : { status: 200, text: `${address}\n` };
  }
}

interface Offer {
  /** None where the key is not known. */
  readonly proof: Proof | undefined;
  readonly host: string;
}

/** The meaning of a failed handshake, by what the peer had offered to prove. */
const REFUSALS = {
  address: 'wrongAddress',
  key: 'unknownKey',
  unknown: 'unknownKey',
  none: 'noKey',
} as const;

interface Answer {
  readonly status: number;
  readonly text?: string;
}

type Accept = (socket: WebSocket, request: IncomingMessage) => void;

function hostOf({ remoteAddress = 'a peer that has gone' }: Socket): string {
  return remoteAddress.replace(/^::ffff:(?=[\d.]+$)/, '');
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
