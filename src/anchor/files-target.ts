import { RpcTarget } from 'capnweb';
import type { Files } from '../kinds/control-file.js';
import type { FlowControl } from '../transport/flow-control.js';
import { RELAY_TIMEOUT_MS } from '../transport/limits.js';
import { CommandTarget } from './command-target.js';
import { LogTarget } from './log-target.js';
import { SinkTarget } from './sink-target.js';
import { SourceTarget } from './source-target.js';

export interface FilesContext {
  /** Holds back answers to a peer that is slow. */
  readonly flow: FlowControl;
  /**
   * Runs a command that the peer gave, and logs it. Resolves when the mount of this host shows its
   * changes.
   */
  readonly changed: (file: string, text: string, run: () => Promise<void>) => Promise<void>;
  /** Disposed with the files. */
  readonly held?: Disposable | undefined;
}

/**
 * The control files of a member, an anchor or an element, as a peer may call them. They know no kind:
 * a daemon serves also files of which its caller has never heard.
 */
export class FilesTarget extends RpcTarget implements Disposable {
  readonly #files: Files;
  readonly #context: FilesContext;

  constructor(files: Files, context: FilesContext) {
    super();
    this.#files = files;
    this.#context = context;
  }

  value(name: string): Promise<string> {
    return this.#files.value(String(name));
  }

  /** Carries out a command; gives one that may wait for long, which has only begun then. */
  async command(name: string, text: string): Promise<CommandTarget | undefined> {
    const [file, given] = [String(name), String(text)];
    if (this.#files.waits?.(file)) {
      return new CommandTarget((signal) =>
        this.#context.changed(file, given, () => this.#files.command(file, given, signal)),
      );
    }
    // The peer does not wait longer, and a command that is late must not be carried out some day.
    const late = AbortSignal.timeout(RELAY_TIMEOUT_MS);
    await this.#context.changed(file, given, () => this.#files.command(file, given, late));
    return undefined;
  }

  source(name: string): SourceTarget {
    return new SourceTarget(this.#files.source(String(name)), this.#context.flow);
  }

  sink(name: string, append: boolean): SinkTarget {
    return new SinkTarget(this.#files.sink(String(name), { append: append === true }));
  }

  log(name: string): LogTarget {
    return new LogTarget(this.#files.log(String(name)), this.#context.flow);
  }

  [Symbol.dispose](): void {
    this.#context.held?.[Symbol.dispose]();
    this.#files[Symbol.dispose]();
  }
}
