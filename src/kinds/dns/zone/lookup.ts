import type { DomainName } from '../records/name.js';
import { TYPE } from '../records/type.js';
import { labelStarts } from './label-starts.js';
import type { RRset } from './rrset.js';
import type { Place, Zones } from './zones.js';

/** RFC 1035, section 4.1.1, and RFC 6891, section 9. */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;

/** A name as it stands in a message: any case. */
export type WireName = Pick<DomainName, 'wire' | 'key'>;

/** Records in an answer. Their owner may be another name than that of the RRset: of a wildcard. */
export interface Located {
  readonly owner: WireName;
  readonly set: RRset;
  /** In seconds. */
  readonly ttl: number;
}

export interface Answer {
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly answer: readonly Located[];
  readonly authority: readonly Located[];
  /** Additional records without which a referral is useless (RFC 9471, section 3.1). */
  readonly glue: readonly Located[];
  /** Other additional records, which may be left out. */
  readonly additional: readonly Located[];
}

/** More aliases are not followed: resolvers give up earlier. */
const MAX_ALIASES = 16;

const NOTHING: readonly never[] = [];

/** The answer of an authoritative server (RFC 1034, section 4.3.2, RFC 4592). */
export function lookup(zones: Zones, asked: WireName, type: number): Answer {
  const answer: Located[] = [];
  const seen = new Set<string>();
  for (let name = asked; ; ) {
    const place = zones.locate(name.key, type);
    if (!place) return foreign(answer);
    if (place.cut) return referral(zones, place.cut, answer);
    const alias = aliasOf(place, type);
    if (!alias) return ending(zones, place, { answer, name, type });
    answer.push({ owner: name, set: alias.set, ttl: alias.set.ttl });
    seen.add(name.key);
    if (seen.has(alias.target.key) || seen.size >= MAX_ALIASES) return { ...EMPTY, answer };
    name = alias.target;
  }
}

/** The answer for a name of others. An alias of one is the answer: whoever asks goes on there. */
function foreign(answer: readonly Located[]): Answer {
  const rcode = answer.length === 0 ? RCODE.REFUSED : RCODE.NOERROR;
  return { ...EMPTY, rcode, authoritative: answer.length > 0, answer };
}

/** The answer for a name that is delegated. */
function referral(zones: Zones, cut: RRset, answer: readonly Located[]): Answer {
  const authoritative = answer.length > 0;
  return { ...EMPTY, authoritative, answer, authority: [located(cut)], ...glueOf(zones, cut) };
}

/** The alias that is to be followed for a question of this type. */
function aliasOf({ node }: Place, type: number): { set: RRset; target: DomainName } | undefined {
  if (type === TYPE.CNAME || type === TYPE.ANY) return undefined;
  const set = node?.set(TYPE.CNAME);
  const target = set?.data[0]?.names[0]?.name;
  return set && target && { set, target };
}

/** The answer for a name of ours, behind the aliases that led to it. */
function ending(
  zones: Zones,
  { node, apex }: Place,
  { answer, name, type }: { answer: readonly Located[]; name: WireName; type: number },
): Answer {
  const isImplied = type === TYPE.SOA && node === apex;
  const found = isImplied ? zones.soa(apex) : setOf(node?.sets ?? NOTHING, type);
  if (!found) {
    const rcode = node ? RCODE.NOERROR : RCODE.NXDOMAIN;
    return { ...EMPTY, rcode, answer, authority: [negative(zones.soa(apex))] };
  }
  const last = { owner: name, set: found, ttl: found.ttl };
  return { ...EMPTY, answer: [...answer, last], additional: added(zones, found) };
}

const EMPTY: Answer = {
  rcode: RCODE.NOERROR,
  authoritative: true,
  answer: NOTHING,
  authority: NOTHING,
  glue: NOTHING,
  additional: NOTHING,
};

function setOf(sets: readonly RRset[], type: number): RRset | undefined {
  // To ANY, one RRset is enough (RFC 8482, section 4.1).
  return type === TYPE.ANY ? sets[0] : sets.find((set) => set.type === type);
}

function located(set: RRset, ttl = set.ttl): Located {
  return { owner: set.owner, set, ttl };
}

/** A SOA as it tells for how long there is no such record (RFC 2308, section 3). */
function negative(soa: RRset): Located {
  const [data] = soa.data;
  const minimum = data?.rdata.readUInt32BE(data.rdata.length - 4) ?? 0;
  return located(soa, Math.min(soa.ttl, minimum));
}

const ADDRESSES: readonly number[] = [TYPE.A, TYPE.AAAA];

/** The types that are added for the names in the data of others. */
const ADDED: ReadonlyMap<number, readonly number[]> = new Map([
  [TYPE.NS, ADDRESSES],
  [TYPE.MX, ADDRESSES],
  [TYPE.SRV, ADDRESSES],
  [TYPE.SVCB, ADDRESSES],
  [TYPE.HTTPS, ADDRESSES],
  // RFC 3403, section 4.2
  [TYPE.NAPTR, [TYPE.SRV, ...ADDRESSES]],
]);

/** The records known here of the names in the data of an RRset. */
function added(zones: Zones, { type, data }: RRset): readonly Located[] {
  const types = ADDED.get(type);
  if (!types) return NOTHING;
  const keys = new Set(data.flatMap(({ names }) => names.map(({ name }) => name.key)));
  return [...keys].flatMap((key) =>
    (zones.node(key)?.sets ?? NOTHING)
      .filter((set) => types.includes(set.type))
      .map((set) => located(set)),
  );
}

/**
 * The addresses of delegated servers. Those of servers below the cut can be asked of nobody else, and
 * those of others can (RFC 9471, section 3).
 */
function glueOf(zones: Zones, cut: RRset): Pick<Answer, 'glue' | 'additional'> {
  const all = added(zones, cut);
  const isBelow = ({ owner }: Located) => isWithin(owner.key, cut.owner.key);
  return { glue: all.filter(isBelow), additional: all.filter((each) => !isBelow(each)) };
}

/** Whether a name is another one, or below it, by their keys. */
function isWithin(key: string, other: string): boolean {
  return key.endsWith(other) && labelStarts(key).includes(key.length - other.length);
}
