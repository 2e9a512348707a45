import { Address, isMemberName, type MemberName } from '../address.js';
import { CircuitError } from '../error.js';

/** What members tell each other of a member. */
export interface MemberRecord {
  readonly name: MemberName;
  /** Its circuit address, a secret. */
  readonly addr: string;
  /** When its daemon started, in milliseconds since the epoch. */
  readonly joined: number;
  /** Raised only by the member itself, to overrule what others say of it. */
  readonly incarnation: number;
  readonly state: MemberState;
}

export type MemberState = 'alive' | 'failed' | 'left';

const RANK: Record<MemberState, number> = { alive: 0, failed: 1, left: 2 };

/**
 * Whether `news` replaces `known`: the higher incarnation wins, then left >
 * failed > alive (Das, Gupta and Motivala, "SWIM", DSN 2002, section 4.2).
 */
export function overrides(news: MemberRecord, known: MemberRecord): boolean {
  if (news.incarnation !== known.incarnation) return news.incarnation > known.incarnation;
  return RANK[news.state] > RANK[known.state];
}

/** The most members that a network has, as far as we take part in it. */
export const MAX_MEMBERS = 10_000;

/** Beyond any that comes about honestly, and far from where counting on would lose precision. */
const MAX_INCARNATION = 2 ** 40;

/** @throws CircuitError EINVAL for what is not a list of records, or one of too many */
export function parseRecords(value: unknown): MemberRecord[] {
  if (!Array.isArray(value)) throw invalid('not a list');
  if (value.length > MAX_MEMBERS) {
    throw new CircuitError('EINVAL', `a network has at most ${MAX_MEMBERS} members`);
  }
  return value.map(parseRecord);
}

/** @throws CircuitError EINVAL for what is not a record; nothing a peer sends is believed unseen. */
export function parseRecord(value: unknown): MemberRecord {
  if (!isObject(value)) throw invalid('not an object');
  const { name, addr, joined, incarnation, state } = value;
  if (!isMemberName(name)) throw invalid('name');
  if (typeof addr !== 'string') throw invalid('addr');
  if (typeof joined !== 'number' || !Number.isFinite(joined)) throw invalid('joined');
  if (!isIncarnation(incarnation)) throw invalid('incarnation');
  if (state !== 'alive' && state !== 'failed' && state !== 'left') throw invalid('state');
  return { name, addr: Address.parse(addr).toString(), joined, incarnation, state };
}

function isIncarnation(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= MAX_INCARNATION;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function invalid(what: string): CircuitError {
  return new CircuitError('EINVAL', `not a member record: ${what}`);
}
