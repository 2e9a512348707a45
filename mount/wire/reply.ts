/** What we answer: replies, and the entries of a directory. */
import { Dirent, EntryOut, OutHeader } from './structs.js';

/** A reply's header: `length` counts what follows; `error` is an errno, positive, or 0. */
export function encodeReplyHeader(
  into: DataView,
  unique: number,
  length: number,
  error: number,
): void {
  OutHeader.encodeInto(into, 0, { len: OutHeader.size + length, error: -error, unique });
}

/** One entry of READDIR; `type` is {@link FileType} shifted right by 12. */
export interface DirectoryEntry {
  readonly ino: number;
  /** The cookie by which the kernel asks for what follows this entry. */
  readonly off: number;
  readonly type: number;
  readonly name: string;
}

/** FUSE_REC_ALIGN */
function align(size: number): number {
  return (size + 7) & ~7;
}

/** Collects entries for a reply to READDIR or READDIRPLUS of at most `size` bytes. */
export class DirectoryBuffer {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #used = 0;

  constructor(size: number) {
    this.#bytes = Buffer.alloc(size);
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, size);
  }

  /** struct fuse_dirent; false where it does not fit any more. */
  add(entry: DirectoryEntry): boolean {
    return this.#add(entry, 0, undefined);
  }

  /** struct fuse_direntplus; without `out` the kernel learns the name alone (nodeid 0). */
  addPlus(entry: DirectoryEntry, out: Partial<EntryOut> | undefined): boolean {
    return this.#add(entry, EntryOut.size, out);
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#used);
  }

  #add(entry: DirectoryEntry, before: number, out: Partial<EntryOut> | undefined): boolean {
    const { ino, off, type, name } = entry;
    const namelen = Buffer.byteLength(name);
    const nameAt = this.#used + before + Dirent.size;
    const end = this.#used + align(before + Dirent.size + namelen);
    if (end > this.#bytes.length) return false;
    if (out !== undefined) EntryOut.encodeInto(this.#view, this.#used, out);
    Dirent.encodeInto(this.#view, this.#used + before, { ino, off, namelen, type });
    this.#bytes.write(name, nameAt);
    this.#used = end;
    return true;
  }
}
