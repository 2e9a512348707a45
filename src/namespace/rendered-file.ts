import type { Attributes, Caller, File, Handle, OpenMode } from '../../mount/node.js';
import { readerOf, refuseWrite, STATIC_TTL_S } from './control.js';

/** Permission bits. */
export const VALUE_MODE = 0o400;

let lastId = 0;

/** One text of a value, with its exact size. */
export class RenderedFile implements File {
  readonly kind = 'file';
  readonly id: string;
  /** The name may have another text at any time; this one never. */
  readonly ttl = 0;
  readonly attributesTtl = STATIC_TTL_S;
  /** Bytes. */
  readonly size: number;
  readonly #mtime: bigint;
  readonly #renderAnew: (caller: Caller) => Promise<RenderedFile>;
  #content: Buffer | undefined;

  constructor(
    content: Buffer,
    mtime: bigint,
    renderAnew: (caller: Caller) => Promise<RenderedFile>,
  ) {
    lastId += 1;
    this.id = `text ${lastId}`;
    this.#content = content;
    this.size = content.length;
    this.#mtime = mtime;
    this.#renderAnew = renderAnew;
  }

  has(content: Buffer): boolean {
    return this.#content?.equals(content) ?? false;
  }

  /** Drops the text, since the kernel remembers the inode for long. An open renders it anew. */
  drop(): void {
    this.#content = undefined;
  }

  attributes(): Attributes {
    return { mode: VALUE_MODE, size: this.size, mtime: this.#mtime };
  }

  async open(mode: OpenMode, caller: Caller): Promise<Handle> {
    refuseWrite(mode);
    if (this.#content) return { io: 'cached', read: readerOf(this.#content) };
    return (await this.#renderAnew(caller)).read();
  }

  /** Reads past the size that the kernel has cached. */
  read(): Handle {
    return { io: 'direct', read: readerOf(this.#content ?? Buffer.alloc(0)) };
  }
}
