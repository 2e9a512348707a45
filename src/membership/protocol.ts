import type { MemberName } from '../base/address.js';
import type { Parting } from './joining.js';
import type { Views } from './membership.js';
import type { Message, Verdict } from './messages.js';
import { MAX_NETWORKS_LEFT, SUSPENDED_MS } from './parameters.js';
import { Parts, type ProtocolOptions } from './parts.js';
import { receive } from './receiver.js';
import {
  isListed,
  MAX_INCARNATION,
  type MemberRecord,
  type PeerAddress,
  withState,
} from './record.js';

/**
 * The membership protocol of one member, as a state machine without I/O: calls come in, each with
 * its time, and calls of the host go out. It puts together the overlay (HyParView), the broadcast
 * (Plumtree), the comparison of rosters, the failure detector (SWIM's probes) and the beliefs
 * (SWIM's records, Lifeguard's suspicion).
 *
 * All members hold an address of the network and so may command it; they are not enemies. A member
 * that lies can have others shown as failed until they refute it, and can invent members until
 * they are found silent. It cannot make anybody hold more than the limits in `parameters.ts`.
 */
export class Protocol {
  readonly #options: ProtocolOptions;
  #parts: Parts;
  /** For how long we were suspended: meanwhile our own clock stood still. */
  #suspended = 0;
  /** The members of each network that we have left: they may still take us for one of theirs. */
  #parted: ReadonlyArray<ReadonlySet<MemberName>> = [];
  /** Our last farewell; since its incarnation is the highest, it overrules the earlier ones. */
  #parting: Parting = { farewell: undefined };
  /** Whether we have joined nobody since, and nobody us: then all others are strangers. */
  #isAlone = false;

  constructor(options: ProtocolOptions) {
    this.#options = options;
    this.#parts = this.#begin(options.self, options.now);
  }

  get self(): MemberRecord {
    return this.#parts.roster.self;
  }

  /** When `tick` is to be called next; any call may change it. */
  get deadline(): number {
    return this.#parts.clock.next + this.#suspended;
  }

  /** How many members are listed, this one included. */
  get size(): number {
    return this.#parts.roster.size;
  }

  /** Equal rosters have equal digests. */
  get digest(): number {
    return this.#parts.roster.digest;
  }

  /** All listed members, this one included, sorted by name. */
  members(): readonly MemberRecord[] {
    return this.#parts.roster.listed();
  }

  /** A listed member. */
  get(name: MemberName): MemberRecord | undefined {
    const record = this.#parts.roster.get(name);
    return isListed(record) ? record : undefined;
  }

  /** Our record of a member, and since when it is in its state, if that has ever changed. */
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

  /** How much is under way: in a network at rest nothing but a few timers. */
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

  /** Takes records that all know already, to begin in the midst of a network. */
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
   * @param byUser Whether a user wants it: then a member that has left comes back.
   */
  join(peer: PeerAddress, byUser: boolean, now: number): void {
    this.#take(now, ({ joining }) => joining.join(peer, byUser));
  }

  giveUpJoin(peer: PeerAddress): void {
    this.#parts.joining.giveUp(peer);
  }

  /** Tells the other members, forgets them, and goes on alone. */
  leave(now: number): void {
    this.#take(now, () => this.#part(withState(this.self, 'left')));
  }

  tick(now: number): void {
    this.#take(now, ({ clock }) => clock.run());
  }

  /** The host could not make a link, or send. */
  unreachable(peer: PeerAddress, verdict: Exclude<Verdict, 'alive'>, now: number): void {
    this.#take(now, ({ overlay, detector }) => {
      const record = overlay.lost(peer);
      if (record && this.get(record.name) && !detector.wasReached(record.name)) {
        detector.investigate(record, verdict === 'silent');
      }
    });
  }

  /** A standing link has ended: it was closed, or nothing was heard from the peer for too long. */
  linkDown(peer: PeerAddress, how: 'closed' | 'silent', now: number): void {
    this.#take(now, ({ overlay, detector }) => {
      const record = overlay.lost(peer);
      if (record && this.get(record.name)) detector.investigate(record, how === 'silent');
    });
  }

  /** The result of a probe. */
  probed(peer: PeerAddress, verdict: Verdict, now: number): void {
    this.#take(now, ({ detector, refutation }) => {
      detector.probed(peer, verdict);
      refutation.probed(peer, verdict);
    });
  }

  /** Takes a message that has been parsed. */
  deliver(message: Message, from: PeerAddress, now: number): void {
    this.#take(now, (parts) => receive(parts, message, from));
  }

  /** Goes on alone. @param farewell What the others are told, if anything. */
  #part(farewell: MemberRecord | undefined): void {
    const { host, roster, overlay, joining, clock } = this.#parts;
    const { self } = roster;
    const others = roster.listed().filter(({ name }) => name !== self.name);
    const neighbors = [...overlay.active.keys()];
    const told = neighbors.length > 0 ? neighbors : others.slice(0, 1).map(({ addr }) => addr);
    // The peers that we have asked to join may have taken us in.
    for (const peer of new Set([...told, ...joining.asking])) {
      if (farewell) host.send(peer, { type: 'gossip', records: [farewell] });
      host.send(peer, { type: 'disconnect' });
      host.close(peer);
    }
    clock.clear();
    this.#parting = { farewell };
    // A member that failed may come back without having heard of our farewell.
    const parted = new Set([...others.map(({ name }) => name), ...roster.failed()]);
    if (parted.size > 0) this.#parted = [...this.#parted, parted].slice(-MAX_NETWORKS_LEFT);
    this.#isAlone = true;
    // With a higher incarnation, so that old news cannot pass for news of the new life.
    const incarnation = Math.min(self.incarnation + 1, MAX_INCARNATION);
    this.#parts = this.#begin({ ...self, incarnation }, clock.now);
    for (const member of others) host.changed({ kind: 'leave', member, state: 'left' });
  }

  #partedFrom(name: MemberName): Parting | undefined {
    // A member that we know in the new life is of our present network.
    const wasLeft = this.#parted.some((names) => names.has(name));
    const isOfOld = wasLeft && !this.#parts.roster.get(name);
    return this.#isAlone || isOfOld ? this.#parting : undefined;
  }

  #begin(self: MemberRecord, now: number): Parts {
    return new Parts({
      ...this.#options,
      self,
      now,
      parted: (name) => this.#partedFrom(name),
      met: (name) => {
        this.#isAlone = false;
        // We had left its network, and are with it again.
        this.#parted = this.#parted.filter((names) => !names.has(name));
      },
      displaced: () => {
        // Our farewell would be taken for the other daemon's. A member that is alone has nobody to
        // leave: a higher incarnation would only overrule the other daemon's record.
        if (this.size > 1) this.#part(undefined);
        else this.#isAlone = true;
        this.#options.host.displaced();
      },
    });
  }

  /** Runs a call at its time, and sends what comes of it. */
  #take(now: number, run: (parts: Parts) => void): void {
    const late = now - this.deadline;
    // The clock was late, so we were suspended: for us no time has passed.
    if (late > SUSPENDED_MS) this.#suspended += late;
    const { clock } = this.#parts;
    clock.now = Math.max(clock.now, now - this.#suspended);
    run(this.#parts);
    this.#parts.tree.flush();
  }
}
