/** What we tell the kernel unasked: whole messages, whose header has `unique` 0 (FUSE_NOTIFY_*). */
import { NotifyCode } from './constants.js';
import type { Fields, Struct, Values } from './struct.js';
import {
  NotifyInvalEntryOut,
  NotifyInvalInodeOut,
  NotifyPollWakeupOut,
  OutHeader,
} from './structs.js';

/** Poll again what was registered under `kh`. */
export function notifyPoll(kh: number): Uint8Array {
  return encode(NotifyCode.POLL, NotifyPollWakeupOut, { kh });
}

/** Forget the attributes of an inode; its content stays (a negative offset says so). */
export function notifyAttributes(nodeid: number): Uint8Array {
  return encode(NotifyCode.INVAL_INODE, NotifyInvalInodeOut, { ino: nodeid, off: -1, len: 0 });
}

/** Forget what is known of a name. `flags` may be EXPIRE_ONLY. */
export function notifyEntry(parent: number, name: string, flags: number): Uint8Array {
  const namelen = Buffer.byteLength(name);
  return encode(NotifyCode.INVAL_ENTRY, NotifyInvalEntryOut, { parent, namelen, flags }, name);
}

function encode<F extends Fields>(
  code: number,
  body: Struct<F>,
  values: Partial<Readonly<Values<F>>>,
  name?: string,
): Uint8Array {
  const fixed = OutHeader.size + body.size;
  const length = fixed + (name === undefined ? 0 : Buffer.byteLength(name) + 1);
  const bytes = Buffer.alloc(length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  // A notification's code stands where a reply has its error (struct fuse_out_header).
  OutHeader.encodeInto(view, 0, { len: length, error: code, unique: 0 });
  body.encodeInto(view, OutHeader.size, values);
  if (name !== undefined) bytes.write(name, fixed);
  return bytes;
}
