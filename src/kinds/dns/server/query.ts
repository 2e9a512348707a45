import { MAX_NAME_BYTES } from '../records/name.js';
import { CLASS_IN, TYPE } from '../records/type.js';
import { RCODE, type WireName } from '../zone/lookup.js';

/** The length of a message's header (RFC 1035, section 4.1.1), in bytes. */
export const HEADER_BYTES = 12;

/** The type, class, TTL and length of a record, in bytes. */
const FIXED_BYTES = 10;

/** The type and class of a question, in bytes. */
const QUESTION_FIXED_BYTES = 4;

/** The bits of a header's second word. */
export const FLAG = { QR: 0x8000, AA: 0x0400, TC: 0x0200, RD: 0x0100 } as const;
/** DO, of the flags of an OPT record (RFC 3225, section 3). */
export const DNSSEC_OK = 0x8000;
const OPCODE_SHIFT = 11;
const OPCODE_MASK = 0xf;

/** The question, as it is to be echoed. */
export interface Question {
  readonly name: WireName;
  readonly type: number;
  /** Where it ends in the message, in bytes. */
  readonly end: number;
}

/** The facts that a requestor gives by an OPT record (RFC 6891). */
export interface Edns {
  readonly version: number;
  /** How many bytes of UDP it takes. */
  readonly size: number;
  readonly dnssecOk: boolean;
}

/** A question to be answered, or the code that tells what is wrong with the query. */
export interface Query {
  readonly rcode: number;
  /** Absent where none could be read. */
  readonly question: Question | undefined;
  /** Also of a query that is wrong: an OPT record is answered with one (RFC 6891, section 6.1.1). */
  readonly edns: Edns | undefined;
}

/** Reads a query, and nothing that is not one. Undefined if there is nothing to answer. */
export function readQuery(message: Buffer): Query | undefined {
  if (message.length < HEADER_BYTES) return undefined;
  const flags = message.readUInt16BE(2);
  // To answer a response could go on for ever.
  if ((flags & FLAG.QR) !== 0) return undefined;
  // RFC 9619: a query has one question.
  const count = message.readUInt16BE(4);
  const question = count === 1 ? readQuestion(message) : undefined;
  const rest = readRest(message, question?.end ?? skipQuestions(message, count));
  const { edns } = rest;
  const isQuery = ((flags >> OPCODE_SHIFT) & OPCODE_MASK) === 0;
  // Other operations have other sections in the place of the question.
  if (!isQuery) return { rcode: RCODE.NOTIMP, question: undefined, edns };
  return { rcode: rcodeOf(message, question, rest), question, edns };
}

function rcodeOf(message: Buffer, question: Question | undefined, rest: Rest): number {
  const answers = message.readUInt16BE(6);
  if (!question || answers > 0 || !rest.isWellFormed) return RCODE.FORMERR;
  if (hasUnknownVersion(rest.edns)) return RCODE.BADVERS;
  const isTransfer = question.type === TYPE.AXFR || question.type === TYPE.IXFR;
  const isRefused = isTransfer || message.readUInt16BE(question.end - 2) !== CLASS_IN;
  return isRefused ? RCODE.REFUSED : RCODE.NOERROR;
}

function hasUnknownVersion(edns: Edns | undefined): boolean {
  return edns !== undefined && edns.version > 0;
}

function readQuestion(message: Buffer): Question | undefined {
  let at = HEADER_BYTES;
  for (let length = message[at]; length !== 0; length = message[at]) {
    // There is nothing before it to which a compressed name could point.
    if (length === undefined || length > 63) return undefined;
    at += 1 + length;
    if (at - HEADER_BYTES >= MAX_NAME_BYTES) return undefined;
  }
  const nameEnd = at + 1;
  const end = nameEnd + QUESTION_FIXED_BYTES;
  if (end > message.length) return undefined;
  const key = message.toString('latin1', HEADER_BYTES, nameEnd);
  const name = { wire: message.subarray(HEADER_BYTES, nameEnd), key: lowerCase(key) };
  return { name, type: message.readUInt16BE(nameEnd), end };
}

/** In ASCII alone (RFC 4343). The bytes that count others are not letters. */
function lowerCase(key: string): string {
  return /[A-Z]/.test(key) ? key.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : key;
}

/** Where so many questions end. Undefined if they do not. */
function skipQuestions(message: Buffer, count: number): number | undefined {
  let at = HEADER_BYTES;
  for (let index = 0; index < count; index += 1) {
    const nameEnd = skipName(message, at);
    if (nameEnd === undefined) return undefined;
    at = nameEnd + QUESTION_FIXED_BYTES;
  }
  return at <= message.length ? at : undefined;
}

/** The rest of a message, behind its questions. */
interface Rest {
  readonly edns: Edns | undefined;
  readonly isWellFormed: boolean;
}

/** @param start Undefined where it is not known. */
function readRest(message: Buffer, start: number | undefined): Rest {
  const before = message.readUInt16BE(6) + message.readUInt16BE(8);
  const count = before + message.readUInt16BE(10);
  let edns: Edns | undefined;
  let at = start;
  for (let index = 0; index < count && at !== undefined; index += 1) {
    const fixed = skipName(message, at);
    const end = fixed === undefined ? undefined : recordEnd(message, fixed);
    if (fixed === undefined || end === undefined) return { edns, isWellFormed: false };
    if (message.readUInt16BE(fixed) === TYPE.OPT) {
      // One, in the additional section, of the root (RFC 6891, section 6.1.1).
      const isProper = !edns && index >= before && fixed === at + 1;
      if (!isProper) return { edns, isWellFormed: false };
      edns = readEdns(message, fixed);
      const hasOptions = hasUnknownVersion(edns) || areOptions(message, fixed + FIXED_BYTES, end);
      if (!hasOptions) return { edns, isWellFormed: false };
    }
    at = end;
  }
  return { edns, isWellFormed: at === message.length };
}

/** Where a record ends whose type begins at `fixed`. Undefined if it does not. */
function recordEnd(message: Buffer, fixed: number): number | undefined {
  if (fixed + FIXED_BYTES > message.length) return undefined;
  const end = fixed + FIXED_BYTES + message.readUInt16BE(fixed + 8);
  return end <= message.length ? end : undefined;
}

/** Reads the OPT record whose type begins at `fixed` (RFC 6891, section 6.1.3). */
function readEdns(message: Buffer, fixed: number): Edns {
  return {
    version: message.readUInt8(fixed + 5),
    size: message.readUInt16BE(fixed + 2),
    dnssecOk: (message.readUInt16BE(fixed + 6) & DNSSEC_OK) !== 0,
  };
}

/** Where a name ends, which may be compressed. Undefined if it does not. */
function skipName(message: Buffer, start: number): number | undefined {
  let at = start;
  for (;;) {
    const length = message[at];
    if (length === undefined) return undefined;
    if (length === 0) return at + 1;
    // A pointer leads to what stood before.
    if (length >= 0xc0) {
      const isBefore = at + 1 < message.length && (message.readUInt16BE(at) & 0x3fff) < at;
      return isBefore ? at + 2 : undefined;
    }
    if (length > 63 || at - start > MAX_NAME_BYTES) return undefined;
    at += 1 + length;
  }
}

/** Whether the data of an OPT record are whole options (RFC 6891, section 6.1.2). */
function areOptions(message: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at + 4 <= end) at += 4 + message.readUInt16BE(at + 2);
  return at === end;
}
