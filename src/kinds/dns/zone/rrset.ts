import { DomainName } from '../records/name.js';
import { TYPE } from '../records/type.js';

/** A name within the data of a record. */
export interface NameInData {
  /** Where it begins, in bytes. */
  readonly at: number;
  readonly name: DomainName;
  /** Whether a writer may compress it (RFC 3597, section 4). */
  readonly compressible: boolean;
}

/** The data of one record of an RRset. */
export interface RecordData {
  readonly ttl: number;
  /** Uncompressed. */
  readonly rdata: Buffer;
  readonly names: readonly NameInData[];
}

/** The records of one type at one name (RFC 2181, section 5). */
export interface RRset {
  readonly owner: DomainName;
  readonly type: number;
  /** The smallest of its records: in an RRset all should be equal (RFC 2181, section 5.2). */
  readonly ttl: number;
  readonly data: readonly RecordData[];
}

export function rrsetOf(owner: DomainName, type: number, data: readonly RecordData[]): RRset {
  return {
    owner,
    type,
    data,
    ttl: data.reduce((least, { ttl }) => Math.min(least, ttl), Number.POSITIVE_INFINITY),
  };
}

const NO_NAMES: readonly NameInData[] = [];

/** Where the names in the data of a type begin, in bytes; the data of others have none, but NAPTR's. */
const NAMES_AT: ReadonlyMap<number, number> = new Map([
  [TYPE.NS, 0],
  [TYPE.CNAME, 0],
  [TYPE.PTR, 0],
  [TYPE.SOA, 0],
  [TYPE.MX, 2],
  [TYPE.SVCB, 2],
  [TYPE.HTTPS, 2],
  [TYPE.SRV, 6],
]);

/** The types of RFC 1035 alone: a receiver may not know the others (RFC 3597, section 4). */
const COMPRESSIBLE = new Set<number>([TYPE.NS, TYPE.CNAME, TYPE.PTR, TYPE.SOA, TYPE.MX]);

export function dataOf(type: number, ttl: number, rdata: Uint8Array): RecordData {
  // Node allocates many small buffers at once.
  return { ttl, rdata: Buffer.from(rdata), names: namesIn(type, rdata) };
}

function namesIn(type: number, rdata: Uint8Array): readonly NameInData[] {
  const at = type === TYPE.NAPTR ? replacementAt(rdata) : NAMES_AT.get(type);
  if (at === undefined) return NO_NAMES;
  const compressible = COMPRESSIBLE.has(type);
  const name = DomainName.fromWire(rdata, at);
  const first = { at, name, compressible };
  if (type !== TYPE.SOA) return [first];
  const second = at + name.wire.length;
  return [first, { at: second, name: DomainName.fromWire(rdata, second), compressible }];
}

/** Behind two numbers and three strings (RFC 3403, section 4.1). */
function replacementAt(rdata: Uint8Array): number {
  let at = 4;
  for (let strings = 0; strings < 3; strings += 1) at += 1 + (rdata[at] ?? 0);
  return at;
}

/** Whether two records of one type say the same: in names, case makes no difference (RFC 4343). */
export function isSameData(one: RecordData, other: RecordData): boolean {
  return one.rdata.length === other.rdata.length && canonical(one).equals(canonical(other));
}

/** Each once. */
export function different(data: readonly RecordData[]): readonly RecordData[] {
  if (data.length < 2) return data;
  const first = new Map<string, RecordData>();
  for (const each of data) {
    const key = canonical(each).toString('latin1');
    if (!first.has(key)) first.set(key, each);
  }
  return [...first.values()];
}

/** With the names in lower case. */
function canonical({ rdata, names }: RecordData): Buffer {
  if (names.length === 0) return rdata;
  const bytes = Buffer.from(rdata);
  for (const { at, name } of names) bytes.write(name.key, at, 'latin1');
  return bytes;
}
