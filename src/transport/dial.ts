import type { IncomingHttpHeaders } from 'node:http';
import { type ConnectionOptions, createSecureContext } from 'node:tls';
import { type ClientOptions, WebSocket } from 'ws';
import type { Address } from '../base/address.js';
import {
  asCircuitError,
  CircuitError,
  errorCode,
  errorMessage,
  isOutOfDescriptors,
  noAnswer,
} from '../base/error.js';
import { onAbort } from '../base/interruptible.js';
import { HANDSHAKE_TIMEOUT_MS } from './limits.js';
import { ADDRESS_HEADER, SUBPROTOCOL, WEBSOCKET_OPTIONS } from './listener.js';
import {
  type ClusterKey,
  limitRecords,
  PSK_IDENTITY,
  presharedKey,
  TLS_VERSION,
} from './security.js';

/**
 * Shared by all connections, since it takes a while to make. A peer without the key could offer a
 * certificate instead: we trust none, and look at no name.
 */
const SECURE_CONTEXT = createSecureContext({ ...TLS_VERSION, ca: [] });

/**
 * Opens a WebSocket to the daemon at `address`.
 *
 * @throws CircuitError EACCES (wrong secret or cluster key), ECONNREFUSED,
 *   ETIMEDOUT (after `timeout`, or {@link HANDSHAKE_TIMEOUT_MS}), EHOSTUNREACH, EPROTO (not a
 *   circuit), ECONNRESET, EMFILE, EIO (a system call here failed), EINTR (`signal` was aborted).
 */
export function dial(
  address: Address,
  { clusterKey, self, signal, answered, timeout = HANDSHAKE_TIMEOUT_MS }: DialOptions,
): Promise<WebSocket> {
  const psk = presharedKey(address.secret, clusterKey);
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(interrupted(address));
    const options: ClientOptions & Untyped = {
      ...WEBSOCKET_OPTIONS,
      secureContext: SECURE_CONTEXT,
      pskCallback: () => ({ psk, identity: PSK_IDENTITY }),
      checkServerIdentity: () => true,
      headers: self ? { [ADDRESS_HEADER]: self } : {},
      // The mask keeps proxies from taking the frames for HTTP (RFC 6455, section 10.3). Inside TLS
      // they see none, and masking with zeros costs nothing.
      generateMask: (mask) => mask.fill(0),
    };
    const socket = new WebSocket(`wss://${address.authority}`, SUBPROTOCOL, options);
    const fail = (error: unknown) => {
      clearTimeout(timer);
      forget();
      // terminate() may emit another error, which tells nothing new.
      socket.on('error', () => {});
      socket.terminate();
      reject(error);
    };
    const forget = onAbort(signal, () => fail(interrupted(address)));
    const timer = setTimeout(() => fail(noAnswer(address.authority, timeout)), timeout);
    socket.once('error', (error) => fail(explain(error, address, timeout)));
    socket.once('upgrade', (response) => {
      limitRecords(response.socket);
      answered?.(response.headers);
    });
    socket.once('open', () => {
      clearTimeout(timer);
      forget();
      socket.removeAllListeners('error');
      // Until the caller listens, which it does before anything of the peer is delivered.
      socket.on('error', () => {});
      socket.pause();
      setImmediate(() => socket.resume());
      resolve(socket);
    });
  });
}

export interface DialOptions {
  readonly clusterKey?: ClusterKey | undefined;
  readonly self?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long the peer may take to answer, in milliseconds. */
  readonly timeout?: number;
  /** Called with the headers of the peer's answer. */
  readonly answered?: (headers: IncomingHttpHeaders) => void;
}

/** Options that `ws` takes or passes on to TLS, but that its types lack. */
type Untyped = Pick<ConnectionOptions, 'pskCallback' | 'secureContext'>;

function interrupted(address: Address): CircuitError {
  return new CircuitError('EINTR', `connecting to ${address.authority} was interrupted`);
}

function explain(error: Error, address: Address, timeout: number): CircuitError {
  if (isOutOfDescriptors(error)) return asCircuitError(error);
  const where = address.authority;
  switch (errorCode(error)) {
    case 'ECONNREFUSED':
      return new CircuitError('ECONNREFUSED', `nobody listens on ${where}`);
    case 'ETIMEDOUT':
      return noAnswer(where, timeout);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new CircuitError('EHOSTUNREACH', `there is no host named ${address.host}`);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'EINVAL':
      return new CircuitError('EHOSTUNREACH', `there is no route to ${where}`);
    case 'ECONNRESET':
      return new CircuitError(
        'ECONNRESET',
        `${where} closed the connection; is it a circuit daemon? One that has reached its limit of open files (ulimit -n) does so, too`,
      );
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return new CircuitError(
        'EPROTO',
        `the program on ${where} does not know the key of this address`,
      );
    case 'EPROTO':
      return isRejectedKey(error)
        ? new CircuitError('EACCES', `${where} refused us: wrong address or cluster key`)
        : new CircuitError('EPROTO', `the program on ${where} is not a circuit daemon`);
    default:
      // A failed system call of ours says nothing of the peer.
      return new CircuitError(
        'syscall' in error ? 'EIO' : 'EPROTO',
        `cannot talk to ${where}: ${errorMessage(error)}`,
      );
  }
}

/** OpenSSL answers a key that does not verify with alert 47, illegal_parameter. */
function isRejectedKey(error: Error): boolean {
  return /alert number (40|47|51)\b/i.test(error.message);
}
