/**
 * Describes C structs field by field; encoding and decoding follow from the description. The structs
 * of the FUSE protocol need no packing: their fields are aligned, and padding is a field
 * (include/uapi/linux/fuse.h).
 */
import { endianness } from 'node:os';

/** The protocol has the byte order of the machine. */
const LITTLE = endianness() === 'LE';

const TWO_32 = 2 ** 32;

/** The type of a field: its size in bytes, and how its number is read and written. */
export interface FieldType {
  readonly size: number;
  readonly read: (view: DataView, at: number) => number;
  readonly write: (view: DataView, at: number, value: number) => void;
}

export const u16: FieldType = {
  size: 2,
  read: (view, at) => view.getUint16(at, LITTLE),
  write: (view, at, value) => view.setUint16(at, value, LITTLE),
};

export const u32: FieldType = {
  size: 4,
  read: (view, at) => view.getUint32(at, LITTLE),
  write: (view, at, value) => view.setUint32(at, value, LITTLE),
};

export const i32: FieldType = {
  size: 4,
  read: (view, at) => view.getInt32(at, LITTLE),
  write: (view, at, value) => view.setInt32(at, value, LITTLE),
};

/**
 * 64 bits as a number. Numbers are exact up to 2^53, which neither `unique` nor a nodeid, file handle
 * or size of ours exceeds; larger ones become the nearest double. A number of 2^64 or more is written
 * as 2^64 - 1, a negative one as its two's complement.
 */
export const u64: FieldType = {
  size: 8,
  read: (view, at) => {
    const high = view.getUint32(LITTLE ? at + 4 : at, LITTLE);
    const low = view.getUint32(LITTLE ? at : at + 4, LITTLE);
    return high * TWO_32 + low;
  },
  write: (view, at, value) => {
    const inRange = value < TWO_32 * TWO_32;
    view.setUint32(LITTLE ? at + 4 : at, inRange ? Math.floor(value / TWO_32) : -1, LITTLE);
    view.setUint32(LITTLE ? at : at + 4, inRange ? value : -1, LITTLE);
  },
};

/** Reserved bytes. Encoding leaves them alone: they are 0 in a new buffer. */
export function reserved(size: number): FieldType {
  return { size, read: () => 0, write: () => undefined };
}

/** The fields of a struct, in their order. */
export type Fields = Readonly<Record<string, FieldType>>;

/** The value of a struct with these fields. */
export type Values<F extends Fields> = { -readonly [Name in keyof F]: number };

/** The TypeScript type of what a {@link Struct} describes. */
export type ValueOf<S> = S extends Struct<infer F> ? Readonly<Values<F>> : never;

/** A message from the kernel does not have the form that the protocol prescribes. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** A struct's description; its name is for error messages. */
export class Struct<const F extends Fields> {
  /** Bytes. */
  readonly size: number;
  readonly #layout: readonly { name: string; type: FieldType; at: number }[];

  constructor(
    readonly name: string,
    readonly fields: F,
  ) {
    let at = 0;
    this.#layout = Object.entries(fields).map(([name, type]) => {
      const field = { name, type, at };
      at += type.size;
      return field;
    });
    this.size = at;
  }

  /** @throws {DecodeError} if fewer than `size` bytes are left before `end`. */
  decode(view: DataView, at = 0, end = view.byteLength): Values<F> {
    if (at + this.size > end) {
      throw new DecodeError(`${this.name} has ${this.size} bytes, there are ${end - at}`);
    }
    const values: Record<string, number> = {};
    for (const field of this.#layout) values[field.name] = field.type.read(view, at + field.at);
    return values as Values<F>;
  }

  /** A field without a value becomes 0. The view must have room for `size` bytes. */
  encodeInto(view: DataView, at: number, values: Partial<Readonly<Values<F>>>): void {
    for (const field of this.#layout) {
      field.type.write(view, at + field.at, values[field.name] ?? 0);
    }
  }

  /** Encodes the struct into bytes of its own. */
  encode(values: Partial<Readonly<Values<F>>>): Uint8Array {
    const bytes = new Uint8Array(this.size);
    this.encodeInto(new DataView(bytes.buffer), 0, values);
    return bytes;
  }
}
