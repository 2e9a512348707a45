import { CLASS_IN } from '../records/type.js';
import type { Located, WireName } from '../zone/lookup.js';
import type { RecordData } from '../zone/rrset.js';
import { HEADER_BYTES } from './query.js';

/** A pointer has 14 bits. */
const MAX_POINTER = 0x3fff;

/** Writes records behind the question of a message, with compressed names (RFC 1035, section 4.1.4). */
export class RecordWriter {
  /** Where the next record begins. */
  at: number;
  readonly #bytes: Buffer;
  readonly #limit: number;
  readonly #question: WireName | undefined;
  /** Where names stand, by key; absent until a name other than the question's is written. */
  #places: Map<string, number> | undefined;

  /**
   * @param bytes The message, with room for one record beyond the limit.
   * @param at Where the records begin.
   * @param limit Where they have to end.
   */
  constructor(bytes: Buffer, question: WireName | undefined, at: number, limit: number) {
    this.#bytes = bytes;
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

  /** Writes the RRsets up to the first that does not fit. @returns How many records they are. */
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
    const bytes = this.#bytes;
    for (const data of set.data) {
      this.#writeName(owner);
      bytes.writeUInt16BE(set.type, this.at);
      bytes.writeUInt16BE(CLASS_IN, this.at + 2);
      bytes.writeUInt32BE(ttl, this.at + 4);
      const start = this.at + 10;
      this.at = start;
      this.#writeData(data);
      bytes.writeUInt16BE(this.at - start, start - 2);
      if (this.at > this.#limit) return false;
    }
    return true;
  }

  #writeData({ rdata, names }: RecordData): void {
    let from = 0;
    for (const { at, name, compressible } of names) {
      this.#writeBytes(rdata, from, at);
      if (compressible) this.#writeName(name);
      else this.#writeBytes(name.wire, 0, name.wire.length);
      from = at + name.wire.length;
    }
    this.#writeBytes(rdata, from, rdata.length);
  }

  /** As much of it as does not stand elsewhere, and a pointer to the rest. */
  #writeName({ wire, key }: WireName): void {
    for (let start = 0; ; ) {
      const length = wire[start] ?? 0;
      if (length === 0) {
        this.#bytes[this.at++] = 0;
        return;
      }
      const suffix = start === 0 ? key : key.slice(start);
      const place = this.#placeOf(suffix);
      if (place !== undefined) {
        this.at = this.#bytes.writeUInt16BE(0xc000 | place, this.at);
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
      this.#bytes.set(
        from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to),
        this.at,
      );
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
