import { isMemberName, type MemberName } from '../../src/base/address.js';
import { VERSION } from '../../src/base/version.js';
import { newMemberMap } from '../../src/membership/member-map.js';
import type { MemberRecord } from '../../src/membership/record.js';
import { EventQueue } from './event-queue.js';
import { Network, type NetworkOptions } from './network.js';
import { Numbering } from './numbered-map.js';
import { Random } from './random.js';
import { RosterAudit } from './roster-audit.js';
import { SimulatedMember } from './simulated-member.js';

export interface SimulationOptions extends NetworkOptions {
  /** The source of all randomness: the same seed gives the same run. */
  readonly seed: number;
  /** Whether members' lists are kept by name, and the changes that they tell of are checked. */
  readonly strict: boolean;
}

/** The identity of a daemon; a part that is left out is new. */
export interface Identity {
  readonly name?: MemberName;
  /** HOST:PORT */
  readonly authority?: string;
  readonly incarnation?: number;
}

/** A daemon that has just been started, and the member that it joins. */
export interface Joined {
  readonly name: MemberName;
  readonly member: SimulatedMember;
  readonly contact: SimulatedMember;
}

/** Up to so many members join one by one; a larger network is there from the beginning. */
export const JOINED_ONE_BY_ONE = 100;

/** The time between two joins while a network is built. */
const BUILD_INTERVAL_MS = 50;

/** How long a network is left alone before anything is measured. */
export const SETTLE_MS = 60_000;

/** The date at the beginning of the simulated clock. */
const EPOCH_MS = Date.UTC(2026, 0, 1);

/** Virtual time, a network, and members that run the code of the daemon. */
export class Simulation {
  readonly queue = new EventQueue();
  readonly random: Random;
  readonly network: Network;
  readonly audit: RosterAudit;
  /** All members that were ever started, also those that have ended. */
  readonly members: SimulatedMember[] = [];
  readonly #byName = new Map<MemberName, SimulatedMember>();
  readonly #numbering = new Numbering();

  constructor(readonly options: SimulationOptions) {
    this.random = new Random(options.seed);
    this.network = new Network(this.queue, this.random, options);
    this.audit = new RosterAudit(
      () => this.now,
      (name) => this.#byName.get(name),
    );
  }

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.queue.now;
  }

  /** The members whose daemons run, also if they are frozen. */
  get living(): SimulatedMember[] {
    return this.members.filter(({ endpoint }) => endpoint.lives);
  }

  /** Starts a daemon, alone. */
  start({ name, authority, incarnation = 0 }: Identity = {}): SimulatedMember {
    const { audit, network, now, random, options } = this;
    const number = this.members.length;
    const at = authority ?? `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}:8822`;
    const record: MemberRecord = {
      name: name ?? this.newName(),
      addr: `circuit://${at}/${number + 1}/Q${random.hex(32)}`,
      joined: EPOCH_MS + now,
      incarnation,
      state: 'alive',
      host: `host${number}`,
      version: VERSION,
    };
    // Clocks that count from the start of the host show different times.
    const clock = random.integer(0, 10_000_000);
    const { copies, strict } = options;
    // Where everything is checked, members use the maps of the daemon.
    const newMap = copies ? newMemberMap : this.#numbering.newMap;
    const member = new SimulatedMember({ record, network, random, audit, clock, strict, newMap });
    this.members.push(member);
    this.#byName.set(record.name, member);
    return member;
  }

  /** Starts a daemon, which joins a living member. */
  startAndJoin(identity: Identity = {}): Joined {
    const contact = this.random.pick(this.living.filter(({ healthy }) => healthy));
    const member = this.start(identity);
    this.join(member, contact);
    return { name: member.name, member, contact };
  }

  /** Joins one member to another: from now on their communities are to know each other. */
  join(member: SimulatedMember, contact: SimulatedMember): void {
    const { community } = member;
    if (contact.community !== community) {
      for (const one of this.members) {
        if (one.community === community) one.community = contact.community;
      }
    }
    member.join(contact.address);
    this.expect();
  }

  /**
   * Builds a network at rest, all of whose members know each other. Up to {@link JOINED_ONE_BY_ONE}
   * members join one by one. In a larger network each is given the whole roster at the beginning,
   * and finds its neighbours from there. Both are then left alone for {@link SETTLE_MS}.
   * @throws Error if not all know each other then
   */
  build(count: number): void {
    if (count <= JOINED_ONE_BY_ONE) {
      this.start();
      for (let started = 1; started < count; started += 1) {
        this.queue.runTo(this.now + BUILD_INTERVAL_MS);
        const member = this.start();
        member.community = this.members[0]?.community ?? 0;
        member.join(this.random.pick(this.members.slice(0, started)).address);
      }
    } else {
      for (let started = 0; started < count; started += 1) this.start();
      const records = this.members.map(({ protocol }) => protocol.self);
      const hash = this.members.reduce((sum, member) => sum ^ member.hash, 0);
      for (const member of this.members) {
        member.community = 0;
        member.preload(records, hash);
      }
      this.#numbering.share();
    }
    this.expect();
    this.queue.runTo(this.now + SETTLE_MS);
    if (!this.audit.allRight) {
      throw new Error(
        `only ${this.audit.rightCount} of ${count} know all when the network is built`,
      );
    }
  }

  /** To be called when the truth that all should know has changed. */
  expect(): void {
    this.audit.expect(this.living);
  }

  /** Ends the processes. */
  crash(...members: readonly SimulatedMember[]): readonly SimulatedMember[] {
    for (const member of members) {
      member.healthy = false;
      this.network.end(member.endpoint);
    }
    this.expect();
    return members;
  }

  /** Takes the power from the hosts. */
  powerOff(...members: readonly SimulatedMember[]): readonly SimulatedMember[] {
    for (const member of members) {
      member.healthy = false;
      this.network.powerOff(member.endpoint);
    }
    this.expect();
    return members;
  }

  /** Leaves in order; the process ends so many milliseconds later. */
  leave(member: SimulatedMember, lastWords = LAST_WORDS_MS): void {
    member.healthy = false;
    member.leave();
    member.community = -1 - member.endpoint.index;
    this.expect();
    this.queue.at(this.now + lastWords, () => this.crash(member));
  }

  freeze(member: SimulatedMember): void {
    member.healthy = false;
    this.network.freeze(member.endpoint);
  }

  /** Lets a member go on. Whether it was missed or not, it is to be known again. */
  thaw(member: SimulatedMember): void {
    member.resume(this.network.thaw(member.endpoint));
    this.expect();
  }

  /** Cuts all paths from these members to the others; both parts go on by themselves. */
  split(part: readonly SimulatedMember[]): void {
    for (const member of part) {
      member.endpoint.part = 1;
      member.community = SPLIT;
    }
    this.network.pathsChanged();
    this.expect();
  }

  /** Mends the paths between the parts. */
  heal(): void {
    const community = this.members.find(({ endpoint }) => endpoint.part === 0)?.community ?? 0;
    for (const member of this.members) {
      if (member.endpoint.part === 1) member.community = community;
      member.endpoint.part = 0;
    }
    this.network.pathsChanged();
    this.expect();
  }

  /**
   * Whether all living members are connected by links that both sides have in their active views.
   */
  get connected(): boolean {
    const { living } = this;
    const views = new Map(
      living.map(({ address, protocol }): [string, Set<string>] => [
        address,
        new Set(protocol.views().active.map(({ addr }) => addr)),
      ]),
    );
    const reached = new Set(living.slice(0, 1).map(({ address }) => address));
    for (const address of reached) {
      for (const next of views.get(address) ?? []) {
        if (views.get(next)?.has(address)) reached.add(next);
      }
    }
    return reached.size === living.length;
  }

  newName(): MemberName {
    const name = `X${this.random.hex(16)}`;
    if (!isMemberName(name)) throw new Error(`not a name: ${name}`);
    return name;
  }
}

/** The community of the part that was split off. */
const SPLIT = -1_000_000;

/** The time from a member's leaving to the end of its process. */
const LAST_WORDS_MS = 500;
