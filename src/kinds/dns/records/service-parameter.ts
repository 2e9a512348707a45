/**
 * The known parameters of SVCB and HTTPS records, and what their values are (RFC 9460, section 7 and
 * appendix A; `ech` is that of RFC 9848).
 */
import { ByteReader } from './byte-reader.js';
import { splitUnescaped, textOf } from './escapes.js';
import { excerpt, invalid } from './invalid.js';
import { formatIPv4, formatIPv6, parseIPv4, parseIPv6 } from './ip-address.js';
import { parseNumber, uint16Bytes } from './number.js';

export interface Parameter {
  /** The thing that its value is, as a sentence may say it; it has none if this is empty. */
  readonly about: string;
  /** @param value Without its escapes. @returns `undefined` if it is not what it is to be */
  parse(value: Buffer): Uint8Array | undefined;
  /** The value, in quotes if it needs them; `undefined` if the bytes are none. */
  format(bytes: Uint8Array): string | undefined;
}

const NAMES = ['mandatory', 'alpn', 'no-default-alpn', 'port', 'ipv4hint', 'ech', 'ipv6hint'];

export const MANDATORY = NAMES.indexOf('mandatory');
export const ALPN = NAMES.indexOf('alpn');
export const NO_DEFAULT_ALPN = NAMES.indexOf('no-default-alpn');
/** Reserved as the key of no parameter (RFC 9460, section 14.3.2). */
const INVALID_KEY = 65535;

const mandatory: Parameter = {
  about: 'a list of different keys such as mandatory=alpn,port',
  parse: (value) => {
    const keys = value.toString('latin1').split(',').map(parseKey);
    return new Set(keys).size === keys.length
      ? Buffer.concat(keys.sort((one, other) => one - other).map(uint16Bytes))
      : undefined;
  },
  format: (bytes) => mandatoryKeys(bytes)?.map(formatKey).join(','),
};

const alpn: Parameter = {
  about: 'a list of protocols such as alpn=h2,h3, each of 1 to 255 bytes',
  parse: (value) => {
    const items = splitUnescaped(value.toString('latin1'), ',');
    if (!items.every((item) => /^(?:[^\\]|\\.)+$/s.test(item))) return undefined;
    // nsd escapes quotes, too.
    const ids = items.map((item) => Buffer.from(item.replace(/\\(.)/gs, '$1'), 'latin1'));
    if (ids.some(({ length }) => length > 255)) return undefined;
    return Buffer.concat(ids.flatMap((id) => [Buffer.of(id.length), id]));
  },
  format: (bytes) => {
    const data = new ByteReader(bytes);
    const items: string[] = [];
    while (!data.isAtEnd) {
      const id = Buffer.from(data.bytes(data.number(1))).toString('latin1');
      items.push(id.replace(/[\\,]/g, '\\$&'));
    }
    return items.length > 0 && items.every((item) => item !== '')
      ? quoted(Buffer.from(items.join(','), 'latin1'))
      : undefined;
  },
};

const noDefaultAlpn: Parameter = {
  about: '',
  parse: (value) => (value.length === 0 ? value : undefined),
  format: (bytes) => (bytes.length === 0 ? '' : undefined),
};

const port: Parameter = {
  about: 'a number from 0 to 65535',
  parse: (value) => parseNumber(value.toString('latin1'), 2),
  format: (bytes) => (bytes.length === 2 ? String(new ByteReader(bytes).number(2)) : undefined),
};

const ech: Parameter = {
  about: 'an ECHConfigList in base64',
  parse: (value) => {
    const text = value.toString('latin1');
    const bytes = Buffer.from(text, 'base64');
    // Node skips what is no base64.
    return text !== '' && bytes.toString('base64') === text ? bytes : undefined;
  },
  format: (bytes) => (bytes.length > 0 ? Buffer.from(bytes).toString('base64') : undefined),
};

const ipv4hint = hint('ipv4hint=192.0.2.1,192.0.2.2', 4, parseIPv4, formatIPv4);
const ipv6hint = hint('ipv6hint=2001:db8::1,2001:db8::2', 16, parseIPv6, formatIPv6);

/** By their keys, as {@link NAMES} has their names. */
const PARAMETERS = [mandatory, alpn, noDefaultAlpn, port, ipv4hint, ech, ipv6hint];

/** One of which only the key is known: its value is any bytes. */
const opaque: Parameter = {
  about: 'a string',
  parse: (value) => value,
  format: (bytes) => (bytes.length === 0 ? '' : quoted(bytes)),
};

export function parameterOf(key: number): Parameter {
  return PARAMETERS[key] ?? opaque;
}

/** A parameter under the name it has in text: one named by its number has its value as on the wire. */
export function namedParameter(name: string): Parameter {
  return isNumbered(name) ? opaque : parameterOf(parseKey(name));
}

/** The key of a name, which may be as `key667`. @throws CircuitError EINVAL */
export function parseKey(name: string): number {
  const known = NAMES.indexOf(name.toLowerCase());
  if (known >= 0) return known;
  const key = isNumbered(name) ? Number(name.slice('key'.length)) : INVALID_KEY;
  if (key < INVALID_KEY) return key;
  throw invalid(
    `there is no parameter ${excerpt(name)}: give ${NAMES.join(', ')}, or one from key0 to key65534`,
  );
}

export function formatKey(key: number): string {
  return NAMES[key] ?? `key${key}`;
}

/** The keys in the value of `mandatory`; `undefined` if they are not in ascending order. */
export function mandatoryKeys(bytes: Uint8Array): number[] | undefined {
  if (bytes.length === 0 || bytes.length % 2 !== 0) return undefined;
  const data = new ByteReader(bytes);
  const keys = Array.from({ length: bytes.length / 2 }, () => data.number(2));
  return keys.every((key, index) => key > (keys[index - 1] ?? -1)) ? keys : undefined;
}

/** Without leading zeros (RFC 9460, section 2.1). */
function isNumbered(name: string): boolean {
  return /^key(0|[1-9]\d{0,4})$/i.test(name);
}

/** A list of addresses. @param size Of one, in bytes. */
function hint(
  example: string,
  size: number,
  parse: (text: string) => Uint8Array | undefined,
  format: (bytes: Uint8Array) => string,
): Parameter {
  return {
    about: `a list of addresses such as ${example}`,
    parse: (value) => {
      const parsed = value.toString('latin1').split(',').map(parse);
      const addresses = parsed.filter((address) => address !== undefined);
      return addresses.length === parsed.length ? Buffer.concat(addresses) : undefined;
    },
    format: (bytes) => {
      if (bytes.length === 0 || bytes.length % size !== 0) return undefined;
      const data = new ByteReader(bytes);
      return Array.from({ length: bytes.length / size }, () => format(data.bytes(size))).join(',');
    },
  };
}

function quoted(bytes: Uint8Array): string {
  return `"${textOf(bytes, '"\\')}"`;
}
