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
} from '../base/error.js';
import { onAbort } from '../base/interruptible.js';
import { CLOSE_TIMEOUT_MS, HANDSHAKE_TIMEOUT_MS, MAX_MESSAGE } from './limits.js';
import { ADDRESS_HEADER, SUBPROTOCOL } from './listener.js';
import {
  type ClusterKey,
  limitRecords,
  PSK_IDENTITY,
  presharedKey,
  TLS_VERSION,
} from './security.js';

/**
 * Of all connections, whatever their keys: to make one takes a while. A peer without the key
 * could offer a certificate instead. There are none that we trust, and no name that we look at.
 */
const SECURE_CONTEXT = createSecureContext({ ...TLS_VERSION, ca: [] });

/**
 * Opens a WebSocket to the daemon at `address`.
 *
 * @param self Our own address, if we are a daemon: the peer can then call back
 *   over this connection.
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
      secureContext: SECURE_CONTEXT,
      pskCallback: () => ({ psk, identity: PSK_IDENTITY }),
      checkServerIdentity: () => true,
      headers: self ? { [ADDRESS_HEADER]: self } : {},
      maxPayload: MAX_MESSAGE,
      closeTimeout: CLOSE_TIMEOUT_MS,
      perMessageDeflate: false,
      // The mask keeps proxies from taking what they see for HTTP (RFC 6455, section 10.3).
      // Inside TLS they see nothing, and masking with zeros costs nothing.
      generateMask: (mask) => mask.fill(0),
    };
    const socket = new WebSocket(`wss://${address.authority}`, SUBPROTOCOL, options);
    const fail = (error: unknown) => {
      clearTimeout(timer);
      forget();
      // What terminate() still has to say is of no interest.
      socket.on('error', () => {});
      socket.terminate();
      reject(error);
    };
    const forget = onAbort(signal, () => fail(interrupted(address)));
    const timer = setTimeout(
      () => fail(new CircuitError('ETIMEDOUT', silent(address, timeout))),
      timeout,
    );
    socket.once('error', (error) => fail(explain(error, address, timeout)));
    socket.once('upgrade', (response) => {
      limitRecords(response.socket);
      answered?.(response.headers);
    });
    socket.once('open', () => {
      clearTimeout(timer);
      forget();
      socket.removeAllListeners('error');
      // Until the caller listens, which is before anything that the peer sends is heard.
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
  /** Told of the headers with which the peer answers. */
  readonly answered?: (headers: IncomingHttpHeaders) => void;
}

/** What `ws` takes or passes on to TLS, and its types do not have. */
type Untyped = Pick<ConnectionOptions, 'pskCallback' | 'secureContext'> & {
  readonly closeTimeout: number;
};

function interrupted(address: Address): CircuitError {
  return new CircuitError('EINTR', `connecting to ${address.authority} was interrupted`);
}

function silent(address: Address, timeout: number): string {
  return `${address.authority} did not answer within ${timeout / 1000} s`;
}

function explain(error: Error, address: Address, timeout: number): CircuitError {
  if (isOutOfDescriptors(error)) return asCircuitError(error);
  const where = address.authority;
  switch (errorCode(error)) {
    case 'ECONNREFUSED':
      return new CircuitError('ECONNREFUSED', `nobody listens on ${where}`);
    case 'ETIMEDOUT':
      return new CircuitError('ETIMEDOUT', silent(address, timeout));
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
        `${where} closed the connection; is it a circuit? One that may open no more files (ulimit -n) does so, too`,
      );
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return new CircuitError('EPROTO', `what listens on ${where} does not know the address's key`);
    case 'EPROTO':
      return isRejectedKey(error)
        ? new CircuitError('EACCES', `${where} refused us: wrong address or cluster key`)
        : new CircuitError('EPROTO', `what listens on ${where} is not a circuit`);
    default:
      // A system call of ours that failed says nothing of the peer.
      return new CircuitError(
        'syscall' in error ? 'EIO' : 'EPROTO',
        `cannot talk to ${where}: ${errorMessage(error)}`,
      );
  }
}

/** OpenSSL's peer answers a key that does not verify with alert 47, illegal_parameter. */
function isRejectedKey(error: Error): boolean {
  return /alert number (40|47|51)\b/i.test(error.message);
}
