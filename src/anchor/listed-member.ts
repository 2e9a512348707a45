import { hostOf } from '../base/address.js';
import type { ListedState, MemberPeek } from '../kinds/member/kind.js';
import type { MemberRecord } from '../membership/record.js';
import type { MemberEntry } from './circuit.js';

export function isListedState(state: unknown): state is ListedState {
  return state === 'alive' || state === 'suspect';
}

/** A member as a listing shows it: without its address, which is a secret. */
export function memberEntry(record: MemberRecord): MemberEntry {
  const { name, addr, joined, host, version } = record;
  const state = record.state === 'suspect' ? 'suspect' : 'alive';
  return { name, joined, state, host, addressHost: hostOf(addr), version };
}

/** The part of `peek` that is known without asking the member. @param since Milliseconds since the epoch. */
export function knownPeek(
  { name, addr, joined }: MemberRecord,
  state: ListedState,
  since: number,
): MemberPeek {
  return {
    Name: name,
    Addr: addr,
    Joined: new Date(joined).toISOString(),
    State: state,
    Since: new Date(since).toISOString(),
  };
}
