import { codeOf } from '../../mount/errno.js';
import type { Attributes, Awaitable, Caller, Directory, File, Node } from '../../mount/node.js';
import type { AnchorEntry, AnchorView, ElementKind } from '../anchor/circuit.js';
import { controlFiles, ELEMENT_KINDS, noSuchFile } from '../anchor/control-files.js';
import { STATIC_TTL } from './control.js';
import { anchorFiles } from './element.js';
import { look } from './look.js';
import { operate, type Place, pathOf } from './operation.js';
import { ValueFile } from './value.js';

/** The control files of a directory, by name. */
export type ControlFiles = ReadonlyMap<string, File>;

/** An anchor: its control files and its sub-anchors. */
export class AnchorDirectory implements Directory {
  readonly kind = 'directory';
  readonly id: number;
  readonly ttl: number;
  readonly negativeTtl: number;
  readonly watch?: (changed: (name: string, gone: boolean) => void) => Disposable;
  readonly volatile: boolean;
  readonly #place: Place;
  /** A member's files; an anchor's depend on its element. */
  readonly #memberFiles: ControlFiles | undefined;
  readonly #filesByKind = new Map<ElementKind | undefined, ControlFiles>();
  /** What was seen when this anchor was looked up: good for the attributes in the same answer. */
  #seen: AnchorEntry | undefined;
  #lastChange: bigint;
  #listings = 0n;

  /**
   * @param seen What is known of the anchor by now.
   * @param memberFiles The control files, if it is a member.
   */
  constructor(place: Place, seen: AnchorEntry, memberFiles?: ControlFiles) {
    const { member, path } = place;
    const watch = member.watch?.bind(member, path);
    this.#place = place;
    this.#memberFiles = memberFiles;
    this.#seen = memberFiles ? undefined : seen;
    this.#lastChange = seen.changed;
    this.id = seen.id;
    // Another member's anchors can change without our knowledge; that it is a
    // member we do know, so that listing the members does not ask each of them.
    this.volatile = !watch && memberFiles !== undefined;
    this.ttl = watch || this.volatile ? STATIC_TTL : 0;
    this.negativeTtl = watch ? STATIC_TTL : 0;
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
    this.#lastChange = view.changed;
    this.#listings += 1n;
    return this.#entries(view);
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
    const { member, path } = this.#place;
    return operate(this.#place, caller, `open ${pathOf(this.#child(name))}`, async () => {
      const kind = this.#memberFiles ? 'member' : (await member.stat(path, caller.signal)).kind;
      throw noSuchFile(name, pathOf(this.#place), kind);
    });
  }

  /** The control files, then the sub-anchors. */
  *#entries(view: AnchorView): Iterable<readonly [string, Node]> {
    yield* this.#files(view.kind);
    for (const anchor of view.anchors) {
      yield [anchor.name, new AnchorDirectory(this.#child(anchor.name), anchor)];
    }
  }

  /** What is known under a name without asking the member. */
  #known(name: string): Node | undefined {
    const { member, path } = this.#place;
    const self = ANY_FILE.has(name) ? member.known(path) : undefined;
    const files = this.#memberFiles ?? (self && this.#files(self.kind));
    const file = files?.get(name);
    if (file) return file;
    const child = this.#child(name);
    const known = member.known(child.path);
    return known && new AnchorDirectory(child, known);
  }

  /** That there is no such name is to be heard from the member itself. */
  async #ask(name: string, caller: Caller): Promise<Node | undefined> {
    const { member, path } = this.#place;
    if (!this.#memberFiles && ANY_FILE.has(name)) {
      const file = this.#files((await member.stat(path, caller.signal)).kind).get(name);
      if (file) return await asItIsNow(file, caller);
    }
    const child = this.#child(name);
    try {
      return new AnchorDirectory(child, await member.stat(child.path, caller.signal));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** As they were last, where the member does not answer soon: a shell's prompt may be what asks. */
  async #askAttributes(caller: Caller): Promise<Attributes> {
    const { member, path } = this.#place;
    const entry = await look(member, () => member.stat(path, caller.signal));
    this.#lastChange = entry?.changed ?? this.#lastChange;
    return attributesAt(this.#lastChange);
  }

  #files(kind: ElementKind | undefined): ControlFiles {
    const known = this.#memberFiles ?? this.#filesByKind.get(kind);
    if (known) return known;
    const files = anchorFiles(this.#place, kind);
    this.#filesByKind.set(kind, files);
    return files;
  }

  #child(name: string): Place {
    return { ...this.#place, path: [...this.#place.path, name] };
  }
}

/** Names that are a control file in some anchor: others need not be looked for there. */
const ANY_FILE: ReadonlySet<string> = new Set(
  [undefined, ...ELEMENT_KINDS].flatMap((kind) => [...controlFiles(kind)]),
);

function asItIsNow(node: Node, caller: Caller): Awaitable<Node> {
  return node instanceof ValueFile ? node.now(caller) : node;
}

function attributesAt(mtime: bigint): Attributes {
  return { mode: 0o755, size: 0, mtime };
}
