import { HEARSAY, OWN, type Source } from './mechanism-context.js';
import type { MessageOf, MessageType } from './messages.js';
import type { Parts } from './parts.js';
import { isListed, type PeerAddress } from './record.js';

/** The messages that only neighbours send each other. */
const OF_NEIGHBORS: readonly MessageType[] = ['forward-join', 'gossip', 'ihave', 'graft'];

/** Gives a message to its mechanism, if the sender is one that may send it. */
export function receive<T extends MessageType>(
  parts: Parts,
  message: MessageOf<T>,
  from: PeerAddress,
): void {
  const { host, overlay } = parts;
  if (OF_NEIGHBORS.includes(message.type) && !overlay.active.has(from)) {
    host.send(from, { type: 'disconnect' });
    return;
  }
  RECEIVERS[message.type](parts, from, message);
}

type Receiver<T extends MessageType> = (
  parts: Parts,
  from: PeerAddress,
  message: MessageOf<T>,
) => void;

const RECEIVERS: { readonly [T in MessageType]: Receiver<T> } = {
  join({ joining, beliefs }, from, message) {
    joining.welcome(from, message.from, message.byUser);
    beliefs.reached(message.from);
  },

  welcome({ joining, beliefs }, from, message) {
    joining.welcomed(from, message.from);
    beliefs.reached(message.from);
  },

  'forward-join'({ beliefs, overlay }, from, { newcomer, ttl }) {
    beliefs.learn(newcomer, HEARSAY);
    overlay.forwardJoin(from, newcomer, ttl);
  },

  neighbor({ host, beliefs, roster, overlay, comparison, parted }, from, message) {
    const { from: record, priority, digest } = message;
    if (record.addr !== from || record.name === roster.self.name) return;
    const parting = parted(record.name);
    if (!parting) beliefs.learn(record, HEARSAY);
    const known = parting ? parting.farewell : roster.get(record.name);
    if (isListed(known) && known.addr === from) {
      if (overlay.neighbor(record, priority)) comparison.heard(from, digest);
      beliefs.reached(known);
      return;
    }
    // The peer asks again when it has refuted that; it does not if it is we who have left.
    if (known) host.send(from, { type: 'notice', record: known });
    host.send(from, { type: 'neighbor-reply', accepted: false, digest: roster.digest });
  },

  'neighbor-reply'({ beliefs, overlay, comparison }, from, { accepted, digest }) {
    overlay.neighborReply(from, accepted);
    const neighbor = overlay.active.get(from);
    if (!accepted || !neighbor) return;
    comparison.heard(from, digest);
    beliefs.reached(neighbor);
  },

  disconnect: ({ overlay }, from) => overlay.disconnected(from),

  shuffle({ host, overlay, comparison, roster }, from, message) {
    const origin = roster.get(message.origin);
    const isOrigin = origin?.addr === from;
    if (overlay.active.has(from) || (isOrigin && isListed(origin))) {
      comparison.heard(from, message.digest);
      overlay.shuffling.shuffle(from, message);
      return;
    }
    host.send(from, { type: 'disconnect' });
    if (isOrigin) host.send(from, { type: 'notice', record: origin });
  },

  'shuffle-reply': ({ overlay }, from, message) => overlay.shuffling.reply(from, message),

  gossip({ beliefs, tree }, from, { records }) {
    const source: Source = { kind: 'gossip', from };
    let news = false;
    for (const record of records) news = beliefs.learn(record, source) || news;
    tree.received(from, news);
  },

  ihave: ({ tree }, from, { versions }) => tree.announced(from, versions),
  graft: ({ tree }, from, { names }) => tree.grafted(from, names),
  prune: ({ tree }, from) => tree.pruned(from),

  compare({ beliefs, overlay, comparison }, from, message) {
    // From a member, or from one that has joined us a moment ago.
    if (!overlay.active.has(from) && !beliefs.current(message.from)) return;
    beliefs.learn(message.from, HEARSAY);
    comparison.compare(from, message.hashes);
  },

  entries: ({ comparison }, from, message) => comparison.entries(from, message),
  answer: ({ comparison }, from, { records, last }) => comparison.answer(from, records, last),
  compared: ({ comparison }, from) => comparison.compared(from),

  /** A peer tells us its record of us, or that a member has left the network. */
  notice({ beliefs, joining, roster }, from, { record }) {
    if (record.state === 'left' && record.addr === from) joining.hasLeft(from);
    // A member that we took for failed may have left, too: we dial it no more.
    const known = roster.get(record.name);
    const isFarewell = record.state === 'left' && known?.addr === record.addr;
    if (record.name === roster.self.name || isFarewell) beliefs.learn(record, OWN);
  },

  'probe-request'({ host, roster, detector }, from, { target }) {
    const known = roster.get(target.name);
    if (known?.addr !== target.addr) return;
    // The asking member has not heard of that yet, and would take it for failed.
    if (known.state === 'left') host.send(from, { type: 'notice', record: known });
    detector.requested(from, target);
  },

  'probe-reply': ({ detector }, _, { target, by, verdict }) =>
    detector.replied(target, by, verdict),
};
