import type { MemberName } from '../base/address.js';
import { CircuitError, errorCode } from '../base/error.js';
import { within } from '../base/interruptible.js';
import type { Files, Log, Sink, SinkOptions, Source } from '../kinds/control-file.js';
import type { MemberPeek } from '../kinds/member/kind.js';
import { jsonText } from '../kinds/table.js';

interface ListedMemberOptions {
  /** The member's files, or why it cannot be reached. */
  readonly files: Files | CircuitError;
  readonly name: MemberName;
  /** What this daemon knows of it; nothing once it has gone. */
  readonly listed: () => MemberPeek | undefined;
  /** How long the member is given to tell more of itself. */
  readonly timeoutMs: number;
}

/**
 * Another member's own files. Its `peek` tells what this daemon knows of it, also while it cannot be
 * reached, and what it tells of itself, if it does.
 */
export class ListedMemberFiles implements Files {
  readonly #options: ListedMemberOptions;

  constructor(options: ListedMemberOptions) {
    this.#options = options;
  }

  async value(name: string, signal?: AbortSignal): Promise<string> {
    return name === 'peek' ? await this.#peek(signal) : await this.#files.value(name, signal);
  }

  async command(name: string, text: string, signal?: AbortSignal): Promise<void> {
    await this.#files.command(name, text, signal);
  }

  source(name: string): Source {
    return this.#files.source(name);
  }

  sink(name: string, options?: SinkOptions): Sink {
    return this.#files.sink(name, options);
  }

  log(name: string): Log {
    return this.#files.log(name);
  }

  [Symbol.dispose](): void {
    const { files } = this.#options;
    if (!(files instanceof CircuitError)) files[Symbol.dispose]();
  }

  get #files(): Files {
    const { files } = this.#options;
    if (files instanceof CircuitError) throw files;
    return files;
  }

  async #peek(signal: AbortSignal | undefined): Promise<string> {
    const { name, listed } = this.#options;
    const told = await this.#told(signal);
    const known = listed();
    if (!known) throw new CircuitError('ENOENT', `${name} is not in the network any more`);
    return `${jsonText({ ...known, ...told, State: known.State, Since: known.Since })}\n`;
  }

  async #told(signal: AbortSignal | undefined): Promise<Partial<MemberPeek>> {
    const { timeoutMs } = this.#options;
    try {
      const late = new CircuitError('EHOSTUNREACH', 'no answer in time');
      return JSON.parse(await within(this.#files.value('peek', signal), timeoutMs, late));
    } catch (error) {
      if (errorCode(error) !== 'EHOSTUNREACH') throw error;
      return {};
    }
  }
}
