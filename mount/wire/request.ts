/** What the kernel asks: the messages that are read from the device. */
import { isUtf8 } from 'node:buffer';
import { Opcode } from './constants.js';
import { DecodeError, type Fields, type Struct, type ValueOf, type Values } from './struct.js';
import {
  BatchForgetIn,
  CreateIn,
  FlushIn,
  ForgetIn,
  ForgetOne,
  GetattrIn,
  InHeader,
  InitIn,
  InitInExtension,
  InterruptIn,
  MkdirIn,
  OpenIn,
  PollIn,
  ReadIn,
  ReleaseIn,
  SetattrIn,
  WriteIn,
} from './structs.js';

/** A file name as it came: any bytes but NUL and slash. */
export interface Name {
  /** Undefined where the bytes are not UTF-8. */
  readonly name: string | undefined;
  readonly nameBytes: number;
}

/** The body of a request, by what it asks. A request that is in no way served is `unserved`. */
export type RequestBody =
  | { readonly op: 'LOOKUP' | 'RMDIR' | 'MKDIR' | 'CREATE'; readonly args: Name }
  | { readonly op: 'FORGET'; readonly args: ValueOf<typeof ForgetIn> }
  | { readonly op: 'BATCH_FORGET'; readonly args: readonly ValueOf<typeof ForgetOne>[] }
  | { readonly op: 'GETATTR'; readonly args: ValueOf<typeof GetattrIn> }
  | { readonly op: 'SETATTR'; readonly args: ValueOf<typeof SetattrIn> }
  | { readonly op: 'OPEN'; readonly args: ValueOf<typeof OpenIn> }
  | { readonly op: 'READ'; readonly args: ValueOf<typeof ReadIn> }
  | { readonly op: 'READDIR' | 'READDIRPLUS'; readonly args: ValueOf<typeof ReadIn> }
  /** `data` is a view of the message: it is overwritten by the next one. */
  | { readonly op: 'WRITE'; readonly args: ValueOf<typeof WriteIn>; readonly data: Uint8Array }
  | { readonly op: 'FLUSH'; readonly args: ValueOf<typeof FlushIn> }
  | { readonly op: 'RELEASE'; readonly args: ValueOf<typeof ReleaseIn> }
  | { readonly op: 'POLL'; readonly args: ValueOf<typeof PollIn> }
  | { readonly op: 'INTERRUPT'; readonly args: ValueOf<typeof InterruptIn> }
  | { readonly op: 'INIT'; readonly args: ValueOf<typeof InitIn>; readonly flags2: number }
  | { readonly op: 'READLINK' }
  | { readonly op: 'STATFS' | 'ACCESS' }
  | { readonly op: 'DESTROY' }
  | { readonly op: 'unserved' };

/**
 * A message buffer and the one way to look into it.
 * The kernel pads nothing between the parts of a request.
 */
export class Message {
  readonly bytes: Buffer;
  readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

/**
 * The header of the message in the first `length` bytes.
 * @throws {DecodeError} where they are too few.
 */
export function decodeHeader(message: Message, length: number): InHeader {
  return InHeader.decode(message.view, 0, length);
}

/**
 * What follows the header.
 * @throws {DecodeError} where the message is shorter than what it announces.
 */
export function decodeBody(message: Message, length: number, header: InHeader): RequestBody {
  if (header.len !== length) {
    throw new DecodeError(`the request says it has ${header.len} bytes, there are ${length}`);
  }
  const at = InHeader.size;
  const decode = <F extends Fields>(description: Struct<F>): Values<F> =>
    description.decode(message.view, at, length);

  switch (header.opcode) {
    case Opcode.LOOKUP:
      return { op: 'LOOKUP', args: decodeName(message, at, length) };
    case Opcode.FORGET:
      return { op: 'FORGET', args: decode(ForgetIn) };
    case Opcode.BATCH_FORGET:
      return { op: 'BATCH_FORGET', args: decodeForgets(message, at, length) };
    case Opcode.GETATTR:
      return { op: 'GETATTR', args: decode(GetattrIn) };
    case Opcode.SETATTR:
      return { op: 'SETATTR', args: decode(SetattrIn) };
    case Opcode.READLINK:
      return { op: 'READLINK' };
    case Opcode.MKDIR:
      return { op: 'MKDIR', args: decodeName(message, at + MkdirIn.size, length) };
    case Opcode.CREATE:
      return { op: 'CREATE', args: decodeName(message, at + CreateIn.size, length) };
    case Opcode.RMDIR:
      return { op: 'RMDIR', args: decodeName(message, at, length) };
    case Opcode.OPEN:
      return { op: 'OPEN', args: decode(OpenIn) };
    case Opcode.READ:
      return { op: 'READ', args: decode(ReadIn) };
    case Opcode.READDIR:
      return { op: 'READDIR', args: decode(ReadIn) };
    case Opcode.READDIRPLUS:
      return { op: 'READDIRPLUS', args: decode(ReadIn) };
    case Opcode.WRITE: {
      const args = decode(WriteIn);
      const start = at + WriteIn.size;
      if (start + args.size > length) {
        throw new DecodeError(`a write of ${args.size} bytes brings ${length - start}`);
      }
      return { op: 'WRITE', args, data: message.bytes.subarray(start, start + args.size) };
    }
    case Opcode.STATFS:
      return { op: 'STATFS' };
    case Opcode.RELEASE:
      return { op: 'RELEASE', args: decode(ReleaseIn) };
    case Opcode.FLUSH:
      return { op: 'FLUSH', args: decode(FlushIn) };
    case Opcode.ACCESS:
      return { op: 'ACCESS' };
    case Opcode.POLL:
      return { op: 'POLL', args: decode(PollIn) };
    case Opcode.INTERRUPT:
      return { op: 'INTERRUPT', args: decode(InterruptIn) };
    case Opcode.INIT: {
      // flags2 came with 7.36; before, the struct ended here.
      const extended = length >= at + InitIn.size + InitInExtension.size;
      const flags2 = extended
        ? InitInExtension.decode(message.view, at + InitIn.size, length).flags2
        : 0;
      return { op: 'INIT', args: decode(InitIn), flags2 };
    }
    case Opcode.DESTROY:
      return { op: 'DESTROY' };
    default:
      return { op: 'unserved' };
  }
}

function decodeName(message: Message, at: number, length: number): Name {
  const end = message.bytes.indexOf(0, at);
  if (end < 0 || end >= length) throw new DecodeError('a name without end');
  const name = message.bytes.toString('utf8', at, end);
  // U+FFFD stands for what is not UTF-8, unless it was sent itself.
  const valid = !name.includes('\ufffd') || isUtf8(message.bytes.subarray(at, end));
  return { name: valid ? name : undefined, nameBytes: end - at };
}

function decodeForgets(
  message: Message,
  at: number,
  length: number,
): readonly ValueOf<typeof ForgetOne>[] {
  const { count } = BatchForgetIn.decode(message.view, at, length);
  const start = at + BatchForgetIn.size;
  if (start + count * ForgetOne.size > length) {
    throw new DecodeError(`${count} forgets do not fit into ${length - start} bytes`);
  }
  return Array.from({ length: count }, (_, index) =>
    ForgetOne.decode(message.view, start + index * ForgetOne.size, length),
  );
}
