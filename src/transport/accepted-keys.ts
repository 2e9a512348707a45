import { randomBytes } from 'node:crypto';
import type { Secret } from '../base/address.js';
import type { ClusterKey, ClusterKeys } from './cluster-keys.js';
import { introductionIdentity, introductionKey, presharedKey, pskIdentity } from './security.js';

/** A peer has proved that it holds our address, or the cluster key alone. */
export type Proof = 'address' | 'key';

export interface AcceptedKey {
  readonly psk: Buffer;
  /** None if the identity is not known: the key is one that nobody holds. */
  readonly proof?: Proof;
}

/** The pre-shared keys that a daemon accepts, by the identity that a peer gives. */
export class AcceptedKeys {
  readonly #secret: Secret;
  readonly #clusterKeys: ClusterKeys | undefined;
  /**
   * An unknown identity, or a TLS ticket, fails just as a wrong key does: if it were declined, the
   * handshake would go on without a key, and end in another alert.
   */
  readonly #unknown: AcceptedKey = { psk: randomBytes(32) };
  #accepted: ReadonlyMap<string, AcceptedKey>;
  /** The cluster keys for which `#accepted` was made. */
  #of: readonly ClusterKey[];

  constructor(secret: Secret, clusterKeys: ClusterKeys | undefined) {
    this.#secret = secret;
    this.#clusterKeys = clusterKeys;
    this.#of = clusterKeys?.all ?? [];
    this.#accepted = this.#derive(this.#of);
  }

  get(identity: string): AcceptedKey {
    const keys = this.#clusterKeys?.all ?? this.#of;
    if (keys !== this.#of) {
      this.#accepted = this.#derive(keys);
      this.#of = keys;
    }
    return this.#accepted.get(identity) ?? this.#unknown;
  }

  #derive(keys: readonly ClusterKey[]): ReadonlyMap<string, AcceptedKey> {
    const accepted = new Map<string, AcceptedKey>();
    for (const key of keys.length === 0 ? [undefined] : keys) {
      accepted.set(pskIdentity(key), { psk: presharedKey(this.#secret, key), proof: 'address' });
    }
    for (const key of keys) {
      accepted.set(introductionIdentity(key), { psk: introductionKey(key), proof: 'key' });
    }
    return accepted;
  }
}
