/** The types of records whose data has a text of its own, and what it is made of. */
import { ByteReader } from './byte-reader.js';
import {
  domainName,
  type Field,
  ipv4,
  ipv6,
  lastString,
  period,
  type Rest,
  string,
  strings,
  tag,
  uint8,
  uint16,
  uint32,
} from './field.js';
import { excerpt, invalid } from './invalid.js';
import { serviceParameters } from './service-parameters.js';

export interface RecordType {
  readonly number: number;
  readonly example: string;
  /** In their order. */
  readonly fields: Readonly<Record<string, Field>>;
  readonly rest?: Rest;
  /** @throws CircuitError EINVAL: its fields do not go together */
  readonly check?: (rdata: Uint8Array) => void;
}

/** RFC 9460, section 2.2: an alias has no parameters. */
const serviceBinding = {
  fields: { PRIORITY: uint16, TARGET: domainName },
  rest: serviceParameters,
  check: (rdata: Uint8Array) => {
    const data = new ByteReader(rdata);
    const isAlias = data.number(2) === 0;
    data.name();
    if (isAlias && !data.isAtEnd) {
      throw invalid('a record of priority 0 is an alias, which has no parameters');
    }
  },
};

/** By their mnemonics. RFC 1035, section 3.3, where no other is named. */
const TYPES: Readonly<Record<string, RecordType>> = {
  A: { number: 1, example: '192.0.2.1', fields: { ADDRESS: ipv4 } },
  NS: { number: 2, example: 'ns.example.org', fields: { SERVER: domainName } },
  CNAME: { number: 5, example: 'www.example.org', fields: { TARGET: domainName } },
  SOA: {
    number: 6,
    example: 'ns.example.org admin.example.org 1 1h 15m 1w 5m',
    fields: {
      SERVER: domainName,
      MAILBOX: domainName,
      SERIAL: uint32,
      REFRESH: period,
      RETRY: period,
      EXPIRE: period,
      MINIMUM: period,
    },
  },
  PTR: { number: 12, example: 'www.example.org', fields: { NAME: domainName } },
  MX: {
    number: 15,
    example: '10 mail.example.org',
    fields: { PREFERENCE: uint16, EXCHANGE: domainName },
  },
  TXT: { number: 16, example: '"some text"', fields: {}, rest: strings },
  // RFC 3596
  AAAA: { number: 28, example: '2001:db8::1', fields: { ADDRESS: ipv6 } },
  // RFC 2782
  SRV: {
    number: 33,
    example: '0 5 5060 sip.example.org',
    fields: { PRIORITY: uint16, WEIGHT: uint16, PORT: uint16, TARGET: domainName },
  },
  // RFC 3403, section 4
  NAPTR: {
    number: 35,
    example: '100 10 "S" "SIP+D2U" "" _sip._udp.example.org',
    fields: {
      ORDER: uint16,
      PREFERENCE: uint16,
      FLAGS: string,
      SERVICES: string,
      REGEXP: string,
      REPLACEMENT: domainName,
    },
  },
  // RFC 9460
  SVCB: { number: 64, example: '1 svc.example.org alpn=h2 port=8443', ...serviceBinding },
  HTTPS: { number: 65, example: '1 . alpn=h2,h3', ...serviceBinding },
  // RFC 8659, section 4
  CAA: {
    number: 257,
    example: '0 issue "letsencrypt.org"',
    fields: { FLAGS: uint8, TAG: tag, VALUE: lastString },
  },
};

const MNEMONICS: ReadonlyMap<number, string> = new Map(
  Object.entries(TYPES).map(([mnemonic, { number }]) => [number, mnemonic]),
);

/** Types of questions and of what goes along with messages: no zone has them (RFC 6895, section 3.1). */
function isMeta(type: number): boolean {
  return type === 0 || type === 41 || (type >= 128 && type <= 255) || type === 65535;
}

/** A type that has a text of its own; `undefined` for others. */
export function recordType(type: number): RecordType | undefined {
  return TYPES[formatType(type)];
}

/** The number of a type by its mnemonic in any case, or as `TYPE731`. @throws CircuitError EINVAL */
export function parseType(text: string): number {
  const upper = text.toUpperCase();
  const known = Object.hasOwn(TYPES, upper) ? TYPES[upper]?.number : undefined;
  if (known !== undefined) return known;
  const digits = /^TYPE(\d{1,5})$/.exec(upper)?.[1];
  const type = Number(digits);
  if (digits === undefined || type > 65535) {
    throw invalid(
      `there is no type ${excerpt(text)} here: give ${Object.keys(TYPES).join(', ')}, or another by its number, as TYPE52 is TLSA`,
    );
  }
  if (isMeta(type))
    throw invalid(`${upper} is a type of questions or reserved, which no record has`);
  return type;
}

/** `MX`, or `TYPE731` for a type without a text of its own (RFC 3597, section 5). */
export function formatType(type: number): string {
  return MNEMONICS.get(type) ?? `TYPE${type}`;
}
