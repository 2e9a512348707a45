import type { MemberName } from '../../src/base/address.js';
import type { MembershipChange } from '../../src/membership/membership.js';
import type { SimulatedMember } from './simulated-member.js';

/** A member was shown as gone to one that could have reached it. */
export interface WrongLeave {
  /** In milliseconds since the beginning. */
  readonly time: number;
  readonly observer: MemberName;
  readonly subject: MemberName;
}

/** The list that all members of a community should have, as a sum to compare with. */
interface Expectation {
  hash: number;
  size: number;
}

/**
 * Compares each member's list, as it told of changes, with the truth. It keeps a sum of each list
 * and counts the right ones, so the moment when all are right is known exactly and costs nothing to
 * find.
 */
export class RosterAudit {
  readonly #expected = new Map<number, Expectation>();
  #members: readonly SimulatedMember[] = [];
  #right = 0;
  /** When the last list became right, if all are, in milliseconds. */
  #since: number | undefined;
  readonly wrongLeaves: WrongLeave[] = [];
  /** The members that came twice, or went without having come. */
  readonly inconsistencies: string[] = [];

  constructor(
    private readonly now: () => number,
    private readonly find: (name: MemberName) => SimulatedMember | undefined,
  ) {}

  /**
   * Begins to compare with a new truth: the living members of one community are to list each other,
   * and nobody else.
   */
  expect(living: readonly SimulatedMember[]): void {
    this.#members = living;
    this.#expected.clear();
    for (const { community, hash } of living) {
      const expected = this.#expected.get(community) ?? { hash: 0, size: 0 };
      expected.hash ^= hash;
      expected.size += 1;
      this.#expected.set(community, expected);
    }
    this.#right = 0;
    for (const member of living) {
      member.right = this.#isRight(member);
      if (member.right) this.#right += 1;
    }
    this.#since = this.allRight ? this.now() : undefined;
  }

  /** Whether every member lists exactly the members that it should. */
  get allRight(): boolean {
    return this.#right === this.#members.length;
  }

  /** Since when all lists are right, in milliseconds; not a number if some are not. */
  get rightSince(): number {
    return this.#since ?? Number.NaN;
  }

  get rightCount(): number {
    return this.#right;
  }

  /** The members whose lists are not right. */
  wrong(): SimulatedMember[] {
    return this.#members.filter(({ right }) => !right);
  }

  changed(observer: SimulatedMember, { kind, member }: MembershipChange): void {
    const subject = this.find(member.name);
    this.#note(observer, kind, member.name);
    if (!subject) return;
    observer.listedHash ^= subject.hash;
    observer.listedCount += kind === 'join' ? 1 : -1;
    const well = subject.healthy && observer.healthy && subject.community === observer.community;
    if (kind === 'leave' && well) {
      const { name } = observer;
      this.wrongLeaves.push({ time: this.now(), observer: name, subject: subject.name });
    }
    this.#recount(observer);
  }

  #recount(member: SimulatedMember): void {
    const right = member.counted && this.#isRight(member);
    if (right === member.right) return;
    member.right = right;
    this.#right += right ? 1 : -1;
    this.#since = this.allRight ? this.now() : undefined;
  }

  #isRight({ community, listedCount, listedHash }: SimulatedMember): boolean {
    const expected = this.#expected.get(community);
    return expected?.size === listedCount && expected.hash === listedHash;
  }

  #note({ name, listed }: SimulatedMember, kind: 'join' | 'leave', subject: MemberName): void {
    if (!listed) return;
    const known = listed.has(subject);
    if (known === (kind === 'join')) {
      this.inconsistencies.push(`${this.now()} ms: ${name} tells of a ${kind} of ${subject}`);
    }
    if (kind === 'join') listed.add(subject);
    else listed.delete(subject);
  }
}
