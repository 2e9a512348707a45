import { TYPE } from '../records/type.js';
import type { Answer } from '../zone/lookup.js';
import { DNSSEC_OK, type Edns, FLAG, HEADER_BYTES, type Query } from './query.js';
import { RecordWriter } from './record-writer.js';

/** An OPT record without options, in bytes. */
const OPT_BYTES = 11;

/** The most that we take over UDP, in bytes: no fragments (RFC 9715). */
export const UDP_PAYLOAD = 1232;

/** The longest message, and the longest record that may be found not to fit, in bytes. */
const SCRATCH_BYTES = 0xffff + 0xffff + 512;

/** Where answers are written; each is copied when it is complete. */
const scratch = Buffer.alloc(SCRATCH_BYTES);

/** How many records the answer, authority and additional sections have. */
type Counts = readonly [answers: number, authorities: number, additional: number];

/**
 * Writes a response. Where it does not fit it is truncated: it has no records then (RFC 2181,
 * section 9).
 * @param message The query; its ID and question are echoed byte for byte.
 * @param limit In bytes.
 */
export function writeResponse(
  message: Buffer,
  query: Query,
  answer: Answer,
  limit: number,
): Buffer {
  const { question, edns } = query;
  const end = question?.end ?? HEADER_BYTES;
  message.copy(scratch, 0, 0, end);
  const room = limit - (edns ? OPT_BYTES : 0);
  const writer = new RecordWriter(scratch, question?.name, end, room);
  const counts = writeSections(writer, answer);
  writeHeader(message, query, answer, counts);
  const length = counts ? writer.at : end;
  const whole = edns ? writeOpt(length, edns, answer.rcode) : length;
  return Buffer.from(scratch.subarray(0, whole));
}

/** @returns How many records there are; undefined if they do not fit. */
function writeSections(
  writer: RecordWriter,
  { answer, authority, glue, additional }: Answer,
): Counts | undefined {
  const answers = writer.write(answer);
  const authorities = answers === undefined ? undefined : writer.write(authority);
  const needed = authorities === undefined ? undefined : writer.write(glue);
  if (answers === undefined || authorities === undefined || needed === undefined) return undefined;
  // Nobody has asked for the others, so without them the answer is whole (RFC 2181, section 9).
  return [answers, authorities, needed + writer.writeSome(additional)];
}

/** @param counts Undefined where the records do not fit. */
function writeHeader(
  message: Buffer,
  { question, edns }: Query,
  { rcode, authoritative }: Answer,
  counts: Counts | undefined,
): void {
  // The opcode and RD are the query's.
  const copied = message.readUInt16BE(2) & (0x7800 | FLAG.RD);
  const own = (authoritative ? FLAG.AA : 0) | (counts ? 0 : FLAG.TC);
  const [answers, authorities, additional] = counts ?? [0, 0, 0];
  scratch.writeUInt16BE(FLAG.QR | copied | own | (rcode & 0xf), 2);
  scratch.writeUInt16BE(question ? 1 : 0, 4);
  scratch.writeUInt16BE(answers, 6);
  scratch.writeUInt16BE(authorities, 8);
  scratch.writeUInt16BE(additional + (edns ? 1 : 0), 10);
}

/** Writes an OPT record (RFC 6891, section 6.1.2). @returns Where it ends. */
function writeOpt(at: number, { dnssecOk }: Edns, rcode: number): number {
  scratch.writeUInt8(0, at);
  scratch.writeUInt16BE(TYPE.OPT, at + 1);
  scratch.writeUInt16BE(UDP_PAYLOAD, at + 3);
  scratch.writeUInt8(rcode >> 4, at + 5);
  scratch.writeUInt8(0, at + 6);
  // The bit is to be copied (RFC 3225, section 3).
  scratch.writeUInt16BE(dnssecOk ? DNSSEC_OK : 0, at + 7);
  scratch.writeUInt16BE(0, at + 9);
  return at + OPT_BYTES;
}
