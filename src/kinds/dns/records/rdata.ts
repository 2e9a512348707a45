/** The data of records, as zone text and as on the wire. */
import { CircuitError } from '../../../base/error.js';
import { ByteReader } from './byte-reader.js';
import type { Field } from './field.js';
import { excerpt, invalid } from './invalid.js';
import { formatType, type RecordType, recordType } from './record-types.js';
import type { Token } from './token.js';

const MAX_RDATA_BYTES = 65535;

/** @throws CircuitError EINVAL */
export function parseRdata(type: number, tokens: readonly Token[]): Uint8Array {
  const known = recordType(type);
  const [first] = tokens;
  const isGeneric = first?.text === '\\#' && first.form === 'word';
  if (!isGeneric && !known) {
    const mnemonic = formatType(type);
    throw invalid(`the data of ${mnemonic} is generic: write it as ${mnemonic} \\# 4 c0000201`);
  }
  const rdata =
    isGeneric || !known ? parseGeneric(tokens.slice(1)) : parseKnown(type, known, tokens);
  if (rdata.length > MAX_RDATA_BYTES) {
    throw invalid(
      `the record has ${rdata.length} bytes of data: one has at most ${MAX_RDATA_BYTES}`,
    );
  }
  // The parts that go together are told by the wire form, which generic data may have wrong.
  if (isGeneric || known?.rest) formatRdata(type, rdata);
  // A copy, as small buffers are parts of a large one.
  return new Uint8Array(rdata);
}

/** @throws CircuitError EINVAL: the bytes are no data of this type */
export function formatRdata(type: number, rdata: Uint8Array): string {
  const known = recordType(type);
  if (!known) return formatGeneric(rdata);
  const data = new ByteReader(rdata);
  try {
    known.check?.(rdata);
    const texts = Object.values(known.fields).map((field) => field.format(data));
    const rest = known.rest?.format(data);
    if (rest) texts.push(rest);
    if (!data.isAtEnd) throw invalid(`there are ${data.rest().length} bytes too many`);
    return texts.join(' ');
  } catch (error) {
    if (!(error instanceof CircuitError)) throw error;
    throw new CircuitError(error.code, `${formatType(type)}: ${error.message}`, { cause: error });
  }
}

function parseKnown(type: number, known: RecordType, tokens: readonly Token[]): Buffer {
  const { fields, rest, example } = known;
  const mnemonic = formatType(type);
  const like = `the data looks like ${mnemonic} ${example}`;
  const names = Object.keys(fields);
  const parts = Object.entries(fields).map(([name, field], index) => {
    const token = tokens[index];
    if (!token) throw invalid(`${name} of ${mnemonic} is missing: ${like}`);
    return parseField(`${name} of ${mnemonic}`, field, token);
  });
  const others = tokens.slice(names.length);
  if (rest) parts.push(rest.parse(others));
  else if (others[0]) {
    throw invalid(
      `${excerpt(others[0].text)} stands behind ${names.join(' ')} of ${mnemonic}: ${like}`,
    );
  }
  return Buffer.concat(parts);
}

/** @param name What it is, for the sentence. */
function parseField(name: string, field: Field, token: Token): Uint8Array {
  const bytes = field.parse(token);
  if (bytes === undefined) {
    throw invalid(`${name} is ${field.about}, not ${excerpt(token.text)}`);
  }
  return bytes;
}

/** The data after `\#`: how many bytes, and those in hexadecimal, in any number of words (RFC 3597, section 5). */
function parseGeneric(tokens: readonly Token[]): Buffer {
  const [length, ...words] = tokens.map(({ text }) => text);
  const hex = words.join('');
  if (length === undefined || !/^\d+$/.test(length) || !/^([0-9a-f]{2})*$/i.test(hex)) {
    throw invalid(
      'generic data is the number of its bytes, and those in hexadecimal, as in \\# 4 c0000201',
    );
  }
  const bytes = Buffer.from(hex, 'hex');
  if (bytes.length !== Number(length)) {
    throw invalid(`there are ${bytes.length} bytes of generic data, not ${excerpt(length)}`);
  }
  return bytes;
}

function formatGeneric(rdata: Uint8Array): string {
  return `\\# ${rdata.length} ${Buffer.from(rdata).toString('hex')}`.trim();
}
