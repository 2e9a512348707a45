/** The fields of which RDATA is made: how each is written in zone text, and how on the wire. */
import type { ByteReader } from './byte-reader.js';
import { bytesOf, textOf } from './escapes.js';
import { excerpt, invalid } from './invalid.js';
import { formatIPv4, formatIPv6, parseIPv4, parseIPv6 } from './ip-address.js';
import { DomainName } from './name.js';
import { encodeNumber, parseNumber } from './number.js';
import { parsePeriod } from './period.js';
import type { Token } from './token.js';

/** A field that is one token. */
export interface Field {
  /** The thing that it is, as a sentence may say it. */
  readonly about: string;
  /** Its bytes; `undefined` if it is not what it is to be. @throws CircuitError EINVAL, which says more */
  parse(token: Token): Uint8Array | undefined;
  /** @throws CircuitError EINVAL: the bytes are no such field */
  format(data: ByteReader): string;
}

/** The rest after the fields of some types: all tokens to the end. */
export interface Rest {
  parse(tokens: readonly Token[]): Uint8Array;
  format(data: ByteReader): string;
}

/** An unsigned number, in network byte order. */
function number(bytes: 1 | 2 | 4): Field {
  const max = 256 ** bytes - 1;
  return {
    about: `a number from 0 to ${max}`,
    parse: ({ text, form }) => (form === 'word' ? parseNumber(text, bytes) : undefined),
    format: (data) => String(data.number(bytes)),
  };
}

export const uint8 = number(1);
export const uint16 = number(2);
export const uint32 = number(4);

/** Seconds, or a period with units as BIND has them: `1h30m`. */
export const period: Field = {
  about: `a time in seconds, up to ${2 ** 32 - 1}, or one such as 1h30m`,
  parse: ({ text }) => {
    const seconds = parsePeriod(text);
    return seconds === undefined ? undefined : encodeNumber(seconds, 4);
  },
  format: uint32.format,
};

export const ipv4: Field = {
  about: 'an IPv4 address such as 192.0.2.1',
  parse: ({ text }) => parseIPv4(text),
  format: (data) => formatIPv4(data.bytes(4)),
};

export const ipv6: Field = {
  about: 'an IPv6 address such as 2001:db8::1',
  parse: ({ text }) => parseIPv6(text),
  format: (data) => formatIPv6(data.bytes(16)),
};

export const domainName: Field = {
  about: 'a domain name',
  parse: (token) => parseName(token).wire,
  format: (data) => data.name().toString(),
};

/** A character-string of at most 255 bytes (RFC 1035, section 3.3). */
export const string: Field = {
  about: 'a string',
  parse: (token) => {
    const bytes = bytesOfString(token);
    if (bytes.length > 255) {
      throw invalid(
        `the string ${excerpt(token.text)} has ${bytes.length} bytes: one has at most 255, so write several, as in TXT "one part" "and another"`,
      );
    }
    return Buffer.concat([Buffer.of(bytes.length), bytes]);
  },
  format: (data) => quoted(data.bytes(data.number(1))),
};

/** One character-string or more. */
export const strings: Rest = {
  parse: (tokens) => {
    if (tokens.length === 0) throw invalid('a string is missing, as in TXT "some text"');
    return Buffer.concat(tokens.map((token) => string.parse(token) ?? Buffer.of()));
  },
  format: (data) => {
    const texts: string[] = [];
    do texts.push(string.format(data));
    while (!data.isAtEnd);
    return texts.join(' ');
  },
};

/** The name of a property of CAA (RFC 8659, section 4.1). */
export const tag: Field = {
  about: 'a word of letters and digits such as issue, issuewild or iodef',
  parse: (token) => (isTag(token.text) ? string.parse(token) : undefined),
  format: (data) => {
    const text = Buffer.from(data.bytes(data.number(1))).toString('latin1');
    if (!isTag(text)) throw invalid(`the tag ${excerpt(text)} is not one of letters and digits`);
    return text;
  },
};

/** A string that is the end of the data, so that nothing counts its bytes (RFC 8659, section 4.1). */
export const lastString: Field = {
  about: 'a string such as "letsencrypt.org"',
  parse: bytesOfString,
  format: (data) => quoted(data.rest()),
};

/** A name in zone text. @throws CircuitError EINVAL */
export function parseName({ text, form }: Token): DomainName {
  if (text === '@' && form === 'word') {
    throw invalid(
      '"@" is the origin of a zone file, which a record alone does not have: write it out',
    );
  }
  if (form !== 'word')
    throw invalid(`the name ${excerpt(text)} stands in quotes: write it without`);
  return DomainName.parse(text);
}

function quoted(bytes: Uint8Array): string {
  return `"${textOf(bytes, '"\\')}"`;
}

function bytesOfString({ text, form }: Token): Buffer {
  if (form === 'pair') {
    throw invalid(`a quote stands within ${excerpt(text)}: put the whole string into quotes`);
  }
  return bytesOf(text);
}

function isTag(text: string): boolean {
  return /^[0-9a-z]{1,255}$/i.test(text);
}
