import { Address, newMemberName, newSecret } from '../../src/address.js';
import type { Membership, MembershipChange } from '../../src/membership/membership.js';
import type { MemberRecord } from '../../src/membership/record.js';

/** A network that is what the test says. */
export class StubMembership implements Membership {
  readonly self = newRecord();
  /** The addresses that were joined, in this order. */
  readonly joins: string[] = [];
  /** What comes of it, for each. */
  answer: (address: Address, signal?: AbortSignal) => Promise<void> = async () => {};
  #others: readonly MemberRecord[] = [];
  readonly #listeners = new Set<(change: MembershipChange) => void>();

  members(): readonly MemberRecord[] {
    return [this.self, ...this.#others].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  get(name: string): MemberRecord | undefined {
    return this.members().find((member) => member.name === name);
  }

  watch(listener: (change: MembershipChange) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  async join(address: Address, signal?: AbortSignal): Promise<void> {
    this.joins.push(address.toString());
    await this.answer(address, signal);
  }

  come(...members: readonly MemberRecord[]): void {
    this.#others = [...this.#others, ...members];
    for (const member of members) this.#tell({ kind: 'join', member, state: 'alive' });
  }

  go(member: MemberRecord, state: 'failed' | 'left'): void {
    this.#others = this.#others.filter(({ name }) => name !== member.name);
    this.#tell({ kind: 'leave', member, state });
  }

  async leave(): Promise<void> {
    for (const member of this.#others) this.go(member, 'left');
  }

  async deliver(): Promise<undefined> {}

  async close(): Promise<void> {
    await this.leave();
  }

  #tell(change: MembershipChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

export function newAddress(): Address {
  return new Address('127.0.0.1', 1, 1, newSecret());
}

export function newRecord(): MemberRecord {
  const addr = newAddress().toString();
  return { name: newMemberName(), addr, joined: 0, incarnation: 0, state: 'alive' };
}
