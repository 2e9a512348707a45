import { DomainName } from '../records/name.js';
import { formatRdata } from '../records/rdata.js';
import { formatRecord } from '../records/record.js';
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
  /** Zone text. */
  readonly text: string;
  readonly names: readonly NameInData[];
  /** Two records of one type that have the same say the same: in names, case makes no difference (RFC 4343). */
  readonly key: string;
}

/** The most that the records of one type at one name take in a message beside the question, in bytes. */
export const MAX_RRSET_BYTES = 65_000;

/** The fixed fields of a record and a pointer to its owner, in bytes. */
const RECORD_OVERHEAD = 12;

/** The records of one type at one name (RFC 2181, section 5), each once. */
export class RRset {
  readonly owner: DomainName;
  readonly type: number;
  #data: RecordData[];
  /** Made for the second record: most names have one of a type. */
  #byKey: Map<string, RecordData> | undefined;
  #ttl: number | undefined;
  #messageBytes = 0;
  #shownBytes = 0;

  constructor(owner: DomainName, type: number, first: RecordData) {
    this.owner = owner;
    this.type = type;
    this.#data = [first];
    this.#count(first, 1);
  }

  /** The RRset of these records, if there are any. Of several that say the same, the first stays. */
  static of(owner: DomainName, type: number, data: readonly RecordData[]): readonly RRset[] {
    const [first, ...others] = data;
    if (!first) return [];
    const set = new RRset(owner, type, first);
    for (const each of others) if (!set.get(each.key)) set.put(each);
    return [set];
  }

  get data(): readonly RecordData[] {
    if (this.#data.length === 0 && this.#byKey) this.#data = [...this.#byKey.values()];
    return this.#data;
  }

  /** The smallest of its records: in an RRset all should be equal (RFC 2181, section 5.2). */
  get ttl(): number {
    this.#ttl ??= this.data.reduce((least, { ttl }) => Math.min(least, ttl), Infinity);
    return this.#ttl;
  }

  /** As many of its records, in their order, as a message has room for beside others of the type. */
  fitting(others: RRset | undefined): readonly RRset[] {
    let bytes = others?.messageBytes ?? 0;
    if (bytes + this.#messageBytes <= MAX_RRSET_BYTES) return [this];
    const beyond = this.data.findIndex((each) => {
      bytes += messageBytes(each);
      return bytes > MAX_RRSET_BYTES;
    });
    return RRset.of(this.owner, this.type, this.data.slice(0, beyond));
  }

  /** The most that its records take in a message. */
  get messageBytes(): number {
    return this.#messageBytes;
  }

  /** The part of the file `peek` that it takes, as {@link shownBytes} counts. */
  get shownBytes(): number {
    return this.#shownBytes;
  }

  /** The record that says the same as one of this key. */
  get(key: string): RecordData | undefined {
    if (this.#byKey) return this.#byKey.get(key);
    return this.#data.find((each) => each.key === key);
  }

  /** Adds a record, in place of one that says the same. */
  put(added: RecordData): void {
    this.#byKey ??= new Map(this.#data.map((each) => [each.key, each]));
    const replaced = this.#byKey.get(added.key);
    if (replaced) this.#count(replaced, -1);
    this.#count(added, 1);
    // The last one that was set is the last.
    this.#byKey.delete(added.key);
    this.#byKey.set(added.key, added);
    this.#data = [];
    this.#ttl = undefined;
  }

  #count(data: RecordData, change: 1 | -1): void {
    this.#messageBytes += change * messageBytes(data);
    this.#shownBytes += change * shownBytes(this.owner, this.type, data);
  }
}

/** The bytes that a record takes in a message, beside the question. */
export function messageBytes({ rdata }: RecordData): number {
  return RECORD_OVERHEAD + rdata.length;
}

/** An indented object has so much more than an array: fourteen blanks, and three ends of lines as `\n`. */
const SHOWN_OVERHEAD = 20;

/**
 * The bytes that a record takes in the file `peek` on its way to another member: there, JSON is a
 * string of JSON. It has the name for itself, although one name may have several.
 */
export function shownBytes(
  owner: DomainName,
  type: number,
  { ttl, rdata, text }: RecordData,
): number {
  const line = formatRecord({ owner, type, ttl, rdata }, text);
  const inFile = JSON.stringify([String(owner), line]);
  return JSON.stringify(inFile).length + SHOWN_OVERHEAD;
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
  const names = namesIn(type, rdata);
  // Node allocates many small buffers at once.
  const bytes = Buffer.from(rdata);
  return { ttl, rdata: bytes, text: formatRdata(type, rdata), names, key: keyOf(bytes, names) };
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

/** The data with the names in lower case. */
function keyOf(rdata: Buffer, names: readonly NameInData[]): string {
  if (names.length === 0) return rdata.toString('latin1');
  const bytes = Buffer.from(rdata);
  for (const { at, name } of names) bytes.write(name.key, at, 'latin1');
  return bytes.toString('latin1');
}
