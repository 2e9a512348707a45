import { Address, isMemberName, type MemberName } from '../base/address.js';
import { isCount } from '../base/count.js';
import { CircuitError } from '../base/error.js';
import { hostNameOf } from '../base/host-name.js';
import { isTimeValue } from '../base/time-value.js';
import { versionOf } from '../base/version.js';

/** A circuit address as text: it names one run of one daemon. */
export type PeerAddress = string;

/** Names one version of a member's record, without its content. */
export interface Version {
  readonly name: MemberName;
  /** Raised only by the member itself, to refute what others say of it. */
  readonly incarnation: number;
  readonly state: MemberState;
  /** The member that could not reach a suspected one; absent if the suspicion is hearsay. */
  readonly accuser?: MemberName;
}

/** The news of a member, as members tell it to each other. */
export interface MemberRecord extends Version {
  /** Its circuit address, which is a secret. */
  readonly addr: PeerAddress;
  /** When its daemon started, in milliseconds since the epoch. */
  readonly joined: number;
  /** The name of its host as its daemon found it at the start; empty where it has none that is safe. */
  readonly host: string;
  /** The version of its software; empty where it gave none that is safe. */
  readonly version: string;
}

export type MemberState = 'alive' | 'suspect' | 'failed' | 'left';

const RANK: Record<MemberState, number> = { alive: 0, suspect: 1, failed: 2, left: 3 };

/**
 * Whether `news` replaces `known`: the higher incarnation wins, then left > failed > suspect >
 * alive (Das, Gupta and Motivala, "SWIM", DSN 2002, section 4.2).
 */
export function overrides(
  news: Pick<MemberRecord, 'incarnation' | 'state'>,
  known: MemberRecord,
): boolean {
  if (news.incarnation !== known.incarnation) return news.incarnation > known.incarnation;
  return RANK[news.state] > RANK[known.state];
}

/** The same version of a member's record in another state. */
export function withState(
  { name, addr, joined, incarnation, host, version }: MemberRecord,
  state: MemberState,
  accuser?: MemberName,
): MemberRecord {
  // Not by a spread: that gives these objects many shapes, and V8 is slow with all of them.
  if (accuser === undefined) return { name, addr, joined, incarnation, state, host, version };
  return { name, addr, joined, incarnation, state, host, version, accuser };
}

/** A record that is shown as a member's: a suspected member is one until it has failed. */
export type ListedRecord = MemberRecord & { readonly state: 'alive' | 'suspect' };

export function isListed(record: MemberRecord | undefined): record is ListedRecord {
  return record?.state === 'alive' || record?.state === 'suspect';
}

/** Far above any honest incarnation, and far below where counting would lose precision. */
export const MAX_INCARNATION = 2 ** 40;

/**
 * A host name or a version that is missing, or not safe to show, is no mistake: the member is shown
 * without it.
 * @throws CircuitError EINVAL for something that is not a record
 */
export function parseRecord(value: unknown): MemberRecord {
  if (!isObject(value)) throw invalid('not an object');
  const { name, incarnation, state, accuser } = parseVersion(value);
  const { addr, joined } = value;
  if (!isTimeValue(joined)) throw invalid('joined');
  const [host, version] = [hostNameOf(value.host), versionOf(value.version)];
  const record = { name, addr: parseAddress(addr), joined, incarnation, state, host, version };
  return withState(record, state, accuser);
}

/** @throws CircuitError EINVAL for something that does not name a version of a record */
export function parseVersion(value: unknown): Version {
  if (!isObject(value)) throw invalid('not an object');
  const { name, incarnation, state, accuser } = value;
  if (!isMemberName(name)) throw invalid('name');
  if (!isCount(incarnation, MAX_INCARNATION)) throw invalid('incarnation');
  if (!isState(state)) throw invalid('state');
  if (accuser === undefined) return { name, incarnation, state };
  if (!isMemberName(accuser) || state !== 'suspect') throw invalid('accuser');
  return { name, incarnation, state, accuser };
}

/** @throws CircuitError EINVAL for something that is not a circuit address */
export function parseAddress(value: unknown): string {
  if (typeof value !== 'string' || value.length > MAX_ADDRESS) throw invalid('addr');
  return Address.parse(value).toString();
}

/** In characters: the longest host name (RFC 1035, section 2.3.4) and the rest of the address. */
const MAX_ADDRESS = 400;

function isState(value: unknown): value is MemberState {
  return typeof value === 'string' && Object.hasOwn(RANK, value);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function invalid(what: string): CircuitError {
  return new CircuitError('EINVAL', `not a member record: ${what}`);
}
