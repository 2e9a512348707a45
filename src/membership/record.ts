import { Address, isMemberName, type MemberName } from '../base/address.js';
import { CircuitError } from '../base/error.js';
import { isTimeValue } from '../base/time-value.js';

/** The circuit address of a daemon as text: it names one run of one daemon. */
export type PeerAddress = string;

/** What members tell each other of a member. */
export interface MemberRecord {
  readonly name: MemberName;
  /** Its circuit address, a secret. */
  readonly addr: PeerAddress;
  /** When its daemon started, in milliseconds since the epoch. */
  readonly joined: number;
  /** Raised only by the member itself, to overrule what others say of it. */
  readonly incarnation: number;
  readonly state: MemberState;
  /** Of one that is suspected: who could not reach it himself. Nobody, if it is hearsay. */
  readonly accuser?: MemberName;
}

export type MemberState = 'alive' | 'suspect' | 'failed' | 'left';

const RANK: Record<MemberState, number> = { alive: 0, suspect: 1, failed: 2, left: 3 };

/**
 * Whether `news` replaces `known`: the higher incarnation wins, then left >
 * failed > suspect > alive (Das, Gupta and Motivala, "SWIM", DSN 2002, section 4.2).
 */
export function overrides(
  news: Pick<MemberRecord, 'incarnation' | 'state'>,
  known: MemberRecord,
): boolean {
  if (news.incarnation !== known.incarnation) return news.incarnation > known.incarnation;
  return RANK[news.state] > RANK[known.state];
}

/** What is believed of the same daemon from now on. */
export function withState(
  { name, addr, joined, incarnation }: MemberRecord,
  state: MemberState,
  accuser?: MemberName,
): MemberRecord {
  // Not by a spread: V8 makes objects of many shapes of these, and is slow with all of them.
  const record = { name, addr, joined, incarnation, state };
  return accuser === undefined ? record : { name, addr, joined, incarnation, state, accuser };
}

/** One that is shown as a member: who is suspected is one until it has failed. */
export type ListedRecord = MemberRecord & { readonly state: 'alive' | 'suspect' };

export function isListed(record: MemberRecord | undefined): record is ListedRecord {
  return record?.state === 'alive' || record?.state === 'suspect';
}

/** Beyond any that comes about honestly, and far from where counting on would lose precision. */
export const MAX_INCARNATION = 2 ** 40;

/** @throws CircuitError EINVAL for what is not a record; nothing a peer sends is believed unseen. */
export function parseRecord(value: unknown): MemberRecord {
  if (!isObject(value)) throw invalid('not an object');
  const { name, addr, joined, incarnation, state, accuser } = value;
  if (!isMemberName(name)) throw invalid('name');
  if (!isTimeValue(joined)) throw invalid('joined');
  if (!isIncarnation(incarnation)) throw invalid('incarnation');
  if (!isState(state)) throw invalid('state');
  const record = { name, addr: parseAddress(addr), joined, incarnation, state };
  if (accuser === undefined) return record;
  if (!isMemberName(accuser) || state !== 'suspect') throw invalid('accuser');
  return { ...record, accuser };
}

/** @throws CircuitError EINVAL for what is not a circuit address */
export function parseAddress(value: unknown): string {
  if (typeof value !== 'string' || value.length > MAX_ADDRESS) throw invalid('addr');
  return Address.parse(value).toString();
}

/** In characters: the longest host name (RFC 1035, section 2.3.4), and what is around it. */
const MAX_ADDRESS = 400;

export function isIncarnation(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= MAX_INCARNATION;
}

export function isState(value: unknown): value is MemberState {
  return typeof value === 'string' && Object.hasOwn(RANK, value);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function invalid(what: string): CircuitError {
  return new CircuitError('EINVAL', `not a member record: ${what}`);
}
