/** Decodes requests: the messages that are read from the device. */
import { isUtf8 } from 'node:buffer';
import { DecodeError, type Fields, type Struct, type ValueOf, type Values } from './struct.js';
import { BatchForgetIn, ForgetOne, InHeader, InitIn, InitInExtension, WriteIn } from './structs.js';

/**
 * A buffer for messages, as bytes and as a view.
 * The kernel does not pad the parts of a request.
 */
export class Message {
  readonly bytes: Buffer;
  readonly view: DataView;
  /** The bytes of the message; the buffer may hold the rest of an earlier message behind them. */
  length: number;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.length = bytes.byteLength;
  }
}

/**
 * Decodes what follows the header of a request.
 * @throws {DecodeError} if the message is shorter than it says.
 */
export type Decoder<A> = (message: Message) => A;

/** For a request that has only a header. */
export const nothing: Decoder<undefined> = () => undefined;

/** For a request that has one struct behind its header. */
export function fixed<F extends Fields>(struct: Struct<F>): Decoder<Values<F>> {
  return ({ view, length }) => struct.decode(view, InHeader.size, length);
}

/** A file name as the kernel sent it: any bytes but NUL and slash. */
export interface Name {
  /** Undefined if the bytes are not UTF-8. */
  readonly name: string | undefined;
  readonly nameBytes: number;
}

/** For a request with a name; the struct before the name is skipped. */
export function nameAfter(before: { readonly size: number } = { size: 0 }): Decoder<Name> {
  const start = InHeader.size + before.size;
  return ({ bytes, length }) => {
    const end = bytes.indexOf(0, start);
    if (end < 0 || end >= length)
      throw new DecodeError('the name of the request does not end with NUL');
    const name = bytes.toString('utf8', start, end);
    // U+FFFD stands for bytes that are not UTF-8, unless the name contains that character.
    const valid = !name.includes('\ufffd') || isUtf8(bytes.subarray(start, end));
    return { name: valid ? name : undefined, nameBytes: end - start };
  };
}

export type Write = ValueOf<typeof WriteIn> & { readonly data: Uint8Array };

/** `data` is a view of the message; the next message overwrites it. */
export const write: Decoder<Write> = ({ bytes, view, length }) => {
  const args = WriteIn.decode(view, InHeader.size, length);
  const start = InHeader.size + WriteIn.size;
  if (start + args.size > length) {
    throw new DecodeError(`the write says it has ${args.size} bytes, there are ${length - start}`);
  }
  return Object.assign(args, { data: bytes.subarray(start, start + args.size) });
};

export const forgets: Decoder<readonly ForgetOne[]> = ({ view, length }) => {
  const { count } = BatchForgetIn.decode(view, InHeader.size, length);
  const start = InHeader.size + BatchForgetIn.size;
  if (start + count * ForgetOne.size > length) {
    throw new DecodeError(`the request says it has ${count} forgets, too many for its size`);
  }
  return Array.from({ length: count }, (_, index) =>
    ForgetOne.decode(view, start + index * ForgetOne.size, length),
  );
};

export type Init = ValueOf<typeof InitIn> & { readonly flags2: number };

export const init: Decoder<Init> = ({ view, length }) => {
  const args = InitIn.decode(view, InHeader.size, length);
  // Before 7.36 the struct had no flags2.
  const end = InHeader.size + InitIn.size;
  const extended = length >= end + InitInExtension.size;
  return Object.assign(args, extended ? InitInExtension.decode(view, end) : { flags2: 0 });
};
