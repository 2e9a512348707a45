import { isMemberName, type MemberName } from '../base/address.js';
import { CircuitError } from '../base/error.js';
import {
  ACTIVE_WALK,
  MAX_RECORDS,
  SHUFFLE_ACTIVE,
  SHUFFLE_PASSIVE,
  SHUFFLE_WALK,
} from './parameters.js';
import type { Verdict } from './protocol-host.js';
import {
  isIncarnation,
  isObject,
  isState,
  type MemberRecord,
  type MemberState,
  parseRecord,
} from './record.js';

/** Which record of a member is meant, without its content. */
export interface Version {
  readonly name: MemberName;
  readonly incarnation: number;
  readonly state: MemberState;
  readonly accuser?: MemberName;
}

/** A roster in 32 bits, and each of its 256 parts, by the first byte of the members' names. */
export type Digest = number;
export const BUCKETS = 256;

/** `from` is the sender's own record, where who receives it may not know the sender. */
export type Message =
  // HyParView
  | { readonly type: 'join'; readonly from: MemberRecord; readonly byUser: boolean }
  | { readonly type: 'welcome'; readonly from: MemberRecord }
  | { readonly type: 'forward-join'; readonly newcomer: MemberRecord; readonly ttl: number }
  | {
      readonly type: 'neighbor';
      readonly from: MemberRecord;
      readonly priority: 'high' | 'low';
      readonly digest: Digest;
    }
  | { readonly type: 'neighbor-reply'; readonly accepted: boolean; readonly digest: Digest }
  | { readonly type: 'disconnect' }
  | {
      readonly type: 'shuffle';
      readonly origin: MemberName;
      readonly names: readonly MemberName[];
      readonly ttl: number;
      /** Who has passed it on, for the answer; not who sent it to us. */
      readonly path: readonly MemberName[];
      /** Of the roster of who sent it to us. */
      readonly digest: Digest;
    }
  | {
      readonly type: 'shuffle-reply';
      readonly path: readonly MemberName[];
      readonly names: readonly MemberName[];
    }
  // Plumtree
  | { readonly type: 'gossip'; readonly records: readonly MemberRecord[] }
  | { readonly type: 'ihave'; readonly versions: readonly Version[] }
  | { readonly type: 'graft'; readonly names: readonly MemberName[] }
  | { readonly type: 'prune' }
  // Comparison of rosters
  | { readonly type: 'compare'; readonly from: MemberRecord; readonly hashes: readonly Digest[] }
  | {
      readonly type: 'entries';
      readonly buckets: readonly number[];
      readonly records: readonly MemberRecord[];
      readonly last: boolean;
    }
  | { readonly type: 'answer'; readonly records: readonly MemberRecord[]; readonly last: boolean }
  | { readonly type: 'compared' }
  /** What the sender holds of the receiver, which may want to refute it; or that it has left. */
  | { readonly type: 'notice'; readonly record: MemberRecord }
  // SWIM
  | { readonly type: 'probe-request'; readonly target: MemberRecord }
  | {
      readonly type: 'probe-reply';
      readonly target: MemberName;
      readonly by: MemberName;
      readonly verdict: Verdict;
    };

/**
 * What a peer sent, or an error: nothing it sends is believed unseen.
 * @throws CircuitError EINVAL, naming what was wrong
 */
export function parseMessage(value: unknown): Message {
  if (!isObject(value)) throw invalid('not an object');
  const { type } = value;
  switch (type) {
    case 'join':
      return {
        type,
        from: parseRecord(value.from),
        byUser: parseBoolean(value.byUser, 'byUser'),
      };
    case 'welcome':
      return { type, from: parseRecord(value.from) };
    case 'forward-join':
      return {
        type,
        newcomer: parseRecord(value.newcomer),
        ttl: parseInteger(value.ttl, ACTIVE_WALK, 'ttl'),
      };
    case 'neighbor': {
      const { priority } = value;
      if (priority !== 'high' && priority !== 'low') throw invalid('priority');
      return { type, from: parseRecord(value.from), priority, digest: parseDigest(value.digest) };
    }
    case 'neighbor-reply':
      return {
        type,
        accepted: parseBoolean(value.accepted, 'accepted'),
        digest: parseDigest(value.digest),
      };
    case 'disconnect':
    case 'prune':
    case 'compared':
      return { type };
    case 'shuffle': {
      // Who passes it on takes one from `ttl` and adds a name to `path`.
      const path = parseList(value.path, parseName, SHUFFLE_WALK - 1);
      return {
        type,
        origin: parseName(value.origin),
        names: parseList(value.names, parseName, MAX_SHUFFLE),
        ttl: parseInteger(value.ttl, SHUFFLE_WALK - 1 - path.length, 'ttl'),
        path,
        digest: parseDigest(value.digest),
      };
    }
    case 'shuffle-reply':
      return {
        type,
        path: parseList(value.path, parseName, SHUFFLE_WALK - 1),
        names: parseList(value.names, parseName, MAX_SHUFFLE),
      };
    case 'gossip':
      return { type, records: parseList(value.records, parseRecord, MAX_RECORDS) };
    case 'ihave':
      return { type, versions: parseList(value.versions, parseVersion, MAX_RECORDS) };
    case 'graft':
      return { type, names: parseList(value.names, parseName, MAX_RECORDS) };
    case 'compare': {
      const hashes = parseList(value.hashes, parseDigest, BUCKETS);
      if (hashes.length !== BUCKETS) throw invalid('hashes');
      return { type, from: parseRecord(value.from), hashes };
    }
    case 'entries':
      return {
        type,
        buckets: parseList(value.buckets, parseBucket, BUCKETS),
        records: parseList(value.records, parseRecord, MAX_RECORDS),
        last: parseBoolean(value.last, 'last'),
      };
    case 'answer':
      return {
        type,
        records: parseList(value.records, parseRecord, MAX_RECORDS),
        last: parseBoolean(value.last, 'last'),
      };
    case 'notice':
      return { type, record: parseRecord(value.record) };
    case 'probe-request':
      return { type, target: parseRecord(value.target) };
    case 'probe-reply': {
      const { verdict } = value;
      if (verdict !== 'alive' && verdict !== 'refused' && verdict !== 'silent') {
        throw invalid('verdict');
      }
      return { type, target: parseName(value.target), by: parseName(value.by), verdict };
    }
    default:
      throw invalid('type');
  }
}

/** What a member has of both views (HyParView, section 4.4). */
const MAX_SHUFFLE = SHUFFLE_ACTIVE + SHUFFLE_PASSIVE;

function parseList<T>(value: unknown, parse: (item: unknown) => T, max: number): T[] {
  if (!Array.isArray(value) || value.length > max) throw invalid(`not a list of up to ${max}`);
  return value.map(parse);
}

function parseVersion(value: unknown): Version {
  if (!isObject(value)) throw invalid('version');
  const { name, incarnation, state, accuser } = value;
  if (!isMemberName(name) || !isIncarnation(incarnation) || !isState(state)) {
    throw invalid('version');
  }
  if (accuser === undefined) return { name, incarnation, state };
  return { name, incarnation, state, accuser: parseName(accuser) };
}

function parseName(value: unknown): MemberName {
  if (!isMemberName(value)) throw invalid('name');
  return value;
}

function parseDigest(value: unknown): Digest {
  return parseInteger(value, 2 ** 32 - 1, 'digest');
}

function parseBucket(value: unknown): number {
  return parseInteger(value, BUCKETS - 1, 'bucket');
}

function parseInteger(value: unknown, max: number, what: string): number {
  if (!Number.isSafeInteger(value) || Number(value) < 0 || Number(value) > max) {
    throw invalid(what);
  }
  return Number(value);
}

function parseBoolean(value: unknown, what: string): boolean {
  if (typeof value !== 'boolean') throw invalid(what);
  return value;
}

function invalid(what: string): CircuitError {
  return new CircuitError('EINVAL', `not a membership message: ${what}`);
}
