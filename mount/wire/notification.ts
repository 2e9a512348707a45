/** What we tell the kernel unasked: whole messages, whose header has `unique` 0 (FUSE_NOTIFY_*). */
import { NotifyCode } from './constants.js';
import {
  NotifyInvalEntryOut,
  NotifyInvalInodeOut,
  NotifyPollWakeupOut,
  OutHeader,
} from './structs.js';

/** Poll again what was registered under `kh`. */
export function notifyPoll(kh: number): Uint8Array {
  return encode(NotifyCode.POLL, NotifyPollWakeupOut.encode({ kh }));
}

/** Forget the attributes of an inode; its content stays (a negative offset says so). */
export function notifyAttributes(nodeid: number): Uint8Array {
  return encode(NotifyCode.INVAL_INODE, NotifyInvalInodeOut.encode({ ino: nodeid, off: -1 }));
}

/** Forget what is known of a name. `flags` may be EXPIRE_ONLY. */
export function notifyEntry(parent: number, name: string, flags: number): Uint8Array {
  const namelen = Buffer.byteLength(name);
  const body = NotifyInvalEntryOut.encode({ parent, namelen, flags });
  return encode(NotifyCode.INVAL_ENTRY, body, Buffer.from(`${name}\0`));
}

/** A notification's code stands where a reply has its error (struct fuse_out_header). */
function encode(code: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const len = parts.reduce((sum, { length }) => sum + length, OutHeader.size);
  return Buffer.concat([OutHeader.encode({ len, error: code, unique: 0 }), ...parts]);
}
