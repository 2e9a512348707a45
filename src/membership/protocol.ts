import type { MemberName } from '../address.js';
import { Beliefs, HEARSAY, OWN, type Source } from './beliefs.js';
import { Comparison } from './comparison.js';
import { FailureDetector } from './failure-detector.js';
import { HyParView } from './hyparview.js';
import { Joining } from './joining.js';
import type { Views } from './membership.js';
import type { Message } from './messages.js';
import { SUSPENDED } from './parameters.js';
import { Plumtree } from './plumtree.js';
import type { PeerAddress, ProtocolHost, Verdict } from './protocol-host.js';
import { isListed, type MemberRecord } from './record.js';
import { Refutation } from './refutation.js';
import { Roster } from './roster.js';
import { Timers } from './timers.js';

export interface ProtocolOptions {
  /** Our own record. */
  readonly self: MemberRecord;
  readonly host: ProtocolHost;
  /** Gives numbers from 0 up to 1. */
  readonly random: () => number;
  /** Milliseconds, on a clock that does not go back. */
  readonly now: number;
}

/**
 * The membership protocol of one member, as a state machine without I/O: what comes in are
 * calls, each with its time; what goes out are calls of the host. It puts together the
 * overlay (HyParView), the broadcast (Plumtree), the comparison of rosters, the detection
 * of failures (SWIM's probes) and what is believed of whom (SWIM's records, Lifeguard's
 * suspicion).
 *
 * All members hold an address of the network, and so may command it; none is an enemy of
 * the others. A member that lies can have others shown as failed, or bring up such as do
 * not exist, until they refute it or are found to be silent; it cannot make anybody hold
 * more than the limits in `parameters.ts`.
 */
export class Protocol {
  readonly #host: ProtocolHost;
  readonly #random: () => number;
  #parts: Parts;
  /** On our own clock, which stands still while we are suspended. */
  #now: number;
  /** How long we were. */
  #suspended = 0;
  /** The members of a network that we have left: what they take us for is over. */
  #parted: ReadonlySet<MemberName> = new Set();
  /** What we told them. */
  #farewell: MemberRecord | undefined;

  constructor({ self, host, random, now }: ProtocolOptions) {
    this.#host = host;
    this.#random = random;
    this.#now = now;
    this.#parts = this.#begin(self);
  }

  get self(): MemberRecord {
    return this.#parts.roster.self;
  }

  /** When `tick` is to be called next; moves with every call. */
  get deadline(): number {
    return this.#parts.timers.next + this.#suspended;
  }

  /** How many members are listed, ourselves included. */
  get size(): number {
    return this.#parts.roster.size;
  }

  /** Equal rosters have equal digests. */
  get digest(): number {
    return this.#parts.roster.digest;
  }

  /** All that are listed, ourselves included, sorted by name. */
  members(): readonly MemberRecord[] {
    return this.#parts.roster.listed();
  }

  /** One that is listed. */
  get(name: MemberName): MemberRecord | undefined {
    const record = this.#parts.roster.get(name);
    return isListed(record) ? record : undefined;
  }

  /** What is known of a member; since when, if that has changed since it is known. */
  status(
    name: MemberName,
  ): { readonly record: MemberRecord; readonly since: number | undefined } | undefined {
    const { roster } = this.#parts;
    const record = roster.get(name);
    if (!record) return undefined;
    const since = roster.since(name);
    return { record, since: since === undefined ? undefined : since + this.#suspended };
  }

  views(): Views {
    const { overlay } = this.#parts;
    return { active: [...overlay.active.values()], passive: [...overlay.passive.values()] };
  }

  /** How much is kept at the moment. */
  stats(): Record<ProtocolStatistic, number> {
    const { timers, overlay, comparison, detector, beliefs, joining } = this.#parts;
    return {
      timers: timers.size,
      asking: overlay.asking,
      comparing: comparison.size,
      investigations: detector.size,
      suspicions: beliefs.suspicions,
      joining: joining.size,
    };
  }

  /** Takes records as known to all, to begin with a network that has existed before. */
  preload(records: readonly MemberRecord[], now: number): void {
    this.#take(now, ({ roster, overlay }) => {
      for (const record of records) {
        if (record.name !== this.self.name) roster.merge(record, this.#now);
      }
      overlay.fill();
    });
  }

  /** Begins to merge our network with that of `peer`; the host is told when it is done. */
  join(peer: PeerAddress, now: number): void {
    this.#take(now, ({ joining }) => joining.join(peer));
  }

  giveUpJoin(peer: PeerAddress): void {
    this.#parts.joining.giveUp(peer);
  }

  /** Tells the others, forgets them, and goes on alone. */
  leave(now: number): void {
    this.#take(now, () => this.#part({ ...this.self, state: 'left' }));
  }

  tick(now: number): void {
    this.#take(now, ({ timers }) => timers.run(this.#now));
  }

  /** The host could not make a link that it was asked for, or send. */
  unreachable(peer: PeerAddress, verdict: Exclude<Verdict, 'alive'>, now: number): void {
    this.#take(now, ({ overlay, detector }) => {
      const record = overlay.lost(peer);
      if (record && this.get(record.name) && !detector.isWell(record.name)) {
        detector.investigate(record, verdict === 'silent');
      }
    });
  }

  /** A link that stood has ended: it was closed, or nothing is heard of the peer any more. */
  linkDown(peer: PeerAddress, how: 'closed' | 'silent', now: number): void {
    this.#take(now, ({ overlay, detector }) => {
      const record = overlay.lost(peer);
      if (record && this.get(record.name)) detector.investigate(record, how === 'silent');
    });
  }

  /** What came of a dial that the host was asked for. */
  probed(peer: PeerAddress, verdict: Verdict, now: number): void {
    this.#take(now, ({ detector, refutation }) => {
      detector.probed(peer, verdict);
      refutation.probed(peer, verdict);
    });
  }

  /** A message that has been parsed, of the peer that is at this address. */
  deliver(message: Message, from: PeerAddress, now: number): void {
    this.#take(now, (parts) => this.#deliver(message, from, parts));
  }

  #deliver(message: Message, from: PeerAddress, parts: Parts): void {
    const { overlay, tree, comparison, detector, joining } = parts;
    switch (message.type) {
      case 'forward-join':
      case 'gossip':
      case 'ihave':
      case 'graft':
        if (overlay.active.has(from)) this.#deliverOfNeighbor(message, from, parts);
        else this.#host.send(from, { type: 'disconnect' });
        break;
      case 'join':
        joining.welcome(from, message.from);
        break;
      case 'welcome':
        joining.welcomed(from, message.from);
        break;
      case 'neighbor':
        this.#neighbor(from, message);
        break;
      case 'neighbor-reply':
        overlay.neighborReply(from, message.accepted);
        if (message.accepted) comparison.heard(from, message.digest);
        break;
      case 'disconnect':
        overlay.disconnected(from);
        break;
      case 'shuffle':
        this.#shuffle(from, message);
        break;
      case 'shuffle-reply':
        for (const record of message.records) this.#learn(record, HEARSAY);
        overlay.shuffleReply(message.path, message.records);
        break;
      case 'prune':
        tree.pruned(from);
        break;
      case 'compare':
        // Of a member, or of one that has joined us a moment ago.
        if (!overlay.active.has(from) && !this.#isListedAt(message.from)) break;
        this.#learn(message.from, HEARSAY);
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
        if (this.#isListedAt(message.target)) detector.requested(from, message.target);
        break;
      case 'probe-reply':
        detector.replied(message.target, message.by, message.verdict);
        break;
      default:
        message satisfies never;
    }
  }

  /** What only neighbours tell each other. */
  #deliverOfNeighbor(message: OfNeighbor, from: PeerAddress, { overlay, tree }: Parts): void {
    switch (message.type) {
      case 'forward-join':
        this.#learn(message.newcomer, HEARSAY);
        overlay.forwardJoin(from, message.newcomer, message.ttl);
        break;
      case 'gossip': {
        const source: Source = { kind: 'gossip', from };
        let news = false;
        for (const record of message.records) news = this.#learn(record, source) || news;
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
    const { roster, overlay, comparison } = this.#parts;
    const { from: record, priority, digest } = message;
    if (record.addr !== from || record.name === this.self.name) return;
    this.#learn(record, HEARSAY);
    const known = this.#parted.has(record.name) ? this.#farewell : roster.get(record.name);
    if (isListed(known) && known.addr === from) {
      if (overlay.neighbor(record, priority)) comparison.heard(from, digest);
      return;
    }
    // It comes again when it has refuted that; or not, if it is we who have gone.
    if (known) this.#host.send(from, { type: 'notice', record: known });
    this.#host.send(from, { type: 'neighbor-reply', accepted: false, digest: roster.digest });
  }

  #shuffle(from: PeerAddress, message: Extract<Message, { type: 'shuffle' }>): void {
    const { overlay, comparison, roster } = this.#parts;
    const { origin, records, digest } = message;
    const isNeighbor = overlay.active.has(from);
    if (isNeighbor || (origin.addr === from && this.#isListedAt(origin))) {
      for (const record of [origin, ...records]) this.#learn(record, HEARSAY);
      comparison.heard(from, digest);
      overlay.shuffle(from, message);
      return;
    }
    this.#host.send(from, { type: 'disconnect' });
    const known = roster.get(origin.name);
    if (known && origin.addr === from) this.#host.send(from, { type: 'notice', record: known });
  }

  /** A peer tells us what it holds of us; or that it has left the network that it was in. */
  #notice(from: PeerAddress, record: MemberRecord): void {
    const isFarewell = record.addr === from && record.state === 'left' && this.#isListedAt(record);
    if (record.name === this.self.name || isFarewell) this.#learn(record, OWN);
  }

  #isListedAt({ name, addr }: MemberRecord): boolean {
    return this.get(name)?.addr === addr;
  }

  #learn(record: MemberRecord, source: Source): boolean {
    // What those whom we have left still say of each other is nothing to us.
    if (source.kind === 'hearsay' && this.#parted.has(record.name)) return false;
    return this.#parts.beliefs.learn(record, source);
  }

  /** Goes on alone. @param farewell What the others are told, if they are. */
  #part(farewell: MemberRecord | undefined): void {
    const { roster, overlay, timers } = this.#parts;
    const { self } = roster;
    const others = roster.listed().filter(({ name }) => name !== self.name);
    const neighbors = [...overlay.active.keys()];
    const told = neighbors.length > 0 ? neighbors : others.slice(0, 1).map(({ addr }) => addr);
    for (const peer of told) {
      if (farewell) this.#host.send(peer, { type: 'gossip', records: [farewell] });
      this.#host.send(peer, { type: 'disconnect' });
      this.#host.close(peer);
    }
    timers.clear();
    this.#farewell = farewell;
    this.#parted = new Set(others.map(({ name }) => name));
    // So that what is still on its way cannot pass for news of the new life.
    this.#parts = this.#begin({ ...self, incarnation: self.incarnation + 1 });
    for (const member of others) this.#host.changed({ kind: 'leave', member, state: 'left' });
  }

  #begin(self: MemberRecord): Parts {
    const timers = new Timers();
    const roster = new Roster(self);
    const shared = {
      host: this.#host,
      random: this.#random,
      now: () => this.#now,
      timers,
      roster,
      learn: (record: MemberRecord, source: Source) => this.#learn(record, source),
    };
    const tree = new Plumtree({
      ...shared,
      has: (version) => beliefs.has(version),
      get: (name) => roster.get(name),
    });
    const publish = (record: MemberRecord, from?: PeerAddress) => {
      comparison.noteChange();
      tree.publish(record, from);
    };
    const comparison = new Comparison({ ...shared, done: (peer) => joining.compared(peer) });
    const overlay = new HyParView({
      ...shared,
      up: (peer) => tree.up(peer),
      parting: (peer) => tree.parting(peer),
      down: (peer) => tree.down(peer),
    });
    const joining = new Joining({
      ...shared,
      overlay,
      comparison,
      met: (name) => {
        // We had left its network, and are with it again.
        if (this.#parted.has(name)) this.#parted = new Set();
      },
    });
    const refutation = new Refutation({
      ...shared,
      publish,
      displaced: () => {
        // What we would say of ourselves would be said of the other.
        this.#part(undefined);
        this.#host.displaced();
      },
    });
    const detector = new FailureDetector({
      ...shared,
      neighbors: () => overlay.active.values(),
      failed: (record) => beliefs.fail(record),
      suspect: (record) => beliefs.accuse(record),
      well: (record) => beliefs.foundWell(record),
    });
    const beliefs = new Beliefs({
      ...shared,
      refutation,
      publish,
      isNeighbor: (peer) => overlay.active.has(peer),
      failed: () => detector.lookAround(),
      gone: ({ name, addr }) => {
        detector.forget(name);
        overlay.gone(addr);
      },
    });
    return { timers, roster, tree, comparison, overlay, joining, refutation, detector, beliefs };
  }

  /** Takes what comes in at a time, and sends what comes of it. */
  #take(now: number, run: (parts: Parts) => void): void {
    const late = now - this.deadline;
    // The clock stood still, so we were suspended: for us no time has passed.
    if (late > SUSPENDED) this.#suspended += late;
    this.#now = Math.max(this.#now, now - this.#suspended);
    run(this.#parts);
    this.#parts.tree.flush();
  }
}

/** What a daemon in good order returns to when nothing happens. */
export type ProtocolStatistic =
  | 'timers'
  | 'asking'
  | 'comparing'
  | 'investigations'
  | 'suspicions'
  | 'joining';

type OfNeighbor = Extract<Message, { type: 'forward-join' | 'gossip' | 'ihave' | 'graft' }>;

/** What a member has until it leaves its network. */
interface Parts {
  readonly timers: Timers;
  readonly roster: Roster;
  readonly tree: Plumtree;
  readonly comparison: Comparison;
  readonly overlay: HyParView;
  readonly joining: Joining;
  readonly refutation: Refutation;
  readonly detector: FailureDetector;
  readonly beliefs: Beliefs;
}
