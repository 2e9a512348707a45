import type { Attributes, Caller, File, Handle, OpenMode } from '../../mount/node.js';
import { refuseWrite, STARTED } from './control.js';
import { type RenderedFile, VALUE_MODE } from './rendered-file.js';
import type { Renderings, ValueSource } from './renderings.js';

let lastId = 0;

/**
 * A value file. A look at its name finds a {@link RenderedFile}, or one of these, an inode of its own as
 * well, while the member does not answer.
 */
export class ValueFile implements File {
  readonly kind = 'file';
  readonly id: string;
  readonly ttl = 0;
  readonly #renderings: Renderings;
  readonly #source: ValueSource;
  readonly #name: string;
  #opened: RenderedFile | undefined;

  constructor(renderings: Renderings, source: ValueSource, name: string) {
    lastId += 1;
    this.id = `value ${lastId}`;
    this.#renderings = renderings;
    this.#source = source;
    this.#name = name;
  }

  /** The file for a look: of size 0 until it is opened, where the member does not answer. */
  async now(caller: Caller): Promise<File> {
    const rendered = await this.#renderings.look(this.#source, this.#name, caller);
    return rendered ?? new ValueFile(this.#renderings, this.#source, this.#name);
  }

  attributes(): Attributes {
    return this.#opened?.attributes() ?? { mode: VALUE_MODE, size: 0, mtime: STARTED };
  }

  async open(mode: OpenMode, caller: Caller): Promise<Handle> {
    refuseWrite(mode);
    this.#opened = await this.#renderings.open(this.#source, this.#name, caller);
    return this.#opened.read();
  }
}
