import { CircuitError } from '../base/error.js';
import { Listeners } from '../base/listeners.js';
import { TimeStamps } from '../base/time-stamps.js';
import type { Registry } from '../kinds/registry.js';
import type { AnchorEntry, AnchorPath, AnchorView } from './circuit.js';
import { checkAnchorName, elementExists, memberIsNoElement } from './control-files.js';
import { formatPath } from './path.js';

/** How many anchors one member holds, and how many one of them: a listing is one message. */
const MAX_ANCHORS = 100_000;
const MAX_SIBLINGS = 20_000;

type Listener = (name: string, gone: boolean) => void;

/** The anchors that live on this member. No I/O. */
export class AnchorTree<E extends Element> {
  readonly #member: string;
  readonly #registry: Registry;
  readonly #root: Anchor<E>;
  #lastId = 0;
  readonly #stamps = new TimeStamps();
  #count = 0;

  /**
   * @param member The member's name: error sentences show whole paths.
   * @param registry Tells the names of the control files.
   */
  constructor(member: string, registry: Registry) {
    this.#member = member;
    this.#registry = registry;
    this.#root = this.#newAnchor();
  }

  get size(): number {
    return this.#count;
  }

  /** @throws CircuitError ENOENT */
  stat(path: AnchorPath): AnchorEntry {
    return entry(this.#find(path));
  }

  /** The anchor at `path`, or `undefined` if there is none. */
  get(path: AnchorPath): AnchorEntry | undefined {
    const { anchor, missing } = this.#reach(path);
    return missing.length > 0 ? undefined : entry(anchor);
  }

  /** The anchor with its sub-anchors. @throws CircuitError ENOENT */
  view(path: AnchorPath): AnchorView {
    const anchor = this.#find(path);
    const anchors = [...anchor.children].map(([name, child]) => ({ name, ...entry(child) }));
    return { ...entry(anchor), anchors };
  }

  /**
   * @throws CircuitError ENOENT (the parent), EPERM (a member), EEXIST; EINVAL, ENAMETOOLONG, EAGAIN:
   *   the name cannot be one, or there are too many anchors
   */
  mkdir(path: AnchorPath): AnchorView {
    const { parent, name } = this.#split(path);
    if (parent.children.has(name)) {
      throw new CircuitError('EEXIST', `there is an anchor ${this.#show(path)} already`);
    }
    this.#checkNew(parent, path, 1);
    const anchor = this.#add(parent, name);
    anchor.made = true;
    return { ...entry(anchor), anchors: [] };
  }

  /**
   * Whether an anchor could be removed now.
   * @returns Its ended element, which goes with it, if it has one.
   * @throws CircuitError ENOENT, EPERM (a member), ENOTEMPTY, EBUSY (a live element)
   */
  checkRemovable(path: AnchorPath): E | undefined {
    this.#split(path);
    const anchor = this.#find(path);
    if (anchor.children.size > 0) {
      const sentence = `${this.#show(path)} has sub-anchors; remove them first`;
      throw new CircuitError('ENOTEMPTY', sentence);
    }
    if (anchor.element?.alive) {
      const noun = this.#registry.nounOf(anchor.element.kind);
      const sentence = `${this.#show(path)} has a live ${noun}; scrub it first`;
      throw new CircuitError('EBUSY', sentence);
    }
    return anchor.element;
  }

  /**
   * @param ended The element that goes with it, as {@link checkRemovable} gave it.
   * @throws CircuitError as {@link checkRemovable}; EBUSY: another element has come
   */
  rmdir(path: AnchorPath, ended?: E): void {
    const { parent, name } = this.#split(path);
    const element = this.checkRemovable(path);
    if (element && element !== ended) {
      const noun = this.#registry.nounOf(element.kind);
      throw new CircuitError(
        'EBUSY',
        `${this.#show(path)} has another ${noun} now; scrub it first`,
      );
    }
    this.#remove(parent, name);
  }

  /**
   * Whether an element of this kind could be put there now.
   * @throws CircuitError as {@link attach}
   */
  checkFree(path: AnchorPath, kind: string): void {
    if (path.length === 0) throw memberIsNoElement(this.#show(path));
    const { anchor, missing } = this.#reach(path);
    if (missing.length > 0) {
      this.#checkNew(anchor, path, missing.length);
      return;
    }
    if (anchor.element) {
      throw elementExists(this.#registry, this.#show(path), anchor.element.kind);
    }
    const hidden = this.#registry.fileNames(kind).find((file) => anchor.children.has(file));
    if (hidden) {
      const sentence = `the sub-anchor ${this.#show([...path, hidden])} would be hidden by a control file`;
      throw new CircuitError('EEXIST', sentence);
    }
  }

  /**
   * Puts an element on the anchor at `path`, and makes the anchors on the way.
   * @throws CircuitError EEXIST: it has one, or an anchor bears the name of a control file;
   *   EINVAL, ENAMETOOLONG, EAGAIN: a name cannot be one, or there are too many anchors
   */
  attach(path: AnchorPath, element: E): void {
    this.checkFree(path, element.kind);
    const anchor = path.reduce(
      (parent, name) => parent.children.get(name) ?? this.#add(parent, name),
      this.#root,
    );
    this.#change(anchor, element);
  }

  /** The element at `path`, if it has one. @throws CircuitError ENOENT: there is no anchor */
  element(path: AnchorPath): E | undefined {
    return this.#find(path).element;
  }

  /** Takes the element away, and the anchors that were there for it alone. It is not scrubbed. */
  detach(path: AnchorPath, element: E): void {
    if (!this.has(path, element)) return;
    this.#change(this.#reach(path).anchor, undefined);
    for (let depth = path.length; depth > 0; depth -= 1) {
      const above = path.slice(0, depth);
      const { made, element: other, children } = this.#find(above);
      if (made || other || children.size > 0) return;
      const { parent, name } = this.#split(above);
      this.#remove(parent, name);
    }
  }

  /** Whether this is the element at `path`. */
  has(path: AnchorPath, element: E): boolean {
    const { anchor, missing } = this.#reach(path);
    return missing.length === 0 && anchor.element === element;
  }

  /** Every element there is, with its path. */
  elements(): { path: AnchorPath; element: E }[] {
    const below = (anchor: Anchor<E>, path: AnchorPath): { path: AnchorPath; element: E }[] => [
      ...(anchor.element ? [{ path, element: anchor.element }] : []),
      ...[...anchor.children].flatMap(([name, child]) => below(child, [...path, name])),
    ];
    return below(this.#root, []);
  }

  /** Tells of sub-anchors and control files of `path` that come and go. @throws CircuitError ENOENT */
  watch(path: AnchorPath, listener: Listener): Disposable {
    return this.#find(path).listeners.add(listener);
  }

  #show(path: AnchorPath): string {
    return formatPath(this.#member, path);
  }

  /** The last anchor on a path that is there, and the names of those that are not. */
  #reach(path: AnchorPath): { anchor: Anchor<E>; missing: AnchorPath } {
    let anchor = this.#root;
    for (const [depth, name] of path.entries()) {
      const next = anchor.children.get(name);
      if (!next) return { anchor, missing: path.slice(depth) };
      anchor = next;
    }
    return { anchor, missing: [] };
  }

  #find(path: AnchorPath): Anchor<E> {
    const { anchor, missing } = this.#reach(path);
    if (missing.length === 0) return anchor;
    const first = path.slice(0, path.length - missing.length + 1);
    throw new CircuitError('ENOENT', `there is no anchor ${this.#show(first)}`);
  }

  #split(path: AnchorPath): { parent: Anchor<E>; name: string } {
    const name = path.at(-1);
    if (name === undefined) {
      throw new CircuitError(
        'EPERM',
        `${this.#show(path)} is a member: members come by joining and go by leaving`,
      );
    }
    return { parent: this.#find(path.slice(0, -1)), name };
  }

  #change(anchor: Anchor<E>, element: E | undefined): void {
    const before = this.#registry.fileNames(directoryOf(anchor));
    const after = this.#registry.fileNames(element?.kind ?? 'anchor');
    anchor.element = element;
    for (const file of before) if (!after.includes(file)) this.#touch(anchor, file, true);
    for (const file of after) if (!before.includes(file)) this.#touch(anchor, file, false);
  }

  /** Whether the last `count` anchors of a path could be added, of which `parent` has the first. */
  #checkNew(parent: Anchor<E>, path: AnchorPath, count: number): void {
    const there = path.length - count;
    for (const [depth, name] of path.entries()) {
      if (depth < there) continue;
      const isRoot = depth === there && parent === this.#root;
      const directory = depth > there ? 'anchor' : isRoot ? 'member' : directoryOf(parent);
      checkAnchorName(this.#registry, name, this.#show(path.slice(0, depth)), directory);
    }
    const isFull = parent.children.size >= MAX_SIBLINGS;
    if (isFull || this.#count + count > MAX_ANCHORS) {
      const limits = `${MAX_SIBLINGS} in one directory, ${MAX_ANCHORS} on a member`;
      throw new CircuitError(
        'EAGAIN',
        `no room for the anchor ${this.#show(path)} (${limits}); remove some`,
      );
    }
  }

  #add(parent: Anchor<E>, name: string): Anchor<E> {
    const anchor = this.#newAnchor();
    parent.children.set(name, anchor);
    this.#count += 1;
    this.#touch(parent, name, false);
    return anchor;
  }

  #remove(parent: Anchor<E>, name: string): void {
    parent.children.delete(name);
    this.#count -= 1;
    this.#touch(parent, name, true);
  }

  #newAnchor(): Anchor<E> {
    this.#lastId += 1;
    return {
      id: this.#lastId,
      changed: this.#stamps.next(),
      made: false,
      element: undefined,
      children: new Map(),
      listeners: new Listeners(),
    };
  }

  #touch(anchor: Anchor<E>, name: string, gone: boolean): void {
    anchor.changed = this.#stamps.next();
    anchor.listeners.tell(name, gone);
  }
}

/** An element, as far as the tree needs to know it. */
export interface Element {
  readonly kind: string;
  /** Whether rmdir would end something. */
  readonly alive: boolean;
}

interface Anchor<E> {
  readonly id: number;
  changed: bigint;
  /** By mkdir: it stays when it is empty. */
  made: boolean;
  element: E | undefined;
  readonly children: Map<string, Anchor<E>>;
  readonly listeners: Listeners<[name: string, gone: boolean]>;
}

/** The name of an anchor's table of files; the member itself has another. */
function directoryOf<E extends Element>({ element }: Anchor<E>): string {
  return element?.kind ?? 'anchor';
}

function entry<E extends Element>({ id, changed, element }: Anchor<E>): AnchorEntry {
  return element ? { id, changed, kind: element.kind } : { id, changed };
}
