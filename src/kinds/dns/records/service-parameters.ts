import type { ByteReader } from './byte-reader.js';
import { bytesOf } from './escapes.js';
import type { Rest } from './field.js';
import { excerpt, invalid } from './invalid.js';
import { uint16Bytes } from './number.js';
import {
  ALPN,
  formatKey,
  MANDATORY,
  mandatoryKeys,
  NO_DEFAULT_ALPN,
  namedParameter,
  parameterOf,
  parseKey,
} from './service-parameter.js';
import type { Token } from './token.js';

/** Values on the wire, by their keys. */
type Values = ReadonlyMap<number, Uint8Array>;

/**
 * The parameters of SVCB and HTTPS records (RFC 9460, sections 2.1 and 2.2): in any order in text, in
 * that of their keys on the wire.
 */
export const serviceParameters: Rest = {
  parse: (tokens) => {
    const values = new Map<number, Uint8Array>();
    for (const token of tokens) {
      const [key, value] = parseParameter(token);
      if (values.has(key)) throw invalid(`the parameter ${formatKey(key)} stands there twice`);
      values.set(key, value);
    }
    const sorted = [...values].sort(([one], [other]) => one - other);
    const parts = sorted.flatMap(([key, value]) => [
      uint16Bytes(key),
      uint16Bytes(value.length),
      value,
    ]);
    return Buffer.concat(parts);
  },
  format: (data) => {
    const values = readParameters(data);
    checkTogether(values);
    return [...values].map(([key, value]) => formatParameter(key, value)).join(' ');
  },
};

function parseParameter({ text, form }: Token): readonly [key: number, value: Uint8Array] {
  if (form === 'string') {
    throw invalid(`the parameter ${excerpt(text)} stands in quotes: quote its value alone`);
  }
  const [name = ''] = text.split('=', 1);
  const key = parseKey(name);
  const value = namedParameter(name).parse(bytesOf(text.slice(name.length + 1)));
  if (value === undefined) throw badValue(key, excerpt(text));
  if (value.length > 65535) throw invalid(`the value of ${formatKey(key)} is over 65535 bytes`);
  return [key, value];
}

function readParameters(data: ByteReader): Values {
  const values = new Map<number, Uint8Array>();
  let last = -1;
  while (!data.isAtEnd) {
    const key = data.number(2);
    if (key <= last) throw invalid('the parameters are not in the order of their keys');
    values.set(key, data.bytes(data.number(2)));
    last = key;
  }
  return values;
}

function formatParameter(key: number, bytes: Uint8Array): string {
  const value = parameterOf(key).format(bytes);
  if (value === undefined) throw badValue(key, `these ${bytes.length} bytes`);
  return value === '' ? formatKey(key) : `${formatKey(key)}=${value}`;
}

/** @throws CircuitError EINVAL: one needs another (RFC 9460, sections 7.1.1 and 8) */
function checkTogether(values: Values): void {
  if (values.has(NO_DEFAULT_ALPN) && !values.has(ALPN)) {
    throw invalid('no-default-alpn needs alpn beside it');
  }
  for (const key of mandatoryKeys(values.get(MANDATORY) ?? new Uint8Array()) ?? []) {
    if (key === MANDATORY) throw invalid('mandatory names itself: leave that out');
    if (!values.has(key)) throw invalid(`mandatory names ${formatKey(key)}, which is not there`);
  }
}

/** @param given What stands there instead. */
function badValue(key: number, given: string) {
  const { about } = parameterOf(key);
  return invalid(
    about === ''
      ? `${formatKey(key)} has no value, but there is ${given}`
      : `the value of ${formatKey(key)} is ${about}, not ${given}`,
  );
}
