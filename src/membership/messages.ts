import { isMemberName, type MemberName } from '../base/address.js';
import { isCount } from '../base/count.js';
import { CircuitError } from '../base/error.js';
import {
  ACTIVE_WALK,
  MAX_RECORDS,
  SHUFFLE_ACTIVE,
  SHUFFLE_PASSIVE,
  SHUFFLE_WALK,
} from './parameters.js';
import { isObject, type MemberRecord, parseRecord, parseVersion } from './record.js';

/**
 * A hash of a whole roster, or of one of its 256 buckets, which go by the first byte of the names.
 */
export type Digest = number;
export const BUCKETS = 256;

/** How many names a shuffle carries: a member's share of both views (HyParView, section 4.4). */
const MAX_SHUFFLE = SHUFFLE_ACTIVE + SHUFFLE_PASSIVE;

/**
 * The result of dialling a peer: it answered; its port is refused, or another daemon's, so it has
 * ended; or nothing came.
 */
export type Verdict = (typeof VERDICTS)[number];
const VERDICTS = ['alive', 'refused', 'silent'] as const;

/**
 * Makes a message out of what a peer sent, of which nothing is believed unchecked. The cases list
 * all messages; in each of them `from` is the sender's own record, where the receiver may not know
 * the sender.
 * @throws CircuitError EINVAL, naming what was wrong
 */
export function parseMessage(value: unknown) {
  if (!isObject(value)) throw invalid('not an object');
  const { type } = value;
  switch (type) {
    // HyParView
    case 'join':
      return { type, from: parseRecord(value.from), byUser: parseBoolean(value.byUser, 'byUser') };
    case 'welcome':
      return { type, from: parseRecord(value.from) };
    case 'forward-join': {
      const ttl = parseInteger(value.ttl, ACTIVE_WALK, 'ttl');
      return { type, newcomer: parseRecord(value.newcomer), ttl };
    }
    case 'neighbor': {
      const priority = parseOneOf(value.priority, ['high', 'low'], 'priority');
      return { type, from: parseRecord(value.from), priority, digest: parseDigest(value.digest) };
    }
    case 'neighbor-reply': {
      const accepted = parseBoolean(value.accepted, 'accepted');
      return { type, accepted, digest: parseDigest(value.digest) };
    }
    case 'disconnect':
      return { type };
    case 'shuffle': {
      // The members that passed it on, for the answer, without the one that sent it to us.
      const path = parseList(value.path, parseName, SHUFFLE_WALK - 1);
      return {
        type,
        origin: parseName(value.origin),
        names: parseList(value.names, parseName, MAX_SHUFFLE),
        // Each member that passes it on takes one from `ttl` and adds a name to `path`.
        ttl: parseInteger(value.ttl, SHUFFLE_WALK - 1 - path.length, 'ttl'),
        path,
        // The digest of the member that sent it to us.
        digest: parseDigest(value.digest),
      };
    }
    case 'shuffle-reply': {
      const path = parseList(value.path, parseName, SHUFFLE_WALK - 1);
      return { type, path, names: parseList(value.names, parseName, MAX_SHUFFLE) };
    }
    // Plumtree
    case 'gossip':
      return { type, records: parseRecords(value.records) };
    case 'ihave':
      return { type, versions: parseList(value.versions, parseVersion, MAX_RECORDS) };
    case 'graft':
      return { type, names: parseList(value.names, parseName, MAX_RECORDS) };
    case 'prune':
      return { type };
    // Comparison of rosters
    case 'compare': {
      const hashes = parseList(value.hashes, parseDigest, BUCKETS);
      if (hashes.length !== BUCKETS) throw invalid('hashes');
      return { type, from: parseRecord(value.from), hashes };
    }
    case 'entries': {
      const buckets = parseList(value.buckets, parseBucket, BUCKETS);
      const records = parseRecords(value.records);
      return { type, buckets, records, last: parseBoolean(value.last, 'last') };
    }
    case 'answer': {
      const records = parseRecords(value.records);
      return { type, records, last: parseBoolean(value.last, 'last') };
    }
    case 'compared':
      return { type };
    // The sender's record of the receiver, which may want to refute it; or of a member that has
    // left.
    case 'notice':
      return { type, record: parseRecord(value.record) };
    // SWIM
    case 'probe-request':
      return { type, target: parseRecord(value.target) };
    case 'probe-reply': {
      const verdict = parseOneOf(value.verdict, VERDICTS, 'verdict');
      return { type, target: parseName(value.target), by: parseName(value.by), verdict };
    }
    default:
      throw invalid('type');
  }
}

export type Message = Readonly<ReturnType<typeof parseMessage>>;
export type MessageType = Message['type'];
type Messages = {
  readonly [T in MessageType]: Extract<Message, { type: T }> & { readonly type: T };
};
export type MessageOf<T extends MessageType> = Messages[T];

function parseList<T>(value: unknown, parseItem: (item: unknown) => T, max: number): readonly T[] {
  if (!Array.isArray(value) || value.length > max) throw invalid(`not a list of up to ${max}`);
  return value.map(parseItem);
}

function parseRecords(value: unknown): readonly MemberRecord[] {
  return parseList(value, parseRecord, MAX_RECORDS);
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
  if (!isCount(value, max)) throw invalid(what);
  return value;
}

function parseBoolean(value: unknown, what: string): boolean {
  if (typeof value !== 'boolean') throw invalid(what);
  return value;
}

function parseOneOf<const T>(value: unknown, choices: readonly T[], what: string): T {
  const chosen = choices.find((choice) => choice === value);
  if (chosen === undefined) throw invalid(what);
  return chosen;
}

function invalid(what: string): CircuitError {
  return new CircuitError('EINVAL', `not a membership message: ${what}`);
}
