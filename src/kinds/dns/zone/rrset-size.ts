import { type RecordData, type RRset, rrsetOf } from './rrset.js';

/** The most that the records of one type at one name take in a message beside the question, in bytes. */
export const MAX_RRSET_BYTES = 65_000;

/** The fixed fields of a record and a pointer to its owner, in bytes. */
const RECORD_OVERHEAD = 12;

/** What the records of an RRset take in a message, in bytes. */
export function bytesOf(data: readonly RecordData[]): number {
  return data.reduce((sum, { rdata }) => sum + RECORD_OVERHEAD + rdata.length, 0);
}

/** As many records of an RRset, in their order, as a message has room for beside others of the type. */
export function fitting(set: RRset, others: readonly RecordData[]): RRset {
  let bytes = bytesOf(others);
  const beyond = set.data.findIndex((each) => {
    bytes += bytesOf([each]);
    return bytes > MAX_RRSET_BYTES;
  });
  return beyond < 0 ? set : rrsetOf(set.owner, set.type, set.data.slice(0, beyond));
}
