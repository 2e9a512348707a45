import { RpcTarget } from 'capnweb';
import type { Files } from '../kinds/control-file.js';
import type { Description } from '../kinds/table.js';
import { ATTENDANT_GONE_AFTER_MS, RELAY_TIMEOUT_MS } from '../transport/limits.js';
import { stringsFrom } from './arguments.js';
import type { AnchorEntry, AnchorPath, AnchorView, Member } from './circuit.js';
import { CommandTarget } from './command-target.js';
import { DelegationTarget } from './delegation-target.js';
import { FilesTarget } from './files-target.js';
import { MakingTarget } from './making-target.js';
import { formatPath } from './path.js';
import type { TargetContext } from './target-context.js';

/** A member, as a peer may call it. */
export class MemberTarget extends RpcTarget {
  readonly #member: Member;
  readonly #context: TargetContext;

  constructor(member: Member, context: TargetContext) {
    super();
    this.#member = member;
    this.#context = context;
  }

  async stat(path: AnchorPath): Promise<AnchorEntry> {
    return this.#member.stat(stringsFrom(path));
  }

  async view(path: AnchorPath): Promise<AnchorView> {
    return this.#member.view(stringsFrom(path));
  }

  /** The answers of {@link stat} and {@link view} hold from now on, until the delegation is recalled. */
  delegate(): DelegationTarget {
    return new DelegationTarget(this.#member);
  }

  async mkdir(path: AnchorPath): Promise<AnchorView> {
    const parsed = stringsFrom(path);
    return this.#changed(`mkdir ${this.#show(parsed)}`, () => this.#member.mkdir(parsed));
  }

  /** Has begun to remove an anchor: the end of its element may take long. */
  rmdir(path: AnchorPath): CommandTarget {
    const parsed = stringsFrom(path);
    return new CommandTarget((signal) =>
      this.#changed(`rmdir ${this.#show(parsed)}`, () => this.#member.rmdir(parsed, signal)),
    );
  }

  async describe(directory: string): Promise<Description> {
    const { name, about, files, note } = await this.#member.describe(String(directory));
    const entries = Object.entries(files).map(
      ([file, { type, help, example, json = false }]) =>
        [file, { type, help, json, ...(example !== undefined && { example }) }] as const,
    );
    return { name, about, files: Object.fromEntries(entries), ...(note !== undefined && { note }) };
  }

  async files(path: AnchorPath): Promise<FilesTarget> {
    const parsed = stringsFrom(path);
    const { memory } = this.#context;
    return this.#target(parsed, await this.#member.files(parsed, { memory }));
  }

  /**
   * @param attended The element is hung up when the peer disposes the files, is cut off, or is silent
   *   for too long.
   */
  async make(
    path: AnchorPath,
    file: string,
    text: string,
    attended?: boolean,
  ): Promise<FilesTarget> {
    // The peer does not wait longer, and an element that is late must not be made some day.
    return await this.#make(path, file, text, attended, AbortSignal.timeout(RELAY_TIMEOUT_MS));
  }

  /** As {@link make}, by a maker that may wait without a limit: it has only begun then. */
  async making(
    path: AnchorPath,
    file: string,
    text: string,
    attended?: boolean,
  ): Promise<MakingTarget> {
    return new MakingTarget((signal) => this.#make(path, file, text, attended, signal));
  }

  async #make(
    path: AnchorPath,
    file: string,
    text: string,
    attended: boolean | undefined,
    signal: AbortSignal,
  ): Promise<FilesTarget> {
    const parsed = stringsFrom(path);
    const [maker, given] = [String(file), String(text)];
    const { memory, whenSilent } = this.#context;
    const options = { signal, memory, attended: attended === true };
    const files = await this.#command(parsed, maker, given, () =>
      this.#member.make(parsed, maker, given, options),
    );
    const hangUp = () => files[Symbol.dispose]();
    const held = options.attended ? whenSilent(hangUp, ATTENDANT_GONE_AFTER_MS) : undefined;
    return this.#target(parsed, files, held);
  }

  #target(path: AnchorPath, files: Files, held?: Disposable): FilesTarget {
    return new FilesTarget(files, {
      flow: this.#context.flow,
      held,
      changed: (file, text, run) => this.#command(path, file, text, run),
    });
  }

  #command<T>(path: AnchorPath, file: string, text: string, run: () => Promise<T>): Promise<T> {
    const shown = this.#context.registry.shown(file, text);
    return this.#changed(`${this.#show(path)}/${file} ${shown}`.trimEnd(), run);
  }

  #show(path: AnchorPath): string {
    return formatPath(this.#member.name, path);
  }

  /** Logs a change, and resolves when the mount of this host shows it. */
  async #changed<T>(what: string, run: () => Promise<T>): Promise<T> {
    const { log, who, published } = this.#context;
    const result = await log.operation(who(), what, run);
    await published();
    return result;
  }
}
