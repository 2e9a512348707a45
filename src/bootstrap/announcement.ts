import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { Address } from '../base/address.js';
import { CircuitError } from '../base/error.js';
import type { ClusterKey } from '../transport/cluster-keys.js';

/**
 * The messages of daemons and commands by multicast: one datagram each, of at most 512 bytes.
 * Numbers are big-endian.
 *
 *     offset  bytes
 *          0      4  "CIRC"
 *          4      1  version, 1
 *          5      1  form: 0 plain, 1 sealed
 *          6     12  sealed: the nonce, new for each datagram
 *          …      …  the body; sealed, it is encrypted, and a tag of 16 bytes follows
 *
 *     body: 0     1  kind: 1 announcement, 2 query, 3 answer
 *           1     8  when it was sent, in milliseconds since the epoch
 *           9     8  query: a random identity; answer: that of its query; else 0
 *          17     2  length of the address
 *          19     …  the circuit address, in printable ASCII; none in a query
 *           …     …  query: zeros, up to 512 bytes in all
 *
 * A query is as long as the longest answer. So a host that sends queries in another's name puts
 * more on the network than on its victim (as QUIC's clients pad, RFC 9000, section 8.1).
 *
 * Sealed means AES-256-GCM with a key that HKDF-SHA256 makes from the cluster key, and with
 * everything before the body as additional data. Nonces are random: safe for 2^32 datagrams of
 * one key (NIST SP 800-38D, section 8.3), at one a second for a hundred years.
 *
 * A sealed datagram is believed for {@link CLOCK_WINDOW_MS} before and after the time that it
 * gives, and so long it can be replayed. That has little effect: an announcement is only an
 * address to try, an answer is good for its own query only, and only holders of the key can read
 * the answer to a query.
 */
export type Announcement =
  | { readonly kind: 'announcement'; readonly address: Address }
  | { readonly kind: 'query'; readonly id: bigint }
  | { readonly kind: 'answer'; readonly id: bigint; readonly address: Address };

/**
 * Why a datagram was not understood; `key` means another key, or a datagram that was tampered with.
 */
export interface Refusal {
  readonly kind: 'refused';
  readonly why: 'garbage' | 'plain' | 'sealed' | 'key' | 'clock';
}

/** How far the clocks of sender and receiver may differ: 5 minutes, as in Kerberos (RFC 4120). */
export const CLOCK_WINDOW_MS = 5 * 60 * 1000;

/** The longest datagram, in bytes, and the length of a query. No link fragments so little. */
export const MAX_DATAGRAM = 512;

const MAGIC = Buffer.from('CIRC');
const VERSION = 1;
const PLAIN = 0;
const SEALED = 1;
const HEADER = 6;
const NONCE = 12;
const TAG = 16;
const BODY = 19;
const CIPHER = 'aes-256-gcm';

const KINDS = { announcement: 1, query: 2, answer: 3 } as const;

/** @param now Milliseconds since the epoch. @throws CircuitError EINVAL for too long an address */
export function encodeAnnouncement(
  announcement: Announcement,
  now: number,
  clusterKey?: ClusterKey,
): Buffer {
  const overhead = HEADER + (clusterKey ? NONCE + TAG : 0);
  const body = encodeBody(announcement, now, MAX_DATAGRAM - overhead);
  const header = Buffer.from([...MAGIC, VERSION, clusterKey ? SEALED : PLAIN]);
  if (!clusterKey) return Buffer.concat([header, body]);
  const nonce = randomBytes(NONCE);
  const clear = Buffer.concat([header, nonce]);
  const cipher = createCipheriv(CIPHER, discoveryKey(clusterKey), nonce).setAAD(clear);
  return Buffer.concat([clear, cipher.update(body), cipher.final(), cipher.getAuthTag()]);
}

/**
 * Never throws, whatever the datagram is.
 * @param now Milliseconds since the epoch.
 * @param clusterKeys Any of them may have sealed it.
 */
export function decodeAnnouncement(
  datagram: Buffer,
  now: number,
  clusterKeys: readonly ClusterKey[] = [],
): Announcement | Refusal {
  if (datagram.length > MAX_DATAGRAM || datagram.length < HEADER + BODY) return refused('garbage');
  if (!datagram.subarray(0, 4).equals(MAGIC) || datagram[4] !== VERSION) return refused('garbage');
  const form = datagram[5];
  if (form !== PLAIN && form !== SEALED) return refused('garbage');
  const isKeyed = clusterKeys.length > 0;
  if (form === PLAIN) {
    return isKeyed ? refused('plain') : decodeBody(datagram.subarray(HEADER), datagram.length);
  }
  if (!isKeyed) return refused('sealed');
  const body = unsealWithAny(datagram, clusterKeys);
  if (!body) return refused('key');
  if (Math.abs(Number(body.readBigUInt64BE(1)) - now) > CLOCK_WINDOW_MS) return refused('clock');
  return decodeBody(body, datagram.length);
}

function encodeBody(announcement: Announcement, now: number, max: number): Buffer {
  const { kind } = announcement;
  const address = kind === 'query' ? '' : announcement.address.toString();
  if (BODY + address.length > max) {
    throw new CircuitError('EINVAL', 'the address of this daemon is too long to be announced');
  }
  const body = Buffer.alloc(kind === 'query' ? max : BODY + address.length);
  body.writeUInt8(KINDS[kind], 0);
  body.writeBigUInt64BE(BigInt(now), 1);
  body.writeBigUInt64BE(kind === 'announcement' ? 0n : announcement.id, 9);
  body.writeUInt16BE(address.length, 17);
  body.write(address, BODY, 'latin1');
  return body;
}

/** @param size The length of the whole datagram. */
function decodeBody(body: Buffer, size: number): Announcement | Refusal {
  const id = body.readBigUInt64BE(9);
  const rest = body.subarray(BODY);
  const length = body.readUInt16BE(17);
  if (body[0] === KINDS.query) {
    const isPadded = size === MAX_DATAGRAM && length === 0 && rest.every((byte) => byte === 0);
    return isPadded ? { kind: 'query', id } : refused('garbage');
  }
  const address = length === rest.length ? parseAddress(rest) : undefined;
  if (!address) return refused('garbage');
  if (body[0] === KINDS.answer) return { kind: 'answer', id, address };
  if (body[0] === KINDS.announcement && id === 0n) return { kind: 'announcement', address };
  return refused('garbage');
}

function parseAddress(bytes: Buffer): Address | undefined {
  const text = bytes.toString('latin1');
  // No control character of another host may reach a log, and so a terminal.
  if (!/^[\x21-\x7e]+$/.test(text)) return undefined;
  const address = Address.tryParse(text);
  return address?.toString() === text ? address : undefined;
}

function unsealWithAny(datagram: Buffer, keys: readonly ClusterKey[]): Buffer | undefined {
  for (const key of keys) {
    const body = unseal(datagram, key);
    if (body) return body;
  }
  return undefined;
}

/** The body, or `undefined` if the datagram was not sealed with this key. */
function unseal(datagram: Buffer, clusterKey: ClusterKey): Buffer | undefined {
  const start = HEADER + NONCE;
  const end = datagram.length - TAG;
  if (end - start < BODY) return undefined;
  const nonce = datagram.subarray(HEADER, start);
  const decipher = createDecipheriv(CIPHER, discoveryKey(clusterKey), nonce, {
    authTagLength: TAG,
  });
  decipher.setAAD(datagram.subarray(0, start)).setAuthTag(datagram.subarray(end));
  try {
    return Buffer.concat([decipher.update(datagram.subarray(start, end)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/**
 * A key of its own, so that a flaw here would not open the connections: HKDF-SHA256 (RFC 5869), 32
 * bytes.
 */
function discoveryKey(clusterKey: ClusterKey): Buffer {
  return Buffer.from(hkdfSync('sha256', clusterKey, Buffer.alloc(0), 'circuit discovery', 32));
}

function refused(why: Refusal['why']): Refusal {
  return { kind: 'refused', why };
}
