import { randomBytes } from 'node:crypto';
import { Address } from '../base/address.js';
import { until } from '../base/interruptible.js';
import { Listeners } from '../base/listeners.js';
import { type MulticastGroup, multicastInterfaces } from '../transport/multicast-group.js';
import { MulticastSocket } from '../transport/multicast-socket.js';
import type { ClusterKey } from '../transport/security.js';
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
  clusterKey?: ClusterKey,
  signal?: AbortSignal,
): AsyncGenerator<Address, void, undefined> {
  const id = randomBytes(8).readBigUInt64BE();
  const answers = new Set<string>();
  const heard = new Listeners();
  const sockets = await MulticastSocket.open(
    group,
    multicastInterfaces(group),
    'answers',
    (datagram) => {
      const said = decodeAnnouncement(datagram, Date.now(), clusterKey);
      if (said.kind !== 'answer' || said.id !== id || answers.size >= MAX_ANSWERS) return;
      answers.add(said.address.toString());
      heard.tell();
    },
  );
  const ask = () => {
    const query = encodeAnnouncement({ kind: 'query', id }, Date.now(), clusterKey);
    for (const socket of sockets) socket.send(query);
  };
  const timers = QUERY_TIMES_MS.map((delay) => setTimeout(ask, delay));
  let late = false;
  const onTimeout = () => {
    late = true;
    heard.tell();
  };
  timers.push(setTimeout(onTimeout, DISCOVERY_TIMEOUT_MS));
  try {
    for (let given = 0; ; ) {
      await until(
        () => late || answers.size > given,
        (look) => heard.add(look),
        signal,
      );
      if (given === answers.size) return;
      for (const address of [...answers].slice(given)) {
        given += 1;
        yield Address.parse(address);
      }
    }
  } finally {
    for (const timer of timers) clearTimeout(timer);
    for (const socket of sockets) socket.close();
  }
}
