import type { ExecutionContext } from 'ava';
import type { MemberEntry } from '../../../src/anchor/circuit.js';
import { memberEntry } from '../../../src/anchor/listed-member.js';
import { LocalMember } from '../../../src/anchor/local-member.js';
import { RemoteMember } from '../../../src/anchor/remote-member.js';
import { type MemberName, newMemberName } from '../../../src/base/address.js';
import { OperationsLog } from '../../../src/base/log.js';
import { newRecord, StubMembership } from '../bootstrap/stub-membership.js';
import { served } from './served.js';

/** A circuit whose members a test decides upon. */
export class ToyCircuit {
  readonly #membership = new StubMembership();
  readonly self = this.#membership.self.name;
  readonly listeners = new Set<(name: MemberName, gone: boolean) => void>();
  readonly #local: LocalMember;
  #members: MemberEntry[] = [memberEntry(this.#membership.self)];

  constructor(log: OperationsLog) {
    this.#local = new LocalMember({ membership: this.#membership, log, shutdown: () => {} });
  }

  members(): readonly MemberEntry[] {
    return this.#members;
  }

  member(): LocalMember {
    return this.#local;
  }

  watch(listener: (name: MemberName, gone: boolean) => void): Disposable {
    this.listeners.add(listener);
    return { [Symbol.dispose]: () => this.listeners.delete(listener) };
  }

  add(): MemberName {
    const name = newMemberName();
    this.#members = [...this.#members, memberEntry({ ...newRecord(), name })];
    for (const listener of this.listeners) listener(name, false);
    return name;
  }
}

/** Counts those who wait for it to grow. */
export class WatchedLog extends OperationsLog {
  waiting = 0;

  override async whenBeyond(offset: number, signal?: AbortSignal): Promise<void> {
    this.waiting += 1;
    try {
      await super.whenBeyond(offset, signal);
    } finally {
      this.waiting -= 1;
    }
  }
}

export const newLog = () => new WatchedLog(() => {});

/** What a peer may call of a circuit, over a real connection, and the circuit's member as the peer has it. */
export async function peer(t: ExecutionContext) {
  const operations = newLog();
  const circuit = new ToyCircuit(operations);
  const connection = await served(t, circuit, operations);
  const member = new RemoteMember(circuit.self, async () => connection);
  return { circuit, operations, connection, member };
}
