import { TYPE } from '../records/type.js';
import type { Answer, Located, WireName } from '../zone/lookup.js';
import { FLAG, HEADER_BYTES, type Query } from './query.js';

/** An OPT record without options, in bytes. */
const OPT_BYTES = 11;

/** The most that we take over UDP, in bytes: no fragments (RFC 9715). */
export const UDP_PAYLOAD = 1232;

/** A pointer has 14 bits. */
const MAX_POINTER = 0x3fff;

const CLASS_IN = 1;

/** The longest message, and the longest record that may be found not to fit, in bytes. */
const SCRATCH_BYTES = 0xffff + 0xffff + 512;

/** Where answers are written; each is copied when it is complete. */
const scratch = Buffer.alloc(SCRATCH_BYTES);

/**
 * Writes a response. Where it does not fit it is truncated: it has no records then (RFC 2181,
 * section 9).
 * @param message The query; its ID and question are echoed byte for byte.
 * @param limit In bytes.
 */
export function writeResponse(
  message: Buffer,
  { question, edns }: Query,
  answer: Answer,
  limit: number,
): Buffer {
  const end = question?.end ?? HEADER_BYTES;
  const { rcode, authoritative } = answer;
  // The opcode and RD are the query's.
  const copied = message.readUInt16BE(2) & (0x7800 | FLAG.RD);
  const flags = FLAG.QR | copied | (authoritative ? FLAG.AA : 0) | (rcode & 0xf);
  message.copy(scratch, 0, 0, end);
  scratch.writeUInt16BE(flags, 2);
  scratch.writeUInt16BE(question ? 1 : 0, 4);
  const writer = new RecordWriter(question?.name, end, limit - (edns ? OPT_BYTES : 0));
  const counts = countsOf(writer, answer);
  if (!counts) scratch.writeUInt16BE(flags | FLAG.TC, 2);
  const [answers, authorities, additional] = counts ?? [0, 0, 0];
  scratch.writeUInt16BE(answers, 6);
  scratch.writeUInt16BE(authorities, 8);
  scratch.writeUInt16BE(additional + (edns ? 1 : 0), 10);
  let length = counts ? writer.at : end;
  if (edns) {
    scratch.writeUInt8(0, length);
    scratch.writeUInt16BE(TYPE.OPT, length + 1);
    scratch.writeUInt16BE(UDP_PAYLOAD, length + 3);
    scratch.writeUInt8(rcode >> 4, length + 5);
    scratch.writeUInt8(0, length + 6);
    // The bit is to be copied (RFC 3225, section 3).
    scratch.writeUInt16BE(edns.dnssecOk ? 0x8000 : 0, length + 7);
    scratch.writeUInt16BE(0, length + 9);
    length += OPT_BYTES;
  }
  return Buffer.from(scratch.subarray(0, length));
}

/** Writes the sections. @returns How many records they have; undefined if they do not fit. */
function countsOf(
  writer: RecordWriter,
  { answer, authority, additional, glue }: Answer,
): readonly [number, number, number] | undefined {
  const answers = writer.write(answer);
  const authorities = answers === undefined ? undefined : writer.write(authority);
  if (answers === undefined || authorities === undefined) return undefined;
  const more = glue ? writer.write(additional) : writer.writeSome(additional);
  return more === undefined ? undefined : [answers, authorities, more];
}

/** Writes records into {@link scratch}, with compressed names. */
class RecordWriter {
  at: number;
  readonly #limit: number;
  readonly #question: WireName | undefined;
  /** Where names stand, by key; absent until a name other than the question's is written. */
  #places: Map<string, number> | undefined;

  constructor(question: WireName | undefined, at: number, limit: number) {
    this.#question = question;
    this.at = at;
    this.#limit = limit;
  }

  /** @returns How many records they are; undefined if they do not fit. */
  write(all: readonly Located[]): number | undefined {
    let count = 0;
    for (const each of all) {
      if (!this.#writeSet(each)) return undefined;
      count += each.set.data.length;
    }
    return count;
  }

  /** Writes the RRsets that fit, each whole. @returns How many records they are. */
  writeSome(all: readonly Located[]): number {
    let count = 0;
    for (const each of all) {
      const start = this.at;
      if (!this.#writeSet(each)) {
        this.at = start;
        break;
      }
      count += each.set.data.length;
    }
    return count;
  }

  /** @returns Whether it fits. */
  #writeSet({ owner, set, ttl }: Located): boolean {
    for (const { rdata, names } of set.data) {
      this.#writeName(owner);
      scratch.writeUInt16BE(set.type, this.at);
      scratch.writeUInt16BE(CLASS_IN, this.at + 2);
      scratch.writeUInt32BE(ttl, this.at + 4);
      const start = this.at + 10;
      this.at = start;
      let from = 0;
      for (const { at, name, compressible } of names) {
        this.#writeBytes(rdata, from, at);
        if (compressible) this.#writeName(name);
        else this.#writeBytes(name.wire, 0, name.wire.length);
        from = at + name.wire.length;
      }
      this.#writeBytes(rdata, from, rdata.length);
      scratch.writeUInt16BE(this.at - start, start - 2);
      if (this.at > this.#limit) return false;
    }
    return true;
  }

  /** As much of it as does not stand elsewhere, and a pointer to the rest (RFC 1035, section 4.1.4). */
  #writeName({ wire, key }: WireName): void {
    for (let start = 0; ; ) {
      const length = wire[start] ?? 0;
      if (length === 0) {
        scratch[this.at++] = 0;
        return;
      }
      const suffix = start === 0 ? key : key.slice(start);
      const place = this.#placeOf(suffix);
      if (place !== undefined) {
        this.at = scratch.writeUInt16BE(0xc000 | place, this.at);
        return;
      }
      if (this.at <= MAX_POINTER) this.#places?.set(suffix, this.at);
      this.#writeBytes(wire, start, start + 1 + length);
      start += 1 + length;
    }
  }

  #placeOf(key: string): number | undefined {
    // Most answers have no other name.
    if (key === this.#question?.key) return HEADER_BYTES;
    this.#places ??= this.#placesOfQuestion();
    return this.#places.get(key);
  }

  #writeBytes(bytes: Uint8Array, from: number, to: number): void {
    if (to > from)
      scratch.set(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to), this.at);
    this.at += to - from;
  }

  #placesOfQuestion(): Map<string, number> {
    const places = new Map<string, number>();
    const key = this.#question?.key ?? '';
    for (let start = 0; key.charCodeAt(start) > 0; start += 1 + key.charCodeAt(start)) {
      places.set(key.slice(start), HEADER_BYTES + start);
    }
    return places;
  }
}
