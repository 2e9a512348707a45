import { type Answer, lookup, RCODE } from '../zone/lookup.js';
import type { Zones } from '../zone/zones.js';
import { readQuery } from './query.js';
import { UDP_PAYLOAD, writeResponse } from './response.js';

/** Every requestor takes so much over UDP (RFC 1035, section 4.2.1), in bytes. */
const LEAST_UDP_PAYLOAD = 512;

const MAX_MESSAGE_BYTES = 0xffff;

/** The response to a message; undefined if it is no query. */
export function respond(
  zones: Zones,
  message: Buffer,
  transport: 'UDP' | 'TCP',
): Buffer | undefined {
  const query = readQuery(message);
  if (!query) return undefined;
  const { rcode, question, edns } = query;
  const answer =
    question && rcode === RCODE.NOERROR
      ? lookup(zones, question.name, question.type)
      : failure(rcode);
  const size = Math.min(Math.max(edns?.size ?? 0, LEAST_UDP_PAYLOAD), UDP_PAYLOAD);
  const limit = transport === 'TCP' ? MAX_MESSAGE_BYTES : size;
  return writeResponse(message, query, answer, limit);
}

/** The response to a message that could not be answered, with its question if that can be read. */
export function serverFailure(message: Buffer): Buffer | undefined {
  const query = readQuery(message);
  return query && writeResponse(message, query, failure(RCODE.SERVFAIL), LEAST_UDP_PAYLOAD);
}

function failure(rcode: number): Answer {
  return { rcode, authoritative: false, answer: [], authority: [], glue: [], additional: [] };
}
