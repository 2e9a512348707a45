import type { ListedState, MemberPeek } from '../kinds/member/kind.js';
import type { MemberRecord } from '../membership/record.js';
import type { MemberEntry } from './circuit.js';

export function isListedState(state: unknown): state is ListedState {
  return state === 'alive' || state === 'suspect';
}

/** What a listing shows of a member; its address is not for everybody who lists. */
export function memberEntry({ name, joined, state }: MemberRecord): MemberEntry {
  return { name, joined, state: state === 'suspect' ? state : 'alive' };
}

/** What can be told of a member without asking it. @param since In milliseconds since the epoch. */
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
