/** What the kernel asks: the messages that are read from the device, and how their parts decode. */
import { isUtf8 } from 'node:buffer';
import { DecodeError, type Fields, type Struct, type ValueOf, type Values } from './struct.js';
import { BatchForgetIn, ForgetOne, InHeader, InitIn, InitInExtension, WriteIn } from './structs.js';

/**
 * A message buffer and the one way to look into it.
 * The kernel pads nothing between the parts of a request.
 */
export class Message {
  readonly bytes: Buffer;
  readonly view: DataView;
  /** How many bytes the message has; what the buffer holds behind them is an earlier one's. */
  length: number;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.length = bytes.byteLength;
  }
}

/**
 * Decodes what follows the header of a request.
 * @throws {DecodeError} where the message is shorter than what it announces.
 */
export type Decoder<A> = (message: Message) => A;

/** For a request of which the header says all. */
export const nothing: Decoder<undefined> = () => undefined;

/** For a request that is this struct. */
export function fixed<F extends Fields>(struct: Struct<F>): Decoder<Values<F>> {
  return ({ view, length }) => struct.decode(view, InHeader.size, length);
}

/** A file name as it came: any bytes but NUL and slash. */
export interface Name {
  /** Undefined where the bytes are not UTF-8. */
  readonly name: string | undefined;
  readonly nameBytes: number;
}

/** For a request of which a name matters, and nothing of the struct before it. */
export function nameAfter(before: { readonly size: number } = { size: 0 }): Decoder<Name> {
  const start = InHeader.size + before.size;
  return ({ bytes, length }) => {
    const end = bytes.indexOf(0, start);
    if (end < 0 || end >= length) throw new DecodeError('a name without end');
    const name = bytes.toString('utf8', start, end);
    // U+FFFD stands for what is not UTF-8, unless it was sent itself.
    const valid = !name.includes('\ufffd') || isUtf8(bytes.subarray(start, end));
    return { name: valid ? name : undefined, nameBytes: end - start };
  };
}

export type Write = ValueOf<typeof WriteIn> & { readonly data: Uint8Array };

/** `data` is a view of the message: the next one overwrites it. */
export const write: Decoder<Write> = ({ bytes, view, length }) => {
  const args = WriteIn.decode(view, InHeader.size, length);
  const start = InHeader.size + WriteIn.size;
  if (start + args.size > length) {
    throw new DecodeError(`a write of ${args.size} bytes brings ${length - start}`);
  }
  return Object.assign(args, { data: bytes.subarray(start, start + args.size) });
};

export const forgets: Decoder<readonly ForgetOne[]> = ({ view, length }) => {
  const { count } = BatchForgetIn.decode(view, InHeader.size, length);
  const start = InHeader.size + BatchForgetIn.size;
  if (start + count * ForgetOne.size > length) {
    throw new DecodeError(`${count} forgets do not fit into ${length - start} bytes`);
  }
  return Array.from({ length: count }, (_, index) =>
    ForgetOne.decode(view, start + index * ForgetOne.size, length),
  );
};

export type Init = ValueOf<typeof InitIn> & { readonly flags2: number };

export const init: Decoder<Init> = ({ view, length }) => {
  const args = InitIn.decode(view, InHeader.size, length);
  // flags2 came with 7.36; before, the struct ended here.
  const end = InHeader.size + InitIn.size;
  const extended = length >= end + InitInExtension.size;
  return Object.assign(args, extended ? InitInExtension.decode(view, end) : { flags2: 0 });
};
