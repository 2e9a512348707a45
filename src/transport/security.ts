import { hkdfSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Secret } from '../base/address.js';
import { CircuitError, errorCode } from '../base/error.js';

/**
 * TLS 1.3 with an external pre-shared key (RFC 8446, sections 2.2 and 4.2.11) and (EC)DHE: a peer
 * without the key fails the handshake, and a key that leaks later does not open what was recorded.
 */

/** A key that every member of a cluster holds in a file, in addition to the addresses. */
export type ClusterKey = Buffer & { readonly __brand: 'ClusterKey' };

const CLUSTER_KEY_BYTES = 32;

/** The identity that goes over the wire in the clear: it says nothing of the target. */
export const PSK_IDENTITY = 'circuit';

/** An external key is bound to one hash (RFC 8446, section 4.2.11); OpenSSL takes SHA-256. */
export const TLS_VERSION = { minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' } as const;

/** The key of a connection to the daemon with this secret: HKDF-SHA256 (RFC 5869), 32 bytes. */
export function presharedKey(secret: Secret, clusterKey?: ClusterKey): Buffer {
  const salt = clusterKey ?? Buffer.alloc(0);
  return Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'hex'), salt, 'circuit tls psk', 32));
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

/** Makes a cluster key, as the line of text that its file holds. */
export function generateClusterKey(): string {
  return randomBytes(CLUSTER_KEY_BYTES).toString('base64');
}

/** @throws CircuitError EINVAL if the file is not what {@link generateClusterKey} makes. */
export function readClusterKey(file: string): ClusterKey {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new CircuitError(
      'EINVAL',
      `cannot read the cluster key in ${file} (${errorCode(error)})`,
    );
  }
  const key = Buffer.from(text, 'base64');
  if (key.length !== CLUSTER_KEY_BYTES || key.toString('base64') !== text) {
    throw new CircuitError(
      'EINVAL',
      `${file} does not hold a cluster key; make one with: circuit keygen > FILE`,
    );
  }
  return key as ClusterKey;
}
