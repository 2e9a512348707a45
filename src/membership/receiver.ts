import type { MemberName } from '../base/address.js';
import { HEARSAY, OWN, type Source } from './beliefs.js';
import type { Message } from './messages.js';
import type { Parting, Parts } from './parts.js';
import type { PeerAddress, ProtocolHost } from './protocol-host.js';
import { isListed, type MemberRecord } from './record.js';

type OfNeighbor = Extract<Message, { type: 'forward-join' | 'gossip' | 'ihave' | 'graft' }>;

/** Takes the messages of peers, each to the part that it is for, if it is the sender's to send. */
export class Receiver {
  readonly #host: Pick<ProtocolHost, 'send'>;
  readonly #parts: Parts;
  readonly #parted: (name: MemberName) => Parting | undefined;

  /** @param parted Whether a member takes us, if it does, for one of a network that we have left. */
  constructor(
    host: Pick<ProtocolHost, 'send'>,
    parts: Parts,
    parted: (name: MemberName) => Parting | undefined,
  ) {
    this.#host = host;
    this.#parts = parts;
    this.#parted = parted;
  }

  receive(message: Message, from: PeerAddress): void {
    const { beliefs, overlay, tree, comparison, detector, joining, learn } = this.#parts;
    switch (message.type) {
      case 'forward-join':
      case 'gossip':
      case 'ihave':
      case 'graft':
        if (overlay.active.has(from)) this.#receiveOfNeighbor(message, from);
        else this.#host.send(from, { type: 'disconnect' });
        break;
      case 'join':
        joining.welcome(from, message.from, message.byUser);
        beliefs.foundWell(message.from);
        break;
      case 'welcome':
        joining.welcomed(from, message.from);
        beliefs.foundWell(message.from);
        break;
      case 'neighbor':
        this.#neighbor(from, message);
        break;
      case 'neighbor-reply':
        this.#neighborReply(from, message);
        break;
      case 'disconnect':
        overlay.disconnected(from);
        break;
      case 'shuffle':
        this.#shuffle(from, message);
        break;
      case 'shuffle-reply':
        overlay.shuffling.reply(from, message);
        break;
      case 'prune':
        tree.pruned(from);
        break;
      case 'compare':
        // Of a member, or of one that has joined us a moment ago.
        if (!overlay.active.has(from) && !this.#isListedAt(message.from)) break;
        learn(message.from, HEARSAY);
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
        this.#notice(from, message.record);
        break;
      case 'probe-request':
        this.#probeRequest(from, message.target);
        break;
      case 'probe-reply':
        detector.replied(message.target, message.by, message.verdict);
        break;
      default:
        message satisfies never;
    }
  }

  /** What only neighbours tell each other. */
  #receiveOfNeighbor(message: OfNeighbor, from: PeerAddress): void {
    const { overlay, tree, learn } = this.#parts;
    switch (message.type) {
      case 'forward-join':
        learn(message.newcomer, HEARSAY);
        overlay.forwardJoin(from, message.newcomer, message.ttl);
        break;
      case 'gossip': {
        const source: Source = { kind: 'gossip', from };
        let news = false;
        for (const record of message.records) news = learn(record, source) || news;
        tree.received(from, news);
        break;
      }
      case 'ihave':
        tree.announced(from, message.versions);
        break;
      case 'graft':
        tree.grafted(from, message.names);
        break;
      default:
        message satisfies never;
    }
  }

  #neighbor(from: PeerAddress, message: Extract<Message, { type: 'neighbor' }>): void {
    const { beliefs, roster, overlay, comparison, learn } = this.#parts;
    const { from: record, priority, digest } = message;
    if (record.addr !== from || record.name === roster.self.name) return;
    const parting = this.#parted(record.name);
    if (!parting) learn(record, HEARSAY);
    const known = parting ? parting.farewell : roster.get(record.name);
    if (isListed(known) && known.addr === from) {
      if (overlay.neighbor(record, priority)) comparison.heard(from, digest);
      beliefs.foundWell(known);
      return;
    }
    // It comes again when it has refuted that; or not, if it is we who have gone.
    if (known) this.#host.send(from, { type: 'notice', record: known });
    this.#host.send(from, { type: 'neighbor-reply', accepted: false, digest: roster.digest });
  }

  #neighborReply(from: PeerAddress, message: Extract<Message, { type: 'neighbor-reply' }>): void {
    const { beliefs, overlay, comparison } = this.#parts;
    const { accepted, digest } = message;
    overlay.neighborReply(from, accepted);
    const neighbor = overlay.active.get(from);
    if (!accepted || !neighbor) return;
    comparison.heard(from, digest);
    beliefs.foundWell(neighbor);
  }

  #shuffle(from: PeerAddress, message: Extract<Message, { type: 'shuffle' }>): void {
    const { overlay, comparison, roster } = this.#parts;
    const origin = roster.get(message.origin);
    const isOrigin = origin?.addr === from;
    if (overlay.active.has(from) || (isOrigin && isListed(origin))) {
      comparison.heard(from, message.digest);
      overlay.shuffling.shuffle(from, message);
      return;
    }
    this.#host.send(from, { type: 'disconnect' });
    if (isOrigin) this.#host.send(from, { type: 'notice', record: origin });
  }

  /** A peer tells us what it holds of us; or that a member has left the network. */
  #notice(from: PeerAddress, record: MemberRecord): void {
    const { joining, roster, learn } = this.#parts;
    if (record.state === 'left' && record.addr === from) joining.hasLeft(from);
    // One that we took for failed may say so, too: it is dialled no more.
    const known = roster.get(record.name);
    const isFarewell = record.state === 'left' && known?.addr === record.addr;
    if (record.name === roster.self.name || isFarewell) learn(record, OWN);
  }

  #probeRequest(from: PeerAddress, target: MemberRecord): void {
    const known = this.#parts.roster.get(target.name);
    if (known?.addr !== target.addr) return;
    // Who asks of one that has left does not know yet, and would take it for failed.
    if (known.state === 'left') this.#host.send(from, { type: 'notice', record: known });
    this.#parts.detector.requested(from, target);
  }

  #isListedAt({ name, addr }: MemberRecord): boolean {
    const known = this.#parts.roster.get(name);
    return isListed(known) && known.addr === addr;
  }
}
