import { isMemberName, type MemberName } from '../base/address.js';
import type { MemberPeek } from '../kinds/member/kind.js';
import type { Membership } from '../membership/membership.js';
import type { MemberRecord } from '../membership/record.js';
import type { Circuit, Member, MemberEntry } from './circuit.js';
import { isListedState, knownPeek, memberEntry } from './listed-member.js';
import type { LocalMember } from './local-member.js';

/** The view of the daemon in this process: itself, and how to reach the others. */
export class LocalCircuit implements Circuit {
  readonly #membership: Membership;
  readonly #local: LocalMember;
  readonly #remote: MakeRemote;
  readonly #members = new Map<MemberName, Member>();
  /** The membership has the same list until something in it changes. */
  readonly #entries = new WeakMap<readonly MemberRecord[], readonly MemberEntry[]>();

  constructor(membership: Membership, local: LocalMember, remote: MakeRemote) {
    this.#membership = membership;
    this.#local = local;
    this.#remote = remote;
    membership.watch(({ kind, member }) => {
      if (kind === 'leave') this.#members.delete(member.name);
    });
  }

  get self(): MemberName {
    return this.#local.name;
  }

  members(): readonly MemberEntry[] {
    const records = this.#membership.members();
    const known = this.#entries.get(records);
    if (known) return known;
    const entries = records.map(memberEntry);
    this.#entries.set(records, entries);
    return entries;
  }

  member(name: string): Member | undefined {
    if (name === this.#local.name) return this.#local;
    if (!isMemberName(name) || !this.#membership.get(name)) return undefined;
    const member = this.#members.get(name) ?? this.#remote(name, () => this.#known(name));
    this.#members.set(name, member);
    return member;
  }

  watch(listener: (name: MemberName, gone: boolean) => void): Disposable {
    return this.#membership.watch(({ kind, member }) => listener(member.name, kind === 'leave'));
  }

  #known(name: MemberName): MemberPeek | undefined {
    const status = this.#membership.status(name);
    const state = status?.record.state;
    return status && isListedState(state)
      ? knownPeek(status.record, state, status.since)
      : undefined;
  }
}

/**
 * Makes the stub of another member.
 * @param known What is known of it without asking it; nothing once it has gone.
 */
type MakeRemote = (name: MemberName, known: () => MemberPeek | undefined) => Member;
