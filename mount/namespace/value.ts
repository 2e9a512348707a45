import type { Attributes, Caller, File, Handle, OpenMode } from '../node.js';
import { refuseWrite, STARTED } from './control.js';
import { type RenderedFile, VALUE_MODE } from './rendered-file.js';
import type { Renderings, ValueSource } from './renderings.js';

/** A value file: its name. What is found under the name at some time is a {@link RenderedFile}. */
export class ValueFile implements File {
  readonly kind = 'file';
  readonly ttl = 0;
  readonly #renderings: Renderings;
  readonly #source: ValueSource;
  readonly #name: string;
  #opened: RenderedFile | undefined;

  constructor(renderings: Renderings, source: ValueSource, name: string) {
    this.#renderings = renderings;
    this.#source = source;
    this.#name = name;
  }

  /** What a look finds; this file itself, of size 0, where its member does not answer. */
  async now(caller: Caller): Promise<File> {
    return (await this.#renderings.look(this.#source, this.#name, caller)) ?? this;
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

/** Asks once, and shares the answer. */
export function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}
