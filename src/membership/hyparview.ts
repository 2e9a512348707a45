import type { MemberName } from '../address.js';
import type { Message } from './messages.js';
import {
  ACTIVE_VIEW,
  ACTIVE_WALK,
  DISMISSAL,
  FAR_SHUFFLE,
  MAX_REFUSALS,
  NEIGHBOR_PAUSE,
  NEIGHBOR_REQUESTS,
  NEIGHBOR_TIMEOUT,
  PASSIVE_VIEW,
  PASSIVE_WALK,
  SHUFFLE_ACTIVE,
  SHUFFLE_INTERVAL,
  SHUFFLE_PASSIVE,
  SHUFFLE_WALK,
} from './parameters.js';
import type { PeerAddress, ProtocolHost } from './protocol-host.js';
import { isListed, type MemberRecord } from './record.js';
import type { Roster } from './roster.js';
import type { Timer, Timers } from './timers.js';

export interface HyParViewOptions {
  readonly host: Pick<ProtocolHost, 'send' | 'open' | 'close'>;
  readonly roster: Roster;
  readonly timers: Timers;
  readonly now: () => number;
  readonly random: () => number;
  /** Told of links that stand from now on, that we are about to give up, and that do not stand any more. */
  readonly up: (peer: PeerAddress) => void;
  readonly parting: (peer: PeerAddress) => void;
  readonly down: (peer: PeerAddress) => void;
}

/**
 * The overlay: HyParView (Leitão, Pereira and Rodrigues, "HyParView: a membership protocol
 * for reliable gossip-based broadcast", DSN 2007). A member keeps links to a few others,
 * its active view, and knows some more, the passive one, to replace those that it loses.
 *
 * Two things differ from the paper. A member knows the whole roster, so a shuffle has only
 * names, and members are taken from the roster when the passive view has none left. And
 * the answer to a shuffle goes back over the links by which it came, where the paper makes
 * a connection: with encryption that would cost more than the rest of the protocol together.
 */
export class HyParView {
  readonly #options: HyParViewOptions;
  readonly #active = new Map<PeerAddress, MemberRecord>();
  readonly #passive = new Map<PeerAddress, MemberRecord>();
  /** Who has been asked to be a neighbour, until it answers. */
  readonly #asked = new Map<
    PeerAddress,
    { readonly record: MemberRecord; readonly timer: Timer }
  >();
  /** Who had to give way to another, until it will have found a neighbour in our place. */
  readonly #dismissed = new Map<
    PeerAddress,
    { readonly record: MemberRecord; readonly timer: Timer }
  >();
  /** Who is not asked, and until when. */
  readonly #avoided = new Map<PeerAddress, number>();
  /** What went into the last shuffle: it makes room for what comes back (section 4.4). */
  #shuffled: readonly MemberName[] = [];
  #shuffles = 0;
  /** How many have refused since the last shuffle: where all views are full, one may lack a neighbour. */
  #refused = 0;
  /** To whom the last far shuffle went: it may turn out not to be there. */
  #far: MemberRecord | undefined;

  constructor(options: HyParViewOptions) {
    this.#options = options;
    this.#shuffleLater(options.random() * SHUFFLE_INTERVAL);
  }

  get active(): ReadonlyMap<PeerAddress, MemberRecord> {
    return this.#active;
  }

  get passive(): ReadonlyMap<PeerAddress, MemberRecord> {
    return this.#passive;
  }

  /** How many requests have not been answered yet. */
  get asking(): number {
    return this.#asked.size;
  }

  /** Section 4.2: a newcomer is a neighbour at once, and the news of it walks through the network. */
  joined(newcomer: MemberRecord): void {
    if (!this.#active.has(newcomer.addr)) this.#admit(newcomer);
    for (const peer of this.#active.keys()) {
      if (peer === newcomer.addr) continue;
      this.#options.host.send(peer, { type: 'forward-join', newcomer, ttl: ACTIVE_WALK });
    }
  }

  forwardJoin(from: PeerAddress, newcomer: MemberRecord, ttl: number): void {
    if (this.#isSelf(newcomer) || this.#active.has(newcomer.addr)) return;
    const next = this.#draw(this.#active, [from, newcomer.addr]);
    if (ttl === 0 || !next) {
      this.#ask(newcomer, 'high');
      return;
    }
    if (ttl === PASSIVE_WALK) this.#reserve(newcomer);
    this.#options.host.send(next.addr, { type: 'forward-join', newcomer, ttl: ttl - 1 });
  }

  /** Section 4.3. @returns Whether it is a neighbour now. */
  neighbor(record: MemberRecord, priority: 'high' | 'low'): boolean {
    const { addr } = record;
    const accepted =
      this.#active.has(addr) || priority === 'high' || this.#active.size < ACTIVE_VIEW;
    if (accepted) this.#admit(record);
    const { digest } = this.#options.roster;
    this.#options.host.send(addr, { type: 'neighbor-reply', accepted, digest });
    return accepted;
  }

  neighborReply(from: PeerAddress, accepted: boolean): void {
    const asked = this.#asked.get(from);
    if (!asked) {
      // Too late: it is not to think that we are its neighbour.
      if (accepted && !this.#active.has(from)) this.#disconnect(from);
      return;
    }
    this.#forget(from);
    if (accepted && isListed(this.#options.roster.get(asked.record.name))) {
      this.#admit(asked.record);
    } else {
      if (accepted) this.#disconnect(from);
      else if (!this.#active.has(from)) this.#options.host.close(from);
      this.#refused += 1;
      this.#avoid(from, NEIGHBOR_PAUSE);
    }
    this.fill();
  }

  /** The other side has given us up; it is well. */
  disconnected(from: PeerAddress): void {
    const record = this.#remove(from);
    if (!record) return;
    this.#options.host.close(from);
    this.#reserve(record);
    this.fill();
  }

  /** The link to a neighbour, or to be, has ended, or cannot be made. @returns Who it was. */
  lost(peer: PeerAddress): MemberRecord | undefined {
    const neighbor = this.#active.get(peer) ?? this.#asked.get(peer)?.record;
    const record = neighbor ?? this.#dismissed.get(peer)?.record;
    const reserve = this.#passive.get(peer);
    this.#passive.delete(peer);
    this.#avoid(peer, NEIGHBOR_PAUSE);
    this.#remove(peer);
    if (record) this.#options.host.close(peer);
    this.#forget(peer);
    this.#takeBack(peer);
    if (neighbor) this.fill();
    return record ?? reserve ?? (this.#far?.addr === peer ? this.#far : undefined);
  }

  /** It has left the network, or failed. */
  gone(peer: PeerAddress): void {
    this.#passive.delete(peer);
    const known = this.#active.has(peer) || this.#asked.has(peer) || this.#dismissed.has(peer);
    this.#remove(peer);
    this.#forget(peer);
    this.#takeBack(peer);
    if (known) this.#options.host.close(peer);
    this.fill();
  }

  /** A shuffle that came to us from a neighbour, or straight from its origin. */
  shuffle(from: PeerAddress, message: Extract<Message, { type: 'shuffle' }>): void {
    const { origin, names, ttl, path } = message;
    const { host, roster } = this.#options;
    const before = this.#active.get(from);
    const next = this.#draw(this.#active, [from, roster.get(origin)?.addr]);
    if (ttl > 0 && next && before) {
      const further = { origin, names, ttl: ttl - 1, path: [...path, before.name] };
      host.send(next.addr, { type: 'shuffle', ...further, digest: roster.digest });
      return;
    }
    const reply = namesOf(this.#some(this.#passive, names.length, roster.get(origin)?.addr));
    host.send(from, { type: 'shuffle-reply', path, names: reply });
    this.#integrate([origin, ...names], reply);
  }

  /** Whether a reply to a shuffle can come from there: over a link, or straight from whom we asked. */
  isShuffling(peer: PeerAddress): boolean {
    return this.#active.has(peer) || this.#far?.addr === peer;
  }

  /** @param path By whom it is still to go, the next one last; we are the origin if by nobody. */
  shuffleReply(path: readonly MemberName[], names: readonly MemberName[]): void {
    const { host, roster } = this.#options;
    const next = path.at(-1);
    if (next === undefined) {
      this.#integrate(names, this.#shuffled);
      return;
    }
    const addr = roster.get(next)?.addr;
    if (addr === undefined || !this.#active.has(addr)) return;
    host.send(addr, { type: 'shuffle-reply', path: path.slice(0, -1), names });
  }

  /** Replaces what the active view lacks. */
  fill(): void {
    const { random, roster } = this.#options;
    if (this.#refused >= MAX_REFUSALS && this.#active.size > ACTIVE_VIEW / 2) return;
    for (let tries = 0; tries < 2 * ACTIVE_VIEW; tries += 1) {
      const wanted = Math.min(ACTIVE_VIEW, roster.size - 1) - this.#active.size;
      if (this.#asked.size >= Math.min(wanted, NEIGHBOR_REQUESTS)) return;
      const candidate = this.#draw(this.#passive, this.#unavailable()) ?? roster.random(random);
      if (!candidate) return;
      this.#ask(candidate, this.#active.size === 0 ? 'high' : 'low');
    }
  }

  /** Keeps one in reserve; one at random gives way to it. */
  #reserve(record: MemberRecord): void {
    const { addr } = record;
    if (this.#isSelf(record) || this.#active.has(addr) || this.#passive.has(addr)) return;
    if (!isListed(this.#options.roster.get(record.name))) return;
    if (this.#passive.size >= PASSIVE_VIEW) {
      const dropped = this.#draw(this.#passive, []);
      if (dropped) this.#passive.delete(dropped.addr);
    }
    this.#passive.set(addr, record);
  }

  #ask(record: MemberRecord, priority: 'high' | 'low'): void {
    const { addr } = record;
    const { host, now, roster, timers } = this.#options;
    if (this.#isSelf(record) || this.#active.has(addr) || this.#asked.has(addr)) return;
    if (priority === 'low' && this.#isAvoided(addr)) return;
    const timer = timers.at(now() + NEIGHBOR_TIMEOUT, () => this.lost(addr));
    this.#asked.set(addr, { record, timer });
    host.open(addr);
    host.send(addr, { type: 'neighbor', from: roster.self, priority, digest: roster.digest });
  }

  /** Makes it a neighbour; one at random gives way to it. */
  #admit(record: MemberRecord): void {
    const { addr } = record;
    const { host, parting, up } = this.#options;
    this.#forget(addr);
    this.#takeBack(addr);
    this.#passive.delete(addr);
    this.#avoided.delete(addr);
    if (this.#active.has(addr)) return;
    if (this.#active.size >= ACTIVE_VIEW) {
      const dropped = this.#draw(this.#active, []);
      if (dropped) {
        parting(dropped.addr);
        this.#remove(dropped.addr);
        this.#dismiss(dropped);
        this.#reserve(dropped);
      }
    }
    this.#active.set(addr, record);
    host.open(addr);
    up(addr);
  }

  /** The link stands for a while yet: until it has others nobody else would see it fail. */
  #dismiss(record: MemberRecord): void {
    const { addr } = record;
    const { host, now, timers } = this.#options;
    host.send(addr, { type: 'disconnect' });
    const timer = timers.at(now() + DISMISSAL, () => {
      this.#dismissed.delete(addr);
      if (!this.#asked.has(addr)) host.close(addr);
    });
    this.#dismissed.set(addr, { record, timer });
  }

  #takeBack(peer: PeerAddress): void {
    this.#dismissed.get(peer)?.timer.cancel();
    this.#dismissed.delete(peer);
  }

  #disconnect(peer: PeerAddress): void {
    this.#options.host.send(peer, { type: 'disconnect' });
    this.#options.host.close(peer);
  }

  #remove(peer: PeerAddress): MemberRecord | undefined {
    const record = this.#active.get(peer);
    if (this.#active.delete(peer)) this.#options.down(peer);
    return record;
  }

  #forget(peer: PeerAddress): void {
    this.#asked.get(peer)?.timer.cancel();
    this.#asked.delete(peer);
  }

  #shuffleLater(delay: number): void {
    const { now, timers } = this.#options;
    timers.at(now() + delay, () => {
      this.#beginShuffle();
      this.#shuffleLater(SHUFFLE_INTERVAL);
    });
  }

  #beginShuffle(): void {
    const { host, now, random, roster } = this.#options;
    for (const [peer, until] of this.#avoided) if (until <= now()) this.#avoided.delete(peer);
    this.#refused = 0;
    this.fill();
    this.#shuffles += 1;
    const far = this.#shuffles % FAR_SHUFFLE === 0;
    const target = far ? roster.random(random) : this.#draw(this.#active, []);
    if (!target) return;
    if (far) this.#far = target;
    const ttl = far ? 0 : SHUFFLE_WALK - 1;
    this.#shuffled = namesOf([
      ...this.#some(this.#active, SHUFFLE_ACTIVE, target.addr),
      ...this.#some(this.#passive, SHUFFLE_PASSIVE, target.addr),
    ]);
    const { self, digest } = roster;
    const message = { origin: self.name, names: this.#shuffled, ttl, path: [], digest };
    host.send(target.addr, { type: 'shuffle', ...message });
  }

  /** Section 4.4: what was sent to the other makes room for what came from it. */
  #integrate(names: readonly MemberName[], sent: readonly MemberName[]): void {
    const { roster } = this.#options;
    const dispensable = sent
      .map((name) => roster.get(name)?.addr)
      .filter((addr) => addr !== undefined && this.#passive.has(addr));
    for (const name of names) {
      const record = roster.get(name);
      // Of who is not known here the comparison of the rosters will tell.
      if (!record) continue;
      if (this.#passive.size >= PASSIVE_VIEW) {
        const dropped = dispensable.pop();
        if (dropped !== undefined) this.#passive.delete(dropped);
      }
      this.#reserve(record);
    }
  }

  #avoid(peer: PeerAddress, time: number): void {
    this.#avoided.set(peer, this.#options.now() + time);
  }

  #isAvoided(peer: PeerAddress): boolean {
    return (this.#avoided.get(peer) ?? 0) > this.#options.now();
  }

  #unavailable(): readonly PeerAddress[] {
    return [...this.#passive.keys()].filter(
      (peer) => this.#asked.has(peer) || this.#isAvoided(peer),
    );
  }

  #isSelf({ addr }: MemberRecord): boolean {
    return addr === this.#options.roster.self.addr;
  }

  /** One at random. */
  #draw(
    view: ReadonlyMap<PeerAddress, MemberRecord>,
    except: ReadonlyArray<PeerAddress | undefined>,
  ): MemberRecord | undefined {
    const left = [...view.values()].filter(({ addr }) => !except.includes(addr));
    return left[Math.floor(this.#options.random() * left.length)];
  }

  /** Up to `count` at random. */
  #some(
    view: ReadonlyMap<PeerAddress, MemberRecord>,
    count: number,
    except: PeerAddress | undefined,
  ): MemberRecord[] {
    const left = [...view.values()].filter(({ addr }) => addr !== except);
    while (left.length > count) {
      left.splice(Math.floor(this.#options.random() * left.length), 1);
    }
    return left;
  }
}

function namesOf(records: readonly MemberRecord[]): MemberName[] {
  return records.map(({ name }) => name);
}
