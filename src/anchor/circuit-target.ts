import { RpcTarget } from 'capnweb';
import type { MemberName } from '../base/address.js';
import { CircuitError } from '../base/error.js';
import type { MemberEntry } from './circuit.js';
import { MemberTarget } from './member-target.js';
import { RosterTarget } from './roster-target.js';
import type { TargetContext } from './target-context.js';

/**
 * The circuit as capabilities, which a peer may call. A peer is another daemon or a client; both hold
 * the address, so both may do everything. The methods of the prototype are the interface: each checks
 * its arguments, which come from outside.
 */
export class CircuitTarget extends RpcTarget {
  readonly #context: TargetContext;
  #roster: RosterTarget | undefined;

  constructor(context: TargetContext) {
    super();
    this.#context = context;
  }

  /** The members that this daemon knows, and which of them it is. */
  roster(): CircuitRoster {
    const { circuit } = this.#context;
    return { self: circuit.self, members: circuit.members() };
  }

  /** Follows the members. A peer has one: another call disposes the one before. */
  followRoster(): RosterTarget {
    this.#roster?.[Symbol.dispose]();
    this.#roster = new RosterTarget(this.#context.circuit);
    return this.#roster;
  }

  /** @throws CircuitError ENOENT */
  member(name: string): MemberTarget {
    const member = this.#context.circuit.member(String(name));
    if (!member) throw new CircuitError('ENOENT', `there is no member ${String(name)}`);
    return new MemberTarget(member, this.#context);
  }

  /** A message of the membership protocol. */
  async deliver(message: unknown): Promise<unknown> {
    return await this.#context.deliver(message);
  }
}

export interface CircuitRoster {
  readonly self: MemberName;
  readonly members: readonly MemberEntry[];
}
