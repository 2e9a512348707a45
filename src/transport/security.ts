import { hkdfSync } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  type ConnectionOptions,
  createSecureContext,
  type PSKCallbackNegotation,
  type SecureContext,
  TLSSocket,
} from 'node:tls';
import type { Secret } from '../base/address.js';
import { type ClusterKey, keyId } from './cluster-keys.js';

/**
 * TLS 1.3 with an external pre-shared key (RFC 8446, sections 2.2 and 4.2.11) and (EC)DHE: a peer
 * without the key fails the handshake, and a key that leaks later does not open what was recorded.
 */

/** An external key is bound to one hash (RFC 8446, section 4.2.11); OpenSSL takes SHA-256. */
export const TLS_VERSION = { minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' } as const;

let sharedContext: SecureContext | undefined;

/** The options of a TLS connection to a daemon, which is to prove that it holds this key, too. */
export function pskOptions(
  key: PSKCallbackNegotation,
): Pick<ConnectionOptions, 'pskCallback' | 'secureContext'> {
  // Shared by all connections, since it takes a while to make. A peer without the key could offer a
  // certificate instead: we trust none, and look at no name.
  sharedContext ??= createSecureContext({ ...TLS_VERSION, ca: [] });
  return { secureContext: sharedContext, pskCallback: () => key };
}

const NO_SALT = Buffer.alloc(0);

/** The key of a connection to the daemon with this secret: HKDF-SHA256 (RFC 5869), 32 bytes. */
export function presharedKey(secret: Secret, clusterKey?: ClusterKey): Buffer {
  const salt = clusterKey ?? NO_SALT;
  return Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'hex'), salt, 'circuit tls psk', 32));
}

/** The key of an introduction, which the cluster key alone makes; no other use of it has this one. */
export function introductionKey(clusterKey: ClusterKey): Buffer {
  return Buffer.from(hkdfSync('sha256', clusterKey, NO_SALT, 'circuit introduction psk', 32));
}

/**
 * The identity of {@link presharedKey}. It goes over the wire in the clear: it says nothing of the
 * target, only which cluster key is meant.
 */
export function pskIdentity(clusterKey?: ClusterKey): string {
  return clusterKey ? `circuit:${keyId(clusterKey)}` : 'circuit';
}

/** The identity of {@link introductionKey}, in the clear as well. */
export function introductionIdentity(clusterKey: ClusterKey): string {
  return `circuit by key:${keyId(clusterKey)}`;
}

/**
 * The size of our TLS records: a little less than the 16 KiB that OpenSSL would take. Records of
 * that size fill the stream in which the peer's `ws` receives up to its mark, and after each of
 * them it would stop reading the socket and begin anew.
 */
const RECORD_BYTES = 16_000;

/** Makes a TLS socket send records that a WebSocket receives without a pause. */
export function limitRecords(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.setMaxSendFragment(RECORD_BYTES);
}
