import type { MemberName } from '../../src/base/address.js';
import type { NewMemberMap } from '../../src/membership/member-map.js';
import type { MembershipChange } from '../../src/membership/membership.js';
import type { Message, Verdict } from '../../src/membership/messages.js';
import { Protocol } from '../../src/membership/protocol.js';
import type { ProtocolHost } from '../../src/membership/protocol-host.js';
import type { MemberRecord, PeerAddress } from '../../src/membership/record.js';
import type { Daemon, Endpoint } from './endpoint.js';
import type { Event } from './event-queue.js';
import type { Network } from './network.js';
import type { Random } from './random.js';

/** Compares what a member tells of changes with the truth. */
export interface MemberAudit {
  changed(observer: SimulatedMember, change: MembershipChange): void;
}

export interface MemberOptions {
  readonly record: MemberRecord;
  readonly network: Network;
  readonly random: Random;
  readonly audit: MemberAudit;
  /** The time of its clock at the beginning of the run, in milliseconds. */
  readonly clock: number;
  /** Whether to keep its list by name, to check the changes that it tells of. */
  readonly strict: boolean;
  readonly newMap: NewMemberMap;
}

/** How long it waits for a join, as the daemon does. */
const JOIN_TIMEOUT_MS = 15_000;

/** One run of a daemon: the protocol, on the simulated network and with a clock of its own. */
export class SimulatedMember implements ProtocolHost, Daemon, Event {
  readonly protocol: Protocol;
  readonly endpoint: Endpoint;
  /** Bits of its name, which is random, for the sum of a list. */
  readonly hash: number;
  /** Members of the same community should know each other. */
  community: number;
  /** Whether it was left in peace: then it must not be shown as failed. */
  healthy = true;
  /** Its list, as it told of changes: sum, length and names. */
  listedHash: number;
  listedCount = 1;
  readonly listed: Set<MemberName> | undefined;
  /** Whether its list is right and counts; kept by the audit. */
  right = false;
  /** The peers with which a join has succeeded. */
  readonly joins = new Set<PeerAddress>();
  wasDisplaced = false;
  #clock: number;
  #wakeAt = Number.POSITIVE_INFINITY;

  constructor(private readonly options: MemberOptions) {
    const { record, network, random, clock, newMap } = options;
    this.#clock = clock;
    this.hash = Number.parseInt(record.name.slice(1, 9), 16) | 0;
    this.listedHash = this.hash;
    this.listed = options.strict ? new Set([record.name]) : undefined;
    this.endpoint = network.attach(record.addr, this);
    this.community = this.endpoint.index;
    const { now } = this;
    this.protocol = new Protocol({ self: record, host: this, random: random.next, now, newMap });
    this.#settle();
  }

  get name(): MemberName {
    return this.options.record.name;
  }

  get address(): PeerAddress {
    return this.options.record.addr;
  }

  /** Whether its list is compared with the truth. */
  get counted(): boolean {
    return this.endpoint.lives;
  }

  /** Its own clock, in milliseconds. */
  get now(): number {
    return this.options.network.queue.now + this.#clock;
  }

  // The test's calls.

  /** Joins, and as the daemon waits only so long. */
  join(peer: PeerAddress): void {
    const { queue } = this.options.network;
    this.protocol.join(peer, true, this.now);
    this.#settle();
    queue.at(queue.now + JOIN_TIMEOUT_MS, () => {
      if (!this.joins.has(peer)) this.protocol.giveUpJoin(peer);
    });
  }

  leave(): void {
    this.protocol.leave(this.now);
    this.#settle();
  }

  /** Begins with a roster of all members. */
  preload(records: readonly MemberRecord[], listedHash: number): void {
    this.protocol.preload(records, this.now);
    this.listedHash = listedHash;
    this.listedCount = records.length;
    for (const { name } of records) this.listed?.add(name);
    this.#settle();
  }

  /** Moves its clock ahead by so many milliseconds. */
  jumpClock(milliseconds: number): void {
    this.#clock += milliseconds;
    this.#settle();
  }

  /** Goes on after a freeze: queued calls are there, and timers are due. */
  resume(backlog: readonly (() => void)[]): void {
    if (this.options.random.chance(0.5)) this.#tick();
    for (const run of backlog) run();
    this.#settle();
  }

  /** Runs when the timer fires. */
  fire(): void {
    const { now } = this.options.network.queue;
    if (now < this.#wakeAt) return;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    if (this.endpoint.state !== 'running') return;
    this.#tick();
    this.#settle();
  }

  // Daemon: the network's calls.

  deliver(message: Message, from: PeerAddress): void {
    this.protocol.deliver(message, from, this.now);
    this.#settle();
  }

  /** The protocol waits for the answer of a new neighbour, not for the link. */
  opened(): void {}

  unreachable(peer: PeerAddress, verdict: 'refused' | 'silent'): void {
    this.protocol.unreachable(peer, verdict, this.now);
    this.#settle();
  }

  linkDown(peer: PeerAddress, how: 'closed' | 'silent'): void {
    this.protocol.linkDown(peer, how, this.now);
    this.#settle();
  }

  probed(peer: PeerAddress, verdict: Verdict): void {
    this.protocol.probed(peer, verdict, this.now);
    this.#settle();
  }

  // ProtocolHost: the protocol's calls.

  send(peer: PeerAddress, message: Message): void {
    this.endpoint.send(peer, message);
  }

  open(peer: PeerAddress): void {
    this.endpoint.open(peer);
  }

  close(peer: PeerAddress): void {
    this.endpoint.close(peer);
  }

  probe(peer: PeerAddress, timeout: number): void {
    this.endpoint.probe(peer, timeout);
  }

  changed(change: MembershipChange): void {
    this.options.audit.changed(this, change);
  }

  joined(peer: PeerAddress): void {
    this.joins.add(peer);
  }

  refused(): void {}

  displaced(): void {
    this.wasDisplaced = true;
  }

  #tick(): void {
    if (this.protocol.deadline <= this.now) this.protocol.tick(this.now);
  }

  /** Sets the timer again, after anything that may have moved the deadline. */
  #settle(): void {
    const { queue } = this.options.network;
    const wakeAt = Math.max(Math.ceil(this.protocol.deadline - this.#clock), queue.now);
    // A timer that fires too early does no harm, and costs less than to cancel it.
    if (wakeAt >= this.#wakeAt || wakeAt === Number.POSITIVE_INFINITY) return;
    this.#wakeAt = wakeAt;
    queue.schedule(wakeAt, this);
  }
}
