import type { MemberName } from '../base/address.js';
import { CircuitError, errorMessage, interrupted } from '../base/error.js';
import { interruptible, within } from '../base/interruptible.js';
import type { Files } from '../kinds/control-file.js';
import type { MemberState } from '../kinds/member/kind.js';
import { MessageMemory, type MessageShare } from '../kinds/message-memory.js';
import { REGISTRY, type Registry } from '../kinds/registry.js';
import type { Description, Host, Kind, Place, StartOptionValues } from '../kinds/table.js';
import { HANG_UP_GRACE_MS } from '../transport/limits.js';
import { AnchorTree } from './anchor-tree.js';
import { BegunKinds } from './begun-kinds.js';
import type {
  AnchorEntry,
  AnchorPath,
  AnchorView,
  FilesOpener,
  MakeOptions,
  Member,
} from './circuit.js';
import { Delegations } from './delegations.js';
import { elementHost } from './element-host.js';
import { removeAtLast } from './late-removal.js';
import { LocalFiles, type LocalFilesOptions } from './local-files.js';
import { type MemberStateOptions, memberState } from './member-state.js';
import { formatPath } from './path.js';
import { Placed } from './placed.js';

export interface LocalMemberOptions extends MemberStateOptions {
  /** The kinds of element that it makes. */
  readonly registry?: Registry;
}

type Opened<E> = Pick<LocalFilesOptions<E>, 'directory' | 'element' | 'scrub' | 'disposed'>;

/** How long a maker that fails waits for the scrub of its element, which may hang in the kernel. */
const DISCARD_TIMEOUT_MS = 1_000;

/** How long an element may take beyond its grace: many containers are removed at once. */
const LAST_MS = 8_000;

/** How long the end of what a kind has begun may take, after its elements have ended. */
const END_TIMEOUT_MS = 2_000;

/** The member that this process is. */
export class LocalMember implements Member {
  readonly suspected = false;
  readonly #options: LocalMemberOptions;
  readonly #state: MemberState;
  readonly #registry: Registry;
  readonly #delegations = new Delegations();
  readonly #anchors: AnchorTree<Placed>;
  readonly #host: Host;
  readonly #begun: BegunKinds;
  /** The memory of the messages in its channels. */
  readonly messages = new MessageMemory();
  readonly #ownMemory = this.messages.ofHost();
  /** The daemon ends. */
  #ending = false;
  /** Elements that are being made, and what breaks that off. */
  readonly #making = new Map<Promise<Placed>, AbortController>();

  constructor(options: LocalMemberOptions) {
    this.#options = options;
    this.#state = memberState(options);
    this.#registry = options.registry ?? REGISTRY;
    this.#anchors = new AnchorTree(this.name, this.#registry);
    this.#host = elementHost(options.membership, options.log);
    this.#begun = new BegunKinds(this.#host);
  }

  get name(): MemberName {
    return this.#options.membership.self.name;
  }

  async stat(path: AnchorPath): Promise<AnchorEntry> {
    return this.#anchors.stat(path);
  }

  async view(path: AnchorPath): Promise<AnchorView> {
    return this.#anchors.view(path);
  }

  known(path: AnchorPath): AnchorEntry | undefined {
    return this.#anchors.get(path);
  }

  /** How many anchors there are. */
  get anchorCount(): number {
    return this.#anchors.size;
  }

  delegate(recall: () => Promise<void>): Disposable {
    return this.#delegations.add(recall);
  }

  watch(path: AnchorPath, listener: (name: string, gone: boolean) => void): Disposable {
    return this.#anchors.watch(path, listener);
  }

  async mkdir(path: AnchorPath): Promise<AnchorView> {
    return await this.#delegations.change(() => this.#anchors.mkdir(path));
  }

  async rmdir(path: AnchorPath): Promise<void> {
    const placed = this.#anchors.checkRemovable(path);
    // First, since what it stands for would be nobody's where this fails.
    await placed?.element.scrub();
    await this.#delegations.change(() => this.#anchors.rmdir(path, placed));
  }

  describe(directory: string): Description {
    const description = this.#registry.describe(directory);
    if (!description) throw new CircuitError('ENOENT', `there is no kind ${directory}`);
    return description;
  }

  async files(path: AnchorPath, { memory }: FilesOpener = {}): Promise<Files> {
    const { member, anchor } = this.#registry;
    const isMember = path.length === 0;
    if (isMember) return this.#opened(path, memory, { directory: member, element: this.#state });
    const placed = this.#anchors.element(path);
    if (placed) return this.#filesOf(path, placed, memory);
    const make = async (kind: Kind, text: string, signal?: AbortSignal) => {
      await this.#make(path, kind, text, signal);
    };
    return this.#opened(path, memory, { directory: anchor, element: { make } });
  }

  async make(
    path: AnchorPath,
    file: string,
    text: string,
    { signal, memory, attended }: MakeOptions = {},
  ): Promise<Files> {
    const kind = this.#registry.madeBy(file);
    if (!kind) {
      const makers = this.#registry.kinds.map((each) => each.make.file).join(', ');
      const sentence = `no file ${JSON.stringify(file)} makes an element, only ${makers}`;
      throw new CircuitError('ENOENT', sentence);
    }
    const placed = await this.#make(path, kind, text, signal);
    const disposed = attended ? () => this.#hangUp(path, placed) : undefined;
    return this.#filesOf(path, placed, memory, disposed);
  }

  /**
   * Begins the kinds that have something to begin with the daemon. Waits for nothing.
   * @param options The options of kinds that the daemon was started with.
   */
  begin(options: StartOptionValues = new Map()): void {
    for (const kind of this.#registry.kinds) {
      this.#begun.begin(kind, options.get(kind.name), (path, element) =>
        this.#attach(path, new Placed(kind, element)),
      );
    }
  }

  /**
   * Ends every element in order, within so many milliseconds, and then what the kinds have begun. No
   * element is made any more.
   */
  async terminate(graceMs: number): Promise<void> {
    this.#ending = true;
    for (const ending of this.#making.values()) ending.abort();
    await Promise.allSettled([
      ...this.#making.keys(),
      ...this.#anchors.elements().map((each) => this.#terminate(each, graceMs)),
    ]);
    await this.#begun.end(END_TIMEOUT_MS);
  }

  /** Ends an element in order; one that does not end is left, and logged. */
  async #terminate({ path, element }: { path: AnchorPath; element: Placed }, graceMs: number) {
    const late = () => new Error(`it has not ended within ${(graceMs + LAST_MS) / 1000} s`);
    try {
      const ended = element.element.terminate?.(graceMs);
      if (ended) await within(ended, graceMs + LAST_MS, late);
    } catch (error) {
      const anchor = formatPath(this.name, path);
      this.#options.log.event(`${anchor} stays behind: ${errorMessage(error)}`);
    }
  }

  async #make(
    path: AnchorPath,
    kind: Kind,
    text: string,
    signal: AbortSignal | undefined,
  ): Promise<Placed> {
    const ending = new AbortController();
    const either = AbortSignal.any([ending.signal, ...(signal ? [signal] : [])]);
    const making = this.#makeUnless(path, kind, text, either);
    this.#making.set(making, ending);
    try {
      return await making;
    } finally {
      this.#making.delete(making);
    }
  }

  async #makeUnless(
    path: AnchorPath,
    kind: Kind,
    text: string,
    signal: AbortSignal,
  ): Promise<Placed> {
    const make = kind.make.parse(text);
    this.#anchors.checkFree(path, kind.name);
    this.#checkGoingOn();
    let placed: Placed;
    try {
      placed = new Placed(kind, await make(await this.#placeOf(path, kind, signal), signal));
    } catch (error) {
      this.#checkGoingOn();
      throw error;
    }
    try {
      await this.#attach(path, placed);
    } catch (error) {
      // Somebody else was quicker, or the daemon ends.
      const scrubbed = placed.element.scrub();
      await within(scrubbed, DISCARD_TIMEOUT_MS, interrupted()).catch(() => undefined);
      throw error;
    }
    return placed;
  }

  /** @throws CircuitError EINTR, and as what the kind begins */
  async #placeOf(path: AnchorPath, kind: Kind, signal: AbortSignal): Promise<Place> {
    const begun = this.#begun.of(kind.name);
    return { host: this.#host, path, begun: begun && (await interruptible(begun, signal)) };
  }

  /** Puts an element on its anchor. @throws CircuitError as {@link AnchorTree.attach}, EHOSTUNREACH */
  #attach(path: AnchorPath, placed: Placed): Promise<void> {
    return this.#delegations.change(() => {
      this.#checkGoingOn();
      this.#anchors.attach(path, placed);
      placed.element.placed?.(() => void this.#removeAtLast(path, placed));
    });
  }

  #filesOf(
    path: AnchorPath,
    placed: Placed,
    memory?: MessageShare,
    disposed?: () => Promise<void>,
  ): Files {
    const scrub = () => this.#remove(path, placed);
    return this.#opened(path, memory, { ...placed, scrub, disposed });
  }

  #opened<E>(path: AnchorPath, memory = this.#ownMemory, opened: Opened<E>): Files {
    const registry = this.#registry;
    return new LocalFiles({ ...opened, registry, memory, path: formatPath(this.name, path) });
  }

  async #remove(path: AnchorPath, placed: Placed): Promise<void> {
    if (!this.#anchors.has(path, placed)) {
      throw new CircuitError('ENOENT', `${formatPath(this.name, path)} has been scrubbed already`);
    }
    await placed.element.scrub();
    await this.#delegations.change(() => this.#anchors.detach(path, placed));
  }

  /** Removes an element that goes by itself, as by `"Scrub": true`. */
  #removeAtLast(path: AnchorPath, placed: Placed): Promise<void> {
    return removeAtLast(formatPath(this.name, path), this.#options.log, async () => {
      // It was scrubbed, or terminate() ends it.
      if (this.#ending || !this.#anchors.has(path, placed)) return false;
      await this.#remove(path, placed);
      return true;
    });
  }

  /** An element has lost its attendant. */
  async #hangUp(path: AnchorPath, placed: Placed): Promise<void> {
    // It was scrubbed, or terminate() ends it.
    if (this.#ending || !this.#anchors.has(path, placed)) return;
    const { log } = this.#options;
    const anchor = formatPath(this.name, path);
    log.event(
      `${anchor} has lost its exec; its group gets HUP, and after ${HANG_UP_GRACE_MS / 1000} s KILL`,
    );
    try {
      await placed.element.terminate?.(HANG_UP_GRACE_MS, 'SIGHUP');
      await this.#remove(path, placed);
      log.event(`${anchor} was removed`);
    } catch (error) {
      log.event(`${anchor} was not removed: ${errorMessage(error)}`);
    }
  }

  #checkGoingOn(): void {
    if (this.#ending) throw new CircuitError('EHOSTUNREACH', `${this.name} is ending`);
  }
}
