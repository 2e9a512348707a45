/** Encodes notifications (FUSE_NOTIFY_*): messages that answer no request, with `unique` 0. */
import { NotifyCode } from './constants.js';
import {
  NotifyInvalEntryOut,
  NotifyInvalInodeOut,
  NotifyPollWakeupOut,
  OutHeader,
} from './structs.js';

/** The kernel polls the file again that it registered under `kh`. */
export function notifyPoll(kh: number): Uint8Array {
  return encode(NotifyCode.POLL, NotifyPollWakeupOut.encode({ kh }));
}

/** The kernel drops the attributes of an inode; a negative offset makes it keep the content. */
export function notifyAttributes(nodeid: number): Uint8Array {
  return encode(NotifyCode.INVAL_INODE, NotifyInvalInodeOut.encode({ ino: nodeid, off: -1 }));
}

/** The kernel drops a name in a directory. `flags` may be EXPIRE_ONLY. */
export function notifyEntry(parent: number, name: string, flags: number): Uint8Array {
  const namelen = Buffer.byteLength(name);
  const body = NotifyInvalEntryOut.encode({ parent, namelen, flags });
  return encode(NotifyCode.INVAL_ENTRY, body, Buffer.from(`${name}\0`));
}

/** The code stands where a reply has its error (struct fuse_out_header). */
function encode(code: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const len = parts.reduce((sum, { length }) => sum + length, OutHeader.size);
  return Buffer.concat([OutHeader.encode({ len, error: code, unique: 0 }), ...parts]);
}
