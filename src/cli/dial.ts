import { setTimeout as delay } from 'node:timers/promises';
import { Address } from '../base/address.js';
import { type Contact, parseJoinable } from '../base/contact.js';
import { CircuitError, interrupted } from '../base/error.js';
import { interruptible, onAbort } from '../base/interruptible.js';
import { CircuitClient } from '../client/client.js';
import { addressFile, keyFileOf, readAddressFile } from '../daemon/address-file.js';
import { ClusterKeys } from '../transport/cluster-keys.js';
import { formatGroup, type MulticastGroup, parseGroup } from '../transport/multicast-group.js';

export interface DialOptions {
  /** A circuit address, or with a cluster key a HOST[:PORT]. */
  readonly dial?: string;
  /** The file with the cluster key. */
  readonly hmac?: string;
  /** The multicast group of the discovery, GROUP:PORT. */
  readonly discover?: string;
}

/** How long a daemon at a contact may be silent before the next one is asked, too, in milliseconds. */
const STAGGER_MS = 250;

/** Connects to the daemon that {@link reach} finds. */
export async function dial(options: DialOptions): Promise<CircuitClient> {
  return await reach(options, (address, clusterKey) => CircuitClient.dial(address, { clusterKey }));
}

/**
 * Connects to the daemon that -d or the file in $CIRCUIT names, else to one that
 * discovery finds, else to that of this host's address file.
 * @throws CircuitError as `connect` does, EINVAL, ENOENT, ETIMEDOUT, EINTR
 */
export async function reach<T>(
  options: DialOptions,
  connect: (address: Address, keys: ClusterKeys | undefined) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const keys = clusterKeys(options.hmac);
  const named = namedDaemon(options, keys !== undefined);
  if (named instanceof Address) return await connect(named, keys);
  if (named && keys) return await reachContact(named, keys, connect, signal);
  const group = discoveryGroup(options.discover);
  if (!group) {
    const file = hostFile();
    const address = readAddressFile(file);
    return await connect(address, keys ?? keysBeside(file));
  }
  return await reachDiscovered(group, keys, (address) => connect(address, keys), signal);
}

export function clusterKeys(option: string | undefined): ClusterKeys | undefined {
  const file = (option ?? process.env.CIRCUIT_HMAC) || undefined;
  return file === undefined ? undefined : ClusterKeys.read(file);
}

/** @throws CircuitError EINVAL */
export function discoveryGroup(option: string | undefined): MulticastGroup | undefined {
  const text = option ?? process.env.CIRCUIT_DISCOVER;
  return text ? parseGroup(text) : undefined;
}

function namedDaemon(options: DialOptions, hasKey: boolean): Address | Contact | undefined {
  if (options.dial !== undefined) return parseJoinable(options.dial.trim(), hasKey);
  const file = process.env.CIRCUIT;
  return file ? readAddressFile(file) : undefined;
}

/** The keys of the daemon that has left its address there: a command needs no --hmac for that one. */
function keysBeside(file: string): ClusterKeys | undefined {
  const keyFile = keyFileOf(file);
  return keyFile === undefined ? undefined : ClusterKeys.read(keyFile);
}

function hostFile(): string {
  const file = addressFile();
  if (file) return file;
  throw new CircuitError(
    'ENOENT',
    'which daemon? Give -d ADDRESS, or name a file with its address in $CIRCUIT',
  );
}

/**
 * The first daemon at a contact that holds our key, and that we can connect to, is taken. Where there
 * is none, the failure that another try would not mend tells the most.
 */
async function reachContact<T>(
  contact: Contact,
  keys: ClusterKeys,
  connect: (address: Address, keys: ClusterKeys) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const { isMendableAtContact } = await import('../bootstrap/places.js');
  const failures: unknown[] = [];
  for await (const address of introduced(contact, keys, failures, signal)) {
    try {
      return await connect(address, keys);
    } catch (error) {
      if (signal?.aborted) throw error;
      failures.push(error);
    }
  }
  if (signal?.aborted) throw interrupted();
  throw failures.find((each) => !isMendableAtContact(each)) ?? failures[0];
}

/**
 * The addresses that the daemons at a contact tell, as they answer. One that is silent does not hold
 * up the next (RFC 8305, section 5).
 * @param failures Takes why the others told none.
 */
async function* introduced(
  contact: Contact,
  keys: ClusterKeys,
  failures: unknown[],
  signal?: AbortSignal,
): AsyncGenerator<Address> {
  const { Resolver } = await import('../bootstrap/resolver.js');
  const { introduce } = await import('../transport/introduction.js');
  const endpoints = await interruptible(new Resolver().resolve(contact), signal);
  const enough = new AbortController();
  const forget = onAbort(signal, () => enough.abort());
  const told: Address[] = [];
  const asked = new Set<Promise<unknown>>();
  try {
    for (const endpoint of endpoints) {
      const one = introduce(endpoint, keys, { signal: enough.signal })
        .then(
          (address) => told.push(address),
          (error) => failures.push(error),
        )
        .finally(() => asked.delete(one));
      asked.add(one);
      await Promise.race([...asked, delay(STAGGER_MS)]);
      yield* told.splice(0);
    }
    while (asked.size > 0) {
      await Promise.race(asked);
      yield* told.splice(0);
    }
  } finally {
    forget();
    enough.abort();
  }
}

/** One that answers may have ended since, or be out of our reach: then it is the next one's turn. */
async function reachDiscovered<T>(
  group: MulticastGroup,
  keys: ClusterKeys | undefined,
  connect: (address: Address) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const { DISCOVERY_TIMEOUT_MS, discover } = await import('../bootstrap/discover.js');
  let failure: unknown;
  for await (const address of discover(group, keys, signal)) {
    try {
      return await connect(address);
    } catch (error) {
      if (signal?.aborted) throw error;
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  const seconds = DISCOVERY_TIMEOUT_MS / 1000;
  throw new CircuitError(
    'ETIMEDOUT',
    `no daemon answered on ${formatGroup(group)} within ${seconds} s; is it started with --discover, and with the same cluster key?`,
  );
}
