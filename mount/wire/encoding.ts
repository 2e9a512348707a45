/** Encodes requests as the kernel does, for the requests that do not come from a kernel. */
import { InHeader } from './structs.js';

export interface RequestHeader {
  readonly opcode: number;
  readonly unique: number;
  readonly nodeid: number;
  readonly uid?: number;
  readonly gid?: number;
  /** 0 for a thread that is not known. */
  readonly pid?: number;
  /** The length that the header tells; by default the real one. */
  readonly len?: number;
}

/** @param parts What follows the header. */
export function encodeRequest(header: RequestHeader, parts: readonly Uint8Array[]): Buffer {
  const len = parts.reduce((sum, { length }) => sum + length, InHeader.size);
  return Buffer.concat([InHeader.encode({ len, ...header }), ...parts]);
}

export function encodeName(name: string | Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(name), Buffer.of(0)]);
}
