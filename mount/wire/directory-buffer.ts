/** Encodes the entries of a directory, as READDIR and READDIRPLUS give them. */
import { Dirent, EntryOut } from './structs.js';

/** One entry of READDIR; `type` is {@link FileType} shifted right by 12. */
export interface DirectoryEntry {
  readonly ino: number;
  /** The cookie by which the kernel asks for the entries behind this one. */
  readonly off: number;
  readonly type: number;
  readonly name: string;
}

/** FUSE_REC_ALIGN */
function align(size: number): number {
  return (size + 7) & ~7;
}

/** Collects entries for a reply to READDIR, or READDIRPLUS (`plus`), of at most `size` bytes. */
export class DirectoryBuffer {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  /** Bytes before the struct fuse_dirent of an entry. */
  readonly #before: number;
  #used = 0;

  constructor(size: number, plus: boolean) {
    this.#bytes = Buffer.alloc(size);
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, size);
    this.#before = plus ? EntryOut.size : 0;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#used);
  }

  /**
   * @param out For READDIRPLUS; without it the kernel learns the name alone (nodeid 0).
   * @returns false if the entry does not fit.
   */
  add(entry: DirectoryEntry, out?: Partial<EntryOut>): boolean {
    const { ino, off, type, name } = entry;
    const namelen = Buffer.byteLength(name);
    const direntAt = this.#used + this.#before;
    const nameAt = direntAt + Dirent.size;
    const end = align(nameAt + namelen);
    if (end > this.#bytes.length) return false;
    if (out !== undefined) EntryOut.encodeInto(this.#view, this.#used, out);
    Dirent.encodeInto(this.#view, direntAt, { ino, off, namelen, type });
    this.#bytes.write(name, nameAt);
    this.#used = end;
    return true;
  }
}
