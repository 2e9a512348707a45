import { Address } from '../address.js';
import { addressFile, readAddressFile } from '../address-file.js';
import { CircuitClient } from '../client/client.js';
import { CircuitError } from '../error.js';
import { type ClusterKey, readClusterKey } from '../transport/security.js';

export interface DialOptions {
  /** A circuit address. */
  readonly dial?: string;
  /** The file with the cluster key. */
  readonly hmac?: string;
}

/** Connects to the daemon that the options, the environment or this host's address file name. */
export async function dial(options: DialOptions): Promise<CircuitClient> {
  return await CircuitClient.dial(findAddress(options), { clusterKey: clusterKey(options.hmac) });
}

export function clusterKey(option: string | undefined): ClusterKey | undefined {
  const file = option ?? process.env.CIRCUIT_HMAC;
  return file ? readClusterKey(file) : undefined;
}

/** Of the daemon to talk to. */
export function findAddress(options: DialOptions): Address {
  if (options.dial !== undefined) return Address.parse(options.dial.trim());
  const file = process.env.CIRCUIT || addressFile();
  if (!file) {
    throw new CircuitError(
      'ENOENT',
      'which daemon? Give -d ADDRESS, or name a file with its address in $CIRCUIT',
    );
  }
  return readAddressFile(file);
}
