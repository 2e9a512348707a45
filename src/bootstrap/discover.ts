import { randomBytes } from 'node:crypto';
import { EventEmitter, on } from 'node:events';
import type { Address } from '../base/address.js';
import { interrupted } from '../base/error.js';
import type { ClusterKeys } from '../transport/cluster-keys.js';
import { type MulticastGroup, multicastInterfaces } from '../transport/multicast-group.js';
import { MulticastSocket } from '../transport/multicast-socket.js';
import { decodeAnnouncement, encodeAnnouncement } from './announcement.js';

/** How long answers are waited for. */
export const DISCOVERY_TIMEOUT_MS = 2_000;

/** When a query is sent, from the first one: a datagram may be lost. */
const QUERY_TIMES_MS = [0, 250, 750, 1_500];

/** How many daemons are told of; each takes some hundred bytes of memory. */
const MAX_ANSWERS = 100;

/**
 * Asks a group for daemons, over all interfaces, and gives the address of each in the order of
 * their answers. Ends {@link DISCOVERY_TIMEOUT_MS} after it began.
 * @throws CircuitError EADDRNOTAVAIL (no interface), EINTR
 */
export async function* discover(
  group: MulticastGroup,
  clusterKeys?: ClusterKeys,
  signal?: AbortSignal,
): AsyncGenerator<Address, void, undefined> {
  const id = randomBytes(8).readBigUInt64BE();
  const heard = new Set<string>();
  const answers = new EventEmitter();
  const sockets = await MulticastSocket.open(
    group,
    multicastInterfaces(group),
    'answers',
    (datagram) => {
      const said = decodeAnnouncement(datagram, Date.now(), clusterKeys?.all);
      if (said.kind !== 'answer' || said.id !== id || heard.size >= MAX_ANSWERS) return;
      const address = said.address.toString();
      if (!heard.has(address)) answers.emit('answer', said.address);
      heard.add(address);
    },
  );
  const ask = () => {
    const query = encodeAnnouncement({ kind: 'query', id }, Date.now(), clusterKeys?.first);
    for (const socket of sockets) socket.send(query);
  };
  const timers = QUERY_TIMES_MS.map((delay) => setTimeout(ask, delay));
  const late = AbortSignal.timeout(DISCOVERY_TIMEOUT_MS);
  const over = signal ? AbortSignal.any([late, signal]) : late;
  try {
    for await (const [address] of on(answers, 'answer', { signal: over })) yield address;
  } catch (error) {
    if (signal?.aborted) throw interrupted();
    if (!late.aborted) throw error;
  } finally {
    for (const timer of timers) clearTimeout(timer);
    for (const socket of sockets) socket.close();
  }
}
