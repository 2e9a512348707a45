import { CircuitError } from '../base/error.js';
import type { Files, Log, Sink, SinkOptions, Source } from '../kinds/control-file.js';
import type { MessageShare } from '../kinds/message-memory.js';
import type { Registry } from '../kinds/registry.js';
import type { ControlFile, Directory, FileType } from '../kinds/table.js';
import { noMaker } from './control-files.js';

export interface LocalFilesOptions<E> {
  readonly directory: Directory<E>;
  readonly element: E;
  readonly registry: Registry;
  /** `/X…/a`, for sentences. */
  readonly path: string;
  /** Accounts for the messages of the program that opens them. */
  readonly memory: MessageShare;
  /** Ends the element, and removes it. */
  readonly scrub?: () => Promise<void>;
  /** Called once, when they are disposed. */
  readonly disposed?: (() => Promise<void>) | undefined;
}

/** The control files of a member, an anchor or an element of this host: its table, applied to it. */
export class LocalFiles<E> implements Files {
  readonly #options: LocalFilesOptions<E>;
  #isDisposed = false;

  constructor(options: LocalFilesOptions<E>) {
    this.#options = options;
  }

  async value(name: string, signal?: AbortSignal): Promise<string> {
    return await this.#file(name, 'value').value(this.#options.element, signal);
  }

  async command(name: string, text: string, signal?: AbortSignal): Promise<void> {
    const { element, scrub } = this.#options;
    if (name === 'scrub' && scrub) await scrub();
    else await this.#file(name, 'command').run(element, text, signal);
  }

  waits(name: string): boolean {
    const { files } = this.#options.directory;
    const file = Object.hasOwn(files, name) ? files[name] : undefined;
    return isOf(file, 'command') && file.options.waits === true;
  }

  source(name: string): Source {
    const { element, memory } = this.#options;
    return this.#file(name, 'source').open(element, { memory });
  }

  sink(name: string, { append }: SinkOptions = {}): Sink {
    const { element, memory } = this.#options;
    return this.#file(name, 'sink').open(element, { memory, append });
  }

  log(name: string): Log {
    return this.#file(name, 'log').open(this.#options.element);
  }

  /** The element lives on, unless it has an attendant. */
  [Symbol.dispose](): void {
    if (!this.#isDisposed) void this.#options.disposed?.();
    this.#isDisposed = true;
  }

  #file<T extends FileType>(name: string, type: T): Extract<ControlFile<E>, { type: T }> {
    const { files } = this.#options.directory;
    const file = Object.hasOwn(files, name) ? files[name] : undefined;
    if (isOf(file, type)) return file;
    throw this.#noSuch(name, type);
  }

  #noSuch(name: string, type: FileType): CircuitError {
    const { directory, path, registry } = this.#options;
    if (directory.name === 'anchor') return new CircuitError('ENOENT', `${path} has no element`);
    if (registry.madeBy(name)) return noMaker(registry, path, directory.name);
    const files = Object.keys(directory.files);
    const same = files.filter((other) => directory.files[other]?.type === type);
    const others = (same.length > 0 ? same : files).join(', ');
    const noun = registry.nounOf(directory.name);
    const sentence = `${path} is a ${noun}, which has no ${type} ${JSON.stringify(name)}, only ${others}`;
    return new CircuitError('ENOENT', sentence);
  }
}

function isOf<E, T extends FileType>(
  file: ControlFile<E> | undefined,
  type: T,
): file is Extract<ControlFile<E>, { type: T }> {
  return file?.type === type;
}
