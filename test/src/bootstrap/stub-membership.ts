import { Address, newMemberName, newSecret } from '../../../src/base/address.js';
import { Listeners } from '../../../src/base/listeners.js';
import type {
  JoinOptions,
  MemberStatus,
  Membership,
  MembershipChange,
  Views,
} from '../../../src/membership/membership.js';
import type { MemberRecord } from '../../../src/membership/record.js';

/** A membership whose network is made by the test. */
export class StubMembership implements Membership {
  readonly self = newRecord();
  /** The addresses that were joined, in this order. */
  readonly joins: string[] = [];
  /** How many of these joins a user wanted. */
  byUser = 0;
  /** Decides the outcome of each join. */
  answer: (address: Address, signal?: AbortSignal) => Promise<void> = async () => {};
  active: readonly MemberRecord[] = [];
  passive: readonly MemberRecord[] = [];
  #others: readonly MemberRecord[] = [];
  readonly #suspectSince = new Map<string, number>();
  readonly #changes = new Listeners<[MembershipChange]>();

  members(): readonly MemberRecord[] {
    return [this.self, ...this.#others].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  get(name: string): MemberRecord | undefined {
    return this.members().find((member) => member.name === name);
  }

  /** A member that has gone is forgotten at once. */
  status(name: string): MemberStatus | undefined {
    const record = this.get(name);
    return record && { record, since: this.#suspectSince.get(name) ?? record.joined };
  }

  views(): Views {
    return { active: this.active, passive: this.passive };
  }

  watch(listener: (change: MembershipChange) => void): Disposable {
    return this.#changes.add(listener);
  }

  async join(address: Address, { signal, byUser = true }: JoinOptions = {}): Promise<void> {
    if (byUser) this.byUser += 1;
    this.joins.push(address.toString());
    await this.answer(address, signal);
  }

  come(...members: readonly MemberRecord[]): void {
    this.#others = [...this.#others, ...members];
    for (const member of members) this.#changes.tell({ kind: 'join', member, state: 'alive' });
  }

  /** Makes a member a suspect, of which no listener is told. */
  suspect(member: MemberRecord, since: number): void {
    const suspected: MemberRecord = { ...member, state: 'suspect' };
    this.#others = this.#others.map((other) => (other.name === member.name ? suspected : other));
    this.#suspectSince.set(member.name, since);
  }

  go(member: MemberRecord, state: 'failed' | 'left'): void {
    this.#others = this.#others.filter(({ name }) => name !== member.name);
    this.#changes.tell({ kind: 'leave', member, state });
  }

  async leave(): Promise<void> {
    for (const member of this.#others) this.go(member, 'left');
  }

  deliver(): void {}

  async close(): Promise<void> {
    await this.leave();
  }
}

export function newAddress(): Address {
  return new Address('127.0.0.1', 1, 1, newSecret());
}

export function newRecord(): MemberRecord {
  const addr = newAddress().toString();
  const [host, version] = ['web1', '1.2.3'];
  return { name: newMemberName(), addr, joined: 0, incarnation: 0, state: 'alive', host, version };
}
