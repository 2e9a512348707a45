import type { Message, MessageOf } from './messages.js';
import type { Parts } from './parts.js';
import { isListed, type MemberRecord, type PeerAddress } from './record.js';
import { HEARSAY, OWN, type Source } from './shared.js';

/** The messages that only neighbours send each other. */
const OF_NEIGHBORS: readonly Message['type'][] = ['forward-join', 'gossip', 'ihave', 'graft'];

/** Gives a message to its mechanism, if the sender is one that may send it. */
export function receive(parts: Parts, message: Message, from: PeerAddress): void {
  const { host, beliefs, overlay, tree, comparison, detector, joining } = parts;
  if (OF_NEIGHBORS.includes(message.type) && !overlay.active.has(from)) {
    host.send(from, { type: 'disconnect' });
    return;
  }
  switch (message.type) {
    case 'join':
      joining.welcome(from, message.from, message.byUser);
      beliefs.reached(message.from);
      break;
    case 'welcome':
      joining.welcomed(from, message.from);
      beliefs.reached(message.from);
      break;
    case 'forward-join':
      parts.learn(message.newcomer, HEARSAY);
      overlay.forwardJoin(from, message.newcomer, message.ttl);
      break;
    case 'neighbor':
      neighbor(parts, from, message);
      break;
    case 'neighbor-reply':
      neighborReply(parts, from, message);
      break;
    case 'disconnect':
      overlay.disconnected(from);
      break;
    case 'shuffle':
      shuffle(parts, from, message);
      break;
    case 'shuffle-reply':
      overlay.shuffling.reply(from, message);
      break;
    case 'gossip':
      gossip(parts, from, message);
      break;
    case 'ihave':
      tree.announced(from, message.versions);
      break;
    case 'graft':
      tree.grafted(from, message.names);
      break;
    case 'prune':
      tree.pruned(from);
      break;
    case 'compare':
      // From a member, or from one that has joined us a moment ago.
      if (!overlay.active.has(from) && !isListedAt(parts, message.from)) break;
      parts.learn(message.from, HEARSAY);
      comparison.compare(from, message.hashes);
      break;
    case 'entries':
      comparison.entries(from, message);
      break;
    case 'answer':
      comparison.answer(from, message.records, message.last);
      break;
    case 'compared':
      comparison.compared(from);
      break;
    case 'notice':
      notice(parts, from, message.record);
      break;
    case 'probe-request':
      probeRequest(parts, from, message.target);
      break;
    case 'probe-reply':
      detector.replied(message.target, message.by, message.verdict);
      break;
    default:
      message satisfies never;
  }
}

function neighbor(parts: Parts, from: PeerAddress, message: MessageOf<'neighbor'>): void {
  const { host, beliefs, roster, overlay, comparison } = parts;
  const { from: record, priority, digest } = message;
  if (record.addr !== from || record.name === roster.self.name) return;
  const parting = parts.parted(record.name);
  if (!parting) parts.learn(record, HEARSAY);
  const known = parting ? parting.farewell : roster.get(record.name);
  if (isListed(known) && known.addr === from) {
    if (overlay.neighbor(record, priority)) comparison.heard(from, digest);
    beliefs.reached(known);
    return;
  }
  // The peer asks again when it has refuted that; it does not if it is we who have left.
  if (known) host.send(from, { type: 'notice', record: known });
  host.send(from, { type: 'neighbor-reply', accepted: false, digest: roster.digest });
}

function neighborReply(
  parts: Parts,
  from: PeerAddress,
  message: MessageOf<'neighbor-reply'>,
): void {
  const { beliefs, overlay, comparison } = parts;
  const { accepted, digest } = message;
  overlay.neighborReply(from, accepted);
  const neighbor = overlay.active.get(from);
  if (!accepted || !neighbor) return;
  comparison.heard(from, digest);
  beliefs.reached(neighbor);
}

function gossip(parts: Parts, from: PeerAddress, { records }: MessageOf<'gossip'>): void {
  const source: Source = { kind: 'gossip', from };
  let news = false;
  for (const record of records) news = parts.learn(record, source) || news;
  parts.tree.received(from, news);
}

function shuffle(parts: Parts, from: PeerAddress, message: MessageOf<'shuffle'>): void {
  const { host, overlay, comparison, roster } = parts;
  const origin = roster.get(message.origin);
  const isOrigin = origin?.addr === from;
  if (overlay.active.has(from) || (isOrigin && isListed(origin))) {
    comparison.heard(from, message.digest);
    overlay.shuffling.shuffle(from, message);
    return;
  }
  host.send(from, { type: 'disconnect' });
  if (isOrigin) host.send(from, { type: 'notice', record: origin });
}

/** A peer tells us its record of us, or that a member has left the network. */
function notice(parts: Parts, from: PeerAddress, record: MemberRecord): void {
  const { joining, roster } = parts;
  if (record.state === 'left' && record.addr === from) joining.hasLeft(from);
  // A member that we took for failed may have left, too: we dial it no more.
  const known = roster.get(record.name);
  const isFarewell = record.state === 'left' && known?.addr === record.addr;
  if (record.name === roster.self.name || isFarewell) parts.learn(record, OWN);
}

function probeRequest(parts: Parts, from: PeerAddress, target: MemberRecord): void {
  const { host, roster, detector } = parts;
  const known = roster.get(target.name);
  if (known?.addr !== target.addr) return;
  // The asking member has not heard of that yet, and would take it for failed.
  if (known.state === 'left') host.send(from, { type: 'notice', record: known });
  detector.requested(from, target);
}

function isListedAt({ roster }: Parts, { name, addr }: MemberRecord): boolean {
  const known = roster.get(name);
  return isListed(known) && known.addr === addr;
}
