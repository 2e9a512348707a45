import { parseName } from './field.js';
import { excerpt, invalid } from './invalid.js';
import type { DomainName } from './name.js';
import { parsePeriod } from './period.js';
import { parseRdata } from './rdata.js';
import type { ResourceRecord } from './record.js';
import { parseType } from './record-types.js';
import { type Token, tokensOf } from './token.js';

/** The TTL of a record without one, as in the Go circuit. In seconds. */
const DEFAULT_TTL_S = 3600;
/** RFC 2181, section 8. */
const MAX_TTL_S = 2 ** 31 - 1;

export const EXAMPLE = 'www.example.org. 3600 IN A 192.0.2.1';

/**
 * Parses one record in the syntax of zone files (RFC 1035, section 5.1): `OWNER [TTL] [CLASS] TYPE
 * DATA`, with TTL and class in either order. A record stands alone: its names are absolute, with a
 * final dot and without; there is no origin, and no owner of the line above.
 * @throws CircuitError EINVAL
 */
export function parseRecord(text: string): ResourceRecord {
  if (/^[ \t]+[^ \t\r\n;]/.test(text)) {
    throw invalid(
      'the record begins with a blank, which in a zone file stands for the owner of the line above: begin it with its owner',
    );
  }
  const [first, ...tokens] = tokensOf(text);
  if (!first) throw invalid(`a record is missing: one looks like ${EXAMPLE}`);
  const owner = parseOwner(first);
  const ttl = takeTtlAndClass(tokens);
  const type = tokens.shift();
  if (type?.form !== 'word') {
    throw invalid(`the type of the record is missing: a record looks like ${EXAMPLE}`);
  }
  const number = parseType(type.text);
  return { owner, type: number, ttl, rdata: parseRdata(number, tokens) };
}

/** Advice for those who give a directive of zone files. */
const INSTEAD: Readonly<Record<string, string>> = {
  $ORIGIN: 'write each name whole',
  $TTL: `write the TTL into each record, behind its owner; without one it is ${DEFAULT_TTL_S}`,
  $INCLUDE: 'set the records of that file by themselves',
};

/** It is the first word, whatever it looks like: a TTL, a class or a type. */
function parseOwner(token: Token): DomainName {
  if (/^\$[A-Z]+$/i.test(token.text)) {
    const instead = INSTEAD[token.text.toUpperCase()] ?? 'write out the records';
    throw invalid(
      `${excerpt(token.text)} is a directive of zone files, and only records are taken: ${instead}`,
    );
  }
  return parseName(token);
}

/** Takes the TTL and the class off the front of the tokens, in either order. @returns The TTL */
function takeTtlAndClass(tokens: Token[]): number {
  let ttl: number | undefined;
  let hasClass = false;
  for (;;) {
    const { text = '', form } = tokens[0] ?? {};
    if (form !== 'word') return ttl ?? DEFAULT_TTL_S;
    const seconds = ttl === undefined ? parsePeriod(text) : undefined;
    if (seconds !== undefined) {
      if (seconds > MAX_TTL_S) throw badTtl(text);
      ttl = seconds;
    } else if (ttl === undefined && /^[-+]?\d+(\.\d*)?[a-z\d]*$/i.test(text)) {
      throw badTtl(text);
    } else if (!hasClass && isClass(text)) {
      hasClass = true;
    } else {
      return ttl ?? DEFAULT_TTL_S;
    }
    tokens.shift();
  }
}

function badTtl(text: string) {
  return invalid(
    `the TTL ${excerpt(text)} is no time from 0 to ${MAX_TTL_S} seconds, such as 3600 or 1h30m`,
  );
}

/** @throws CircuitError EINVAL: it is another class than IN */
function isClass(text: string): boolean {
  if (/^(IN|CLASS0*1)$/i.test(text)) return true;
  if (/^(CH|CS|HS|CLASS\d+)$/i.test(text)) {
    throw invalid(`the class ${excerpt(text)} is not served: write IN, or no class at all`);
  }
  return false;
}
