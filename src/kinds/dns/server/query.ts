import { TYPE } from '../records/type.js';
import { RCODE, type WireName } from '../zone/lookup.js';

/** The length of a message's header (RFC 1035, section 4.1.1), in bytes. */
export const HEADER_BYTES = 12;

/** The type, class, TTL and length of a record, in bytes. */
const FIXED_BYTES = 10;

const MAX_NAME_BYTES = 255;

const CLASS_IN = 1;

/** The bits of a header's second word. */
export const FLAG = { QR: 0x8000, AA: 0x0400, TC: 0x0200, RD: 0x0100 } as const;
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
  /** How many bytes of UDP it takes. */
  readonly size: number;
  readonly dnssecOk: boolean;
}

/** A question to be answered, or the code that tells what is wrong with the query. */
export interface Query {
  readonly rcode: number;
  /** Absent where none could be read. */
  readonly question: Question | undefined;
  readonly edns: Edns | undefined;
}

/** Reads a query, and nothing that is not one. Undefined if there is nothing to answer. */
export function readQuery(message: Buffer): Query | undefined {
  if (message.length < HEADER_BYTES) return undefined;
  const flags = message.readUInt16BE(2);
  // To answer a response could go on for ever.
  if ((flags & FLAG.QR) !== 0) return undefined;
  const isQuery = ((flags >> OPCODE_SHIFT) & OPCODE_MASK) === 0;
  if (!isQuery) return { rcode: RCODE.NOTIMP, question: undefined, edns: undefined };
  // RFC 9619: a query has one question.
  const question = message.readUInt16BE(4) === 1 ? readQuestion(message) : undefined;
  if (!question) return { rcode: RCODE.FORMERR, question, edns: undefined };
  const rest = readRest(message, question.end);
  if (!rest) return { rcode: RCODE.FORMERR, question, edns: undefined };
  const { edns, version } = rest;
  if (version > 0) return { rcode: RCODE.BADVERS, question, edns };
  const isTransfer = question.type === TYPE.AXFR || question.type === TYPE.IXFR;
  const isRefused = isTransfer || message.readUInt16BE(question.end - 2) !== CLASS_IN;
  return { rcode: isRefused ? RCODE.REFUSED : RCODE.NOERROR, question, edns };
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
  const end = nameEnd + 4;
  if (end > message.length) return undefined;
  const key = message.toString('latin1', HEADER_BYTES, nameEnd);
  const name = { wire: message.subarray(HEADER_BYTES, nameEnd), key: lowerCase(key) };
  return { name, type: message.readUInt16BE(nameEnd), end };
}

/** In ASCII alone (RFC 4343). The bytes that count others are not letters. */
function lowerCase(key: string): string {
  return /[A-Z]/.test(key) ? key.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : key;
}

interface Rest {
  readonly edns: Edns | undefined;
  readonly version: number;
}

const NO_EDNS: Rest = { edns: undefined, version: 0 };

/** Reads what follows the question. Undefined if it is malformed. */
function readRest(message: Buffer, start: number): Rest | undefined {
  const answers = message.readUInt16BE(6);
  const authorities = message.readUInt16BE(8);
  const records = answers + authorities + message.readUInt16BE(10);
  if (records === 0) return start === message.length ? NO_EDNS : undefined;
  if (answers > 0) return undefined;
  let rest = NO_EDNS;
  let at = start;
  for (let index = 0; index < records; index += 1) {
    const fixed = skipName(message, at);
    if (fixed === undefined || fixed + FIXED_BYTES > message.length) return undefined;
    const end = fixed + FIXED_BYTES + message.readUInt16BE(fixed + 8);
    if (end > message.length) return undefined;
    if (message.readUInt16BE(fixed) === TYPE.OPT) {
      // One, in the additional section, of the root, with whole options (RFC 6891, section 6.1).
      const isProper = index >= authorities && fixed === at + 1 && rest === NO_EDNS;
      if (!isProper || !hasWholeOptions(message, fixed + FIXED_BYTES, end)) return undefined;
      const size = message.readUInt16BE(fixed + 2);
      const dnssecOk = (message.readUInt16BE(fixed + 6) & 0x8000) !== 0;
      rest = { edns: { size, dnssecOk }, version: message.readUInt8(fixed + 5) };
    }
    at = end;
  }
  return at === message.length ? rest : undefined;
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

function hasWholeOptions(message: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at + 4 <= end) at += 4 + message.readUInt16BE(at + 2);
  return at === end;
}
