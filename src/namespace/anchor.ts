import { whenReady } from '../../mount/awaitable.js';
import { codeOf } from '../../mount/errno.js';
import type { Attributes, Awaitable, Caller, Directory, Node } from '../../mount/node.js';
import type { AnchorEntry, AnchorView } from '../anchor/circuit.js';
import { noSuchFile } from '../anchor/control-files.js';
import { STATIC_TTL_S } from './control.js';
import { type ControlFiles, controlFiles } from './control-files.js';
import { look } from './look.js';
import { operate, type Place, pathOf } from './operation.js';
import { ValueFile } from './value.js';

/** A member or an anchor: its control files and its sub-anchors. */
export class AnchorDirectory implements Directory {
  readonly kind = 'directory';
  readonly id: number;
  readonly ttl: number;
  readonly negativeTtl: number;
  readonly watch?: (changed: (name: string, gone: boolean) => void) => Disposable;
  readonly volatile: boolean;
  readonly #place: Place;
  readonly #isMember: boolean;
  readonly #filesByDirectory = new Map<string, ControlFiles>();
  /** The answer to the lookup of this anchor: good for the attributes in the same reply. */
  #seen: AnchorEntry | undefined;
  #lastChange: bigint;
  #listings = 0n;

  /** @param seen The anchor, as its member has just told of it. */
  constructor(place: Place, seen: AnchorEntry) {
    const { member, path } = place;
    const watch = member.watch?.bind(member, path);
    this.#place = place;
    this.#isMember = path.length === 0;
    this.#seen = this.#isMember ? undefined : seen;
    this.#lastChange = seen.changed;
    this.id = seen.id;
    // Another member's anchors can change without our knowledge. The list of members is our own:
    // listing them does not ask each of them.
    this.volatile = !watch && this.#isMember;
    this.ttl = watch || this.volatile ? STATIC_TTL_S : 0;
    this.negativeTtl = watch ? STATIC_TTL_S : 0;
    if (watch) this.watch = watch;
  }

  attributes(caller: Caller): Awaitable<Attributes> {
    if (this.volatile) return attributesAt(this.#lastChange + this.#listings);
    const { member, path } = this.#place;
    const seen = this.#seen ?? member.known(path);
    this.#seen = undefined;
    return seen ? attributesAt(seen.changed) : this.#askAttributes(caller);
  }

  lookup(name: string, caller: Caller): Node | Promise<Node | undefined> {
    const known = this.#known(name);
    return known ? asItIsNow(known, caller) : this.#ask(name, caller);
  }

  async list(caller: Caller): Promise<Iterable<readonly [string, Node]>> {
    const { member, path } = this.#place;
    const view = await member.view(path, caller.signal);
    const files = await this.#files(view, caller);
    this.#lastChange = view.changed;
    this.#listings += 1n;
    return this.#entries(files, view);
  }

  mkdir(name: string, caller: Caller): Promise<Directory> {
    const child = this.#child(name);
    return operate(this.#place, caller, `mkdir ${pathOf(child)}`, async () => {
      return new AnchorDirectory(child, await child.member.mkdir(child.path, caller.signal));
    });
  }

  rmdir(name: string, caller: Caller): Promise<void> {
    const child = this.#child(name);
    return operate(this.#place, caller, `rmdir ${pathOf(child)}`, () =>
      child.member.rmdir(child.path, caller.signal),
    );
  }

  create(name: string, caller: Caller): Promise<never> {
    const { member, path, context } = this.#place;
    return operate(this.#place, caller, `open ${pathOf(this.#child(name))}`, async () => {
      const entry = this.#isMember ? {} : await member.stat(path, caller.signal);
      throw noSuchFile(context.registry, name, pathOf(this.#place), this.#directory(entry));
    });
  }

  /** The control files, then the sub-anchors. */
  *#entries(files: ControlFiles, view: AnchorView): Iterable<readonly [string, Node]> {
    yield* files;
    for (const anchor of view.anchors) {
      yield [anchor.name, new AnchorDirectory(this.#child(anchor.name), anchor)];
    }
  }

  /** The node of this name, if it is known without asking the member. */
  #known(name: string): Node | undefined {
    const { member, path } = this.#place;
    const self = this.#isMember ? {} : member.known(path);
    const files = self && this.#files(self);
    // A kind that is not known here is asked for elsewhere.
    if (files instanceof Promise) files.catch(() => {});
    else if (files?.has(name)) return files.get(name);
    const child = this.#child(name);
    const known = member.known(child.path);
    return known && new AnchorDirectory(child, known);
  }

  /** Asks the member, which alone knows that there is no such name. */
  async #ask(name: string, caller: Caller): Promise<Node | undefined> {
    const { member, path } = this.#place;
    const child = this.#child(name);
    const asked = member.stat(child.path, caller.signal).catch((error) => {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    });
    // Both are answered in one round trip.
    const self = this.#isMember ? {} : member.stat(path, caller.signal);
    const [entry, seen] = await Promise.all([asked, self]);
    const file = (await this.#files(seen, caller)).get(name);
    if (file) return await asItIsNow(file, caller);
    return entry && new AnchorDirectory(child, entry);
  }

  /** The last ones, if the member does not answer soon: a shell's prompt may be the one that asks. */
  async #askAttributes(caller: Caller): Promise<Attributes> {
    const { member, path } = this.#place;
    const entry = await look(member, () => member.stat(path, caller.signal));
    this.#lastChange = entry?.changed ?? this.#lastChange;
    return attributesAt(this.#lastChange);
  }

  #files(entry: Pick<AnchorEntry, 'kind'>, caller?: Caller): Awaitable<ControlFiles> {
    const directory = this.#directory(entry);
    const known = this.#filesByDirectory.get(directory);
    if (known) return known;
    return whenReady(this.#place.member.describe(directory, caller?.signal), (description) => {
      const files = controlFiles(this.#place, description);
      this.#filesByDirectory.set(directory, files);
      return files;
    });
  }

  /** The name of its table of control files. */
  #directory({ kind }: Pick<AnchorEntry, 'kind'>): string {
    return this.#isMember ? 'member' : (kind ?? 'anchor');
  }

  #child(name: string): Place {
    return { ...this.#place, path: [...this.#place.path, name] };
  }
}

function asItIsNow(node: Node, caller: Caller): Awaitable<Node> {
  return node instanceof ValueFile ? node.now(caller) : node;
}

function attributesAt(mtime: bigint): Attributes {
  return { mode: 0o755, size: 0, mtime };
}
