import type { AnchorEntry, AnchorView } from '../../src/anchor/circuit.js';
import type { Attributes, Caller, Directory, File, Node } from '../node.js';
import { ConstantFile, STATIC_TTL, ValueFile } from './control.js';
import { ANCHOR_HELP } from './help.js';
import { operate, type Place, pathOf } from './operation.js';

/** An anchor: its control files and its sub-anchors. */
export class AnchorDirectory implements Directory {
  readonly kind = 'directory';
  readonly id: number;
  readonly ttl: number;
  readonly negativeTtl: number;
  readonly watch?: (changed: (name: string, gone: boolean) => void) => Disposable;
  readonly volatile: boolean;
  readonly #place: Place;
  readonly #files: ReadonlyMap<string, File>;
  /** What was seen when this anchor was looked up: good for one answer. */
  #seen: AnchorEntry | undefined;
  #lastChange: bigint;
  #listings = 0n;

  /** @param seen What is known of the anchor by now. */
  constructor(place: Place, seen: AnchorEntry, files = anchorFiles(place)) {
    const { member, path } = place;
    const watch = member.watch?.bind(member, path);
    this.#place = place;
    this.#files = files;
    this.#seen = path.length > 0 ? seen : undefined;
    this.#lastChange = seen.changed;
    this.id = seen.id;
    // Another member's anchors can change without our knowledge; that it is a
    // member we do know, so that listing the members does not ask each of them.
    this.volatile = !watch && path.length === 0;
    this.ttl = watch || this.volatile ? STATIC_TTL : 0;
    this.negativeTtl = watch ? STATIC_TTL : 0;
    if (watch) this.watch = watch;
  }

  async attributes(caller: Caller): Promise<Attributes> {
    const { member, path } = this.#place;
    if (this.volatile) return attributesAt(this.#lastChange + this.#listings);
    const entry = this.#seen ?? (await member.view(path, caller.signal));
    this.#seen = undefined;
    return attributesAt(entry.changed);
  }

  lookup(name: string, caller: Caller): Node | Promise<Node | undefined> {
    return this.#files.get(name) ?? this.#lookupAnchor(name, caller);
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

  /** The control files, then the sub-anchors. */
  *#entries(view: AnchorView): Iterable<readonly [string, Node]> {
    yield* this.#files;
    for (const anchor of view.anchors) {
      yield [anchor.name, new AnchorDirectory(this.#child(anchor.name), anchor)];
    }
  }

  async #lookupAnchor(name: string, caller: Caller): Promise<Node | undefined> {
    const child = this.#child(name);
    try {
      return new AnchorDirectory(child, await child.member.view(child.path, caller.signal));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  #child(name: string): Place {
    return { ...this.#place, path: [...this.#place.path, name] };
  }
}

function attributesAt(mtime: bigint): Attributes {
  return { mode: 0o755, size: 0, mtime };
}

function anchorFiles(place: Place): ReadonlyMap<string, File> {
  return new Map<string, File>([
    ['error', new ValueFile(() => place.context.failures.reason(pathOf(place)))],
    ['help', new ConstantFile(0o444, () => ANCHOR_HELP)],
  ]);
}
