import type { MemberName } from '../base/address.js';
import type { Parting } from './joining.js';
import { type NewMemberMap, newMemberMap } from './member-map.js';
import type { Views } from './membership.js';
import type { Message, Verdict } from './messages.js';
import { MAX_NETWORKS_LEFT, SUSPENDED_MS } from './parameters.js';
import { Parts } from './parts.js';
import type { ProtocolHost } from './protocol-host.js';
import { receive } from './receiver.js';
import {
  isListed,
  MAX_INCARNATION,
  type MemberRecord,
  type PeerAddress,
  withState,
} from './record.js';

export interface ProtocolOptions {
  /** Our own record. */
  readonly self: MemberRecord;
  readonly host: ProtocolHost;
  /** Gives numbers from 0 up to 1. */
  readonly random: () => number;
  /** Milliseconds, on a clock that does not go back. */
  readonly now: number;
  /** Makes the maps of all members: of `Map`, unless there is something better. */
  readonly newMap?: NewMemberMap;
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
  readonly #newMap: NewMemberMap;
  #parts: Parts;
  /** How long we were suspended: our own clock stood still. */
  #suspended = 0;
  /** The members of each network that we have left: what they take us for is over. */
  #parted: ReadonlyArray<ReadonlySet<MemberName>> = [];
  /** And how the last of them was; with the highest incarnation it overrules the rest. */
  #parting: Parting = { farewell: undefined };
  /** Whether nobody has joined us since, nor we anybody: then that goes for all. */
  #isAlone = false;

  constructor({ self, host, random, now, newMap = newMemberMap }: ProtocolOptions) {
    this.#host = host;
    this.#random = random;
    this.#newMap = newMap;
    this.#parts = this.#begin(self, now);
  }

  get self(): MemberRecord {
    return this.#parts.roster.self;
  }

  /** When `tick` is to be called next; moves with every call. */
  get deadline(): number {
    return this.#parts.clock.next + this.#suspended;
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

  /** How much is under way: of a network at rest nothing but a few timers. */
  stats() {
    const { clock, overlay, comparison, detector, beliefs, joining } = this.#parts;
    return {
      timers: clock.size,
      asking: overlay.asking,
      comparing: comparison.size,
      investigations: detector.size,
      suspicions: beliefs.suspicions,
      joining: joining.size,
    };
  }

  /** Takes records as known to all, to begin with a network that has existed before. */
  preload(records: readonly MemberRecord[], now: number): void {
    this.#take(now, ({ clock, roster, overlay }) => {
      for (const record of records) {
        if (record.name !== this.self.name) roster.merge(record, clock.now);
      }
      overlay.fill();
    });
  }

  /**
   * Begins to merge our network with that of `peer`; the host is told when it is done.
   * @param byUser Whether a user wants it: then one that has left comes back.
   */
  join(peer: PeerAddress, byUser: boolean, now: number): void {
    this.#take(now, ({ joining }) => joining.join(peer, byUser));
  }

  giveUpJoin(peer: PeerAddress): void {
    this.#parts.joining.giveUp(peer);
  }

  /** Tells the others, forgets them, and goes on alone. */
  leave(now: number): void {
    this.#take(now, () => this.#part(withState(this.self, 'left')));
  }

  tick(now: number): void {
    this.#take(now, ({ clock }) => clock.run());
  }

  /** The host could not make a link that it was asked for, or send. */
  unreachable(peer: PeerAddress, verdict: Exclude<Verdict, 'alive'>, now: number): void {
    this.#take(now, ({ overlay, detector }) => {
      const record = overlay.lost(peer);
      if (record && this.get(record.name) && !detector.wasReached(record.name)) {
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
    this.#take(now, (parts) => receive(parts, message, from));
  }

  /** Goes on alone. @param farewell What the others are told, if they are. */
  #part(farewell: MemberRecord | undefined): void {
    const { roster, overlay, joining, clock } = this.#parts;
    const { self } = roster;
    const others = roster.listed().filter(({ name }) => name !== self.name);
    const neighbors = [...overlay.active.keys()];
    const told = neighbors.length > 0 ? neighbors : others.slice(0, 1).map(({ addr }) => addr);
    // Those too whom we have asked, who may have taken us up.
    for (const peer of new Set([...told, ...joining.asking])) {
      if (farewell) this.#host.send(peer, { type: 'gossip', records: [farewell] });
      this.#host.send(peer, { type: 'disconnect' });
      this.#host.close(peer);
    }
    clock.clear();
    this.#parting = { farewell };
    // Who failed may come back, and not have heard of it.
    const parted = new Set([...others.map(({ name }) => name), ...roster.failed()]);
    if (parted.size > 0) this.#parted = [...this.#parted, parted].slice(-MAX_NETWORKS_LEFT);
    this.#isAlone = true;
    // So that what is still on its way cannot pass for news of the new life.
    const incarnation = Math.min(self.incarnation + 1, MAX_INCARNATION);
    this.#parts = this.#begin({ ...self, incarnation }, clock.now);
    for (const member of others) this.#host.changed({ kind: 'leave', member, state: 'left' });
  }

  #partedFrom(name: MemberName): Parting | undefined {
    // One that is known in the new life is of the network that we are in now.
    const wasLeft = this.#parted.some((names) => names.has(name));
    const isOfOld = wasLeft && !this.#parts.roster.get(name);
    return this.#isAlone || isOfOld ? this.#parting : undefined;
  }

  #begin(self: MemberRecord, now: number): Parts {
    return new Parts({
      self,
      host: this.#host,
      random: this.#random,
      now,
      newMap: this.#newMap,
      parted: (name) => this.#partedFrom(name),
      met: (name) => {
        this.#isAlone = false;
        // We had left its network, and are with it again.
        this.#parted = this.#parted.filter((names) => !names.has(name));
      },
      displaced: () => {
        // What we would say of ourselves would be said of the other. Who is alone already has
        // nobody to leave: with a higher incarnation its record would overrule the other's.
        if (this.size > 1) this.#part(undefined);
        else this.#isAlone = true;
        this.#host.displaced();
      },
    });
  }

  /** Takes what comes in at a time, and sends what comes of it. */
  #take(now: number, run: (parts: Parts) => void): void {
    const late = now - this.deadline;
    // The clock stood still, so we were suspended: for us no time has passed.
    if (late > SUSPENDED_MS) this.#suspended += late;
    const { clock } = this.#parts;
    clock.now = Math.max(clock.now, now - this.#suspended);
    run(this.#parts);
    this.#parts.tree.flush();
  }
}
