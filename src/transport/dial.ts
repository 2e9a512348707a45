import type { IncomingHttpHeaders } from 'node:http';
import type { ConnectionOptions } from 'node:tls';
import { type ClientOptions, WebSocket } from 'ws';
import type { Address } from '../base/address.js';
import { CircuitError, noAnswer } from '../base/error.js';
import { onAbort } from '../base/interruptible.js';
import type { ClusterKeys } from './cluster-keys.js';
import { dialError } from './dial-error.js';
import { HANDSHAKE_TIMEOUT_MS } from './limits.js';
import { ADDRESS_HEADER, SUBPROTOCOL, WEBSOCKET_OPTIONS } from './listener.js';
import { limitRecords, presharedKey, pskIdentity, pskOptions } from './security.js';

/**
 * Opens a WebSocket to the daemon at `address`.
 *
 * @throws CircuitError EACCES (wrong secret or cluster key), ECONNREFUSED,
 *   ETIMEDOUT (after `timeout`, or {@link HANDSHAKE_TIMEOUT_MS}), EHOSTUNREACH, EPROTO (not a
 *   circuit), ECONNRESET, EMFILE, EIO (a system call here failed), EINTR (`signal` was aborted).
 */
export function dial(
  address: Address,
  { clusterKeys, self, signal, answered, timeout = HANDSHAKE_TIMEOUT_MS }: DialOptions,
): Promise<WebSocket> {
  const clusterKey = clusterKeys?.first;
  const psk = presharedKey(address.secret, clusterKey);
  const refused = clusterKey
    ? 'wrong address or cluster key'
    : 'wrong address, or it has a cluster key (--hmac FILE)';
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(interrupted(address));
    const options: ClientOptions & Untyped = {
      ...WEBSOCKET_OPTIONS,
      ...pskOptions({ psk, identity: pskIdentity(clusterKey) }),
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
    socket.once('error', (error) => fail(dialError(error, { ...address, timeout, refused })));
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
  readonly clusterKeys?: ClusterKeys | undefined;
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
