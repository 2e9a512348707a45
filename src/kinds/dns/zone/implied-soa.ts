import type { DomainName } from '../records/name.js';
import { TYPE } from '../records/type.js';
import { dataOf, type RRset, rrsetOf } from './rrset.js';

/** The times in the SOA of a zone for which none was set: its names come and go at once. */
const IMPLIED_SOA_TTL_S = 5;
const IMPLIED_SOA_TIMES_S = [3600, 600, 86_400, IMPLIED_SOA_TTL_S] as const;

/**
 * The SOA of a zone for which none was set.
 * @param primary The zone's name server (MNAME).
 */
export function impliedSoa(apex: DomainName, primary: DomainName, serial: number): RRset {
  const data = dataOf(TYPE.SOA, IMPLIED_SOA_TTL_S, soaData(primary, apex, serial));
  return rrsetOf(apex, TYPE.SOA, [data]);
}

function soaData(primary: DomainName, apex: DomainName, serial: number): Uint8Array {
  const numbers = Buffer.alloc(20);
  for (const [at, number] of [serial, ...IMPLIED_SOA_TIMES_S].entries()) {
    numbers.writeUInt32BE(number, 4 * at);
  }
  return Uint8Array.from([...primary.wire, ...apex.wire, ...numbers]);
}
