import type { Timer } from './clock.js';
import { ExpiringSet } from './expiring-set.js';
import type { MechanismContext } from './mechanism-context.js';
import {
  ACTIVE_VIEW,
  ACTIVE_WALK,
  BARRED_PAUSE_MS,
  DISMISSAL_MS,
  MAX_ASKED,
  MAX_BARRED,
  MAX_REFUSALS,
  NEIGHBOR_PAUSE_MS,
  NEIGHBOR_REQUESTS,
  NEIGHBOR_TIMEOUT_MS,
  PASSIVE_WALK,
} from './parameters.js';
import type { PartialView } from './partial-view.js';
import { PassiveView } from './passive-view.js';
import type { Plumtree } from './plumtree.js';
import { isListed, type MemberRecord, type PeerAddress } from './record.js';
import { Shuffling } from './shuffling.js';

export interface HyParViewOptions extends MechanismContext {
  readonly tree: Plumtree;
  /** The members that we accuse: a new neighbour may not have heard of it. */
  readonly accusedByUs: () => readonly MemberRecord[];
}

/**
 * The overlay: HyParView (Leitão, Pereira and Rodrigues, "HyParView: a membership protocol for
 * reliable gossip-based broadcast", DSN 2007). A member keeps links to a few others, its active
 * view, and knows some more, its passive view, as replacements for lost neighbours.
 *
 * The paper's members know only their views. Ours know the whole roster, and take neighbours from
 * there when the passive view has none left.
 */
export class HyParView {
  /** The neighbours. */
  readonly active: PartialView;
  /** The members in reserve. */
  readonly passive: PassiveView;
  readonly shuffling: Shuffling;
  readonly #options: HyParViewOptions;
  /** The members that we have asked to be neighbours, until they answer. */
  readonly #requests = new Map<PeerAddress, Request>();
  /** The neighbours that gave way to others, until they will have found one in our place. */
  readonly #dismissed = new Map<PeerAddress, Omit<Request, 'priority'>>();
  /** The members that are not asked, unless we have no neighbour at all. */
  readonly #avoided: ExpiringSet<PeerAddress>;
  /**
   * Members that could not be reached, or refused a high priority: for a moment not asked at all.
   */
  readonly #barred = new Map<PeerAddress, Pick<Request, 'timer'>>();
  /** How many members refused since the last shuffle; see {@link MAX_REFUSALS}. */
  #refused = 0;

  constructor(options: HyParViewOptions) {
    this.#options = options;
    this.#avoided = new ExpiringSet(options.clock, NEIGHBOR_PAUSE_MS);
    this.active = options.active;
    this.passive = new PassiveView(options);
    this.shuffling = new Shuffling({
      ...options,
      passive: this.passive,
      beforehand: () => this.#refresh(),
    });
  }

  /** How many requests wait for their answers. */
  get asking(): number {
    return this.#requests.size;
  }

  /**
   * Section 4.2: a newcomer becomes a neighbour at once, and a random walk spreads the news of it.
   */
  joined(newcomer: MemberRecord): void {
    if (!this.active.has(newcomer.addr)) this.#admit(newcomer);
    for (const peer of this.active.keys()) {
      if (peer === newcomer.addr) continue;
      this.#options.host.send(peer, { type: 'forward-join', newcomer, ttl: ACTIVE_WALK });
    }
  }

  forwardJoin(from: PeerAddress, newcomer: MemberRecord, ttl: number): void {
    if (this.#isSelf(newcomer) || this.active.has(newcomer.addr)) return;
    const next = this.active.draw([from, newcomer.addr]);
    if (ttl === 0 || !next) {
      // A liar may make up newcomers: we dial only as many as could be true.
      const known = this.#options.roster.get(newcomer.name);
      const isKnown = isListed(known) && known.addr === newcomer.addr;
      if (isKnown && this.#requests.size < MAX_ASKED) this.#ask(newcomer, 'high');
      return;
    }
    if (ttl === PASSIVE_WALK) this.passive.reserve(newcomer);
    this.#options.host.send(next.addr, { type: 'forward-join', newcomer, ttl: ttl - 1 });
  }

  /** Section 4.3. @returns Whether it is a neighbour now. */
  neighbor(record: MemberRecord, priority: 'high' | 'low'): boolean {
    const { addr } = record;
    const accepted = this.active.has(addr) || priority === 'high' || this.active.size < ACTIVE_VIEW;
    if (accepted) this.#admit(record);
    const { digest } = this.#options.roster;
    this.#options.host.send(addr, { type: 'neighbor-reply', accepted, digest });
    return accepted;
  }

  neighborReply(from: PeerAddress, accepted: boolean): void {
    const asked = this.#requests.get(from);
    if (!asked) {
      // The answer is late: the peer must not think that we are its neighbour.
      if (accepted && !this.active.has(from)) this.#disconnect(from);
      return;
    }
    cancel(this.#requests, from);
    if (accepted && isListed(this.#options.roster.get(asked.record.name))) {
      this.#admit(asked.record);
    } else {
      if (accepted) this.#disconnect(from);
      else if (!this.active.has(from)) this.#options.host.close(from);
      this.#refused += 1;
      // Only a peer that is not in our network, or does not know us, refuses a high priority.
      if (asked.priority === 'high') this.#bar(from);
      this.#avoided.add(from);
    }
    this.fill();
  }

  /** The other side has given up the link. It has not failed. */
  disconnected(from: PeerAddress): void {
    const record = this.#remove(from);
    if (!record) return;
    this.#options.host.close(from);
    this.passive.reserve(record);
    this.fill();
  }

  /**
   * The link to a neighbour, present or future, has ended or cannot be made.
   * @returns Whose it was.
   */
  lost(peer: PeerAddress): MemberRecord | undefined {
    const wasAsked = this.#requests.has(peer);
    const wasNeighbor = wasAsked || this.active.has(peer);
    const reserve = this.passive.get(peer);
    this.#avoided.add(peer);
    // After a standing link breaks we do not know yet whether another one can be made.
    if (wasAsked) this.#bar(peer);
    const record = this.#drop(peer);
    if (wasNeighbor) this.fill();
    return record ?? reserve ?? this.shuffling.farMember(peer);
  }

  /** The member has left the network, or has failed. */
  gone(peer: PeerAddress): void {
    this.#drop(peer);
    this.fill();
  }

  /** Asks for as many neighbours as the active view lacks. */
  fill(): void {
    const { random, roster } = this.#options;
    if (this.#refused >= MAX_REFUSALS && this.active.size > ACTIVE_VIEW / 2) return;
    if (this.#barred.size >= MAX_BARRED) return;
    for (let tries = 0; tries < 2 * ACTIVE_VIEW; tries += 1) {
      const wanted = Math.min(ACTIVE_VIEW, roster.size - 1) - this.active.size;
      if (this.#requests.size >= Math.min(wanted, NEIGHBOR_REQUESTS)) return;
      const candidate = this.passive.draw(this.#unavailable()) ?? roster.random(random);
      if (!candidate) return;
      this.#ask(candidate, this.active.size === 0 ? 'high' : 'low');
    }
    this.#askUrgently();
  }

  /**
   * In the paper only a member without any neighbour cannot be refused. Here a member with less
   * than half of its neighbours cannot: a few that have only each other, as after they were
   * suspended together, would stay by themselves.
   */
  #askUrgently(): void {
    const { random, roster } = this.#options;
    if (this.active.size >= ACTIVE_VIEW / 2) return;
    for (let tries = 0; this.#requests.size === 0 && tries < 2 * ACTIVE_VIEW; tries += 1) {
      const candidate = roster.random(random);
      if (candidate) this.#ask(candidate, 'high');
    }
  }

  #ask(record: MemberRecord, priority: 'high' | 'low'): void {
    const { addr } = record;
    const { clock, host, roster } = this.#options;
    if (this.#isSelf(record) || this.active.has(addr) || this.#requests.has(addr)) return;
    if (this.#barred.has(addr)) return;
    if (priority === 'low' && this.#avoided.has(addr)) return;
    const timer = clock.after(NEIGHBOR_TIMEOUT_MS, () => this.lost(addr));
    this.#requests.set(addr, { record, timer, priority });
    host.open(addr);
    host.send(addr, { type: 'neighbor', from: roster.self, priority, digest: roster.digest });
  }

  /** Makes a member our neighbour; a random one gives way to it. */
  #admit(record: MemberRecord): void {
    const { addr } = record;
    const { accusedByUs, host, tree } = this.#options;
    cancel(this.#requests, addr);
    cancel(this.#dismissed, addr);
    this.passive.delete(addr);
    this.#avoided.delete(addr);
    cancel(this.#barred, addr);
    if (this.active.has(addr)) return;
    if (this.active.size >= ACTIVE_VIEW) {
      const dropped = this.active.draw();
      if (dropped) {
        tree.neighborLeaving(dropped.addr);
        this.#remove(dropped.addr);
        this.#dismiss(dropped);
        this.passive.reserve(dropped);
      }
    }
    this.active.set(addr, record);
    host.open(addr);
    tree.neighborUp(addr);
    tree.announce(addr, accusedByUs());
  }

  /** Keeps the link for a while: until the member has others, nobody else would see it fail. */
  #dismiss(record: MemberRecord): void {
    const { addr } = record;
    const { clock, host } = this.#options;
    host.send(addr, { type: 'disconnect' });
    const timer = clock.after(DISMISSAL_MS, () => {
      this.#dismissed.delete(addr);
      if (!this.#requests.has(addr)) host.close(addr);
    });
    this.#dismissed.set(addr, { record, timer });
  }

  #disconnect(peer: PeerAddress): void {
    this.#options.host.send(peer, { type: 'disconnect' });
    this.#options.host.close(peer);
  }

  #remove(peer: PeerAddress): MemberRecord | undefined {
    const record = this.active.get(peer);
    if (this.active.delete(peer)) this.#options.tree.neighborDown(peer);
    return record;
  }

  /** Forgets a peer. @returns Who it was, if it was a neighbour, is asked, or was dismissed. */
  #drop(peer: PeerAddress): MemberRecord | undefined {
    const pending = this.#requests.get(peer) ?? this.#dismissed.get(peer);
    this.passive.delete(peer);
    const record = this.#remove(peer) ?? pending?.record;
    cancel(this.#requests, peer);
    cancel(this.#dismissed, peer);
    if (record) this.#options.host.close(peer);
    return record;
  }

  /** From time to time members that refused, or could not be reached, are asked again. */
  #refresh(): void {
    this.#refused = 0;
    this.fill();
  }

  #bar(peer: PeerAddress): void {
    cancel(this.#barred, peer);
    const timer = this.#options.clock.after(BARRED_PAUSE_MS, () => {
      this.#barred.delete(peer);
      this.fill();
    });
    this.#barred.set(peer, { timer });
  }

  #unavailable(): readonly PeerAddress[] {
    return [...this.passive.keys()].filter(
      (peer) => this.#requests.has(peer) || this.#avoided.has(peer),
    );
  }

  #isSelf({ addr }: MemberRecord): boolean {
    return addr === this.#options.roster.self.addr;
  }
}

/** A request to be our neighbour. */
interface Request {
  readonly record: MemberRecord;
  readonly priority: 'high' | 'low';
  /** Ends the wait for an answer. */
  readonly timer: Timer;
}

function cancel(waiting: Map<PeerAddress, Pick<Request, 'timer'>>, peer: PeerAddress): void {
  waiting.get(peer)?.timer.cancel();
  waiting.delete(peer);
}
