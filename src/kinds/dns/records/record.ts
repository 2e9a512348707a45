import type { DomainName } from './name.js';
import { formatRdata } from './rdata.js';
import { formatType } from './record-types.js';

/** A resource record of class IN (RFC 1035, section 3.2.1). */
export interface ResourceRecord {
  readonly owner: DomainName;
  /** The number of its type; `formatType` gives its mnemonic. */
  readonly type: number;
  /** In seconds, up to 2^31-1 (RFC 2181, section 8). */
  readonly ttl: number;
  /** Its data as on the wire, with names uncompressed; `parseRecord` has checked it. Not to be written to. */
  readonly rdata: Uint8Array;
}

/**
 * A record as the Go circuit's `peek` shows it: `miek.nl.\t3600\tIN\tMX\t10 mx.miek.nl.`.
 * @param data Its data as zone text, where that is known.
 */
export function formatRecord(
  { owner, type, ttl, rdata }: ResourceRecord,
  data = formatRdata(type, rdata),
): string {
  return [owner, ttl, 'IN', formatType(type), data].join('\t');
}
