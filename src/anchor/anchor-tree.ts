import { CircuitError } from '../error.js';
import type { AnchorEntry, AnchorPath, AnchorView } from './circuit.js';
import { ANCHOR_FILES, checkAnchorName, MEMBER_FILES } from './control-files.js';

/** How many anchors one member holds. */
const MAX_ANCHORS = 100_000;

type Listener = (name: string, gone: boolean) => void;

/** The anchors that live on this member. No I/O. */
export class AnchorTree {
  readonly #root: Anchor;
  #lastId = 0;
  #lastChange = 0n;
  #count = 0;

  constructor() {
    this.#root = this.#newAnchor();
  }

  view(path: AnchorPath): AnchorView {
    const anchor = this.#find(path);
    const anchors = [...anchor.children].map(([name, child]) => ({ name, ...entry(child) }));
    return { ...entry(anchor), anchors };
  }

  mkdir(path: AnchorPath): AnchorView {
    const { parent, name } = this.#split(path);
    checkAnchorName(name, parent === this.#root ? MEMBER_FILES : ANCHOR_FILES);
    if (parent.children.has(name)) {
      throw new CircuitError('EEXIST', `there is an anchor ${name} already`);
    }
    if (this.#count >= MAX_ANCHORS) {
      throw new CircuitError('EAGAIN', `this member holds ${MAX_ANCHORS} anchors; remove some`);
    }
    const anchor = this.#newAnchor();
    parent.children.set(name, anchor);
    this.#count += 1;
    this.#touch(parent, name, false);
    return { ...entry(anchor), anchors: [] };
  }

  rmdir(path: AnchorPath): void {
    const { parent, name } = this.#split(path);
    const anchor = child(parent, name);
    if (anchor.children.size > 0) {
      throw new CircuitError('ENOTEMPTY', `${name} has sub-anchors; remove them first`);
    }
    parent.children.delete(name);
    this.#count -= 1;
    this.#touch(parent, name, true);
  }

  /** Tells of sub-anchors of `path` that come and go, while that anchor lives. */
  watch(path: AnchorPath, listener: Listener): Disposable {
    const { listeners } = this.#find(path);
    listeners.add(listener);
    return { [Symbol.dispose]: () => listeners.delete(listener) };
  }

  #find(path: AnchorPath): Anchor {
    return path.reduce(child, this.#root);
  }

  #split(path: AnchorPath): { parent: Anchor; name: string } {
    const name = path.at(-1);
    if (name === undefined) {
      throw new CircuitError('EPERM', 'members come by joining and go by leaving');
    }
    return { parent: this.#find(path.slice(0, -1)), name };
  }

  #newAnchor(): Anchor {
    this.#lastId += 1;
    return {
      id: this.#lastId,
      changed: this.#now(),
      children: new Map(),
      listeners: new Set(),
    };
  }

  #touch(anchor: Anchor, name: string, gone: boolean): void {
    anchor.changed = this.#now();
    for (const listener of anchor.listeners) listener(name, gone);
  }

  /** Differs each time: the kernel compares it to know whether its copy of a listing is good. */
  #now(): bigint {
    const now = BigInt(Date.now()) * 1_000_000n;
    this.#lastChange = now > this.#lastChange ? now : this.#lastChange + 1n;
    return this.#lastChange;
  }
}

interface Anchor {
  readonly id: number;
  changed: bigint;
  readonly children: Map<string, Anchor>;
  readonly listeners: Set<Listener>;
}

function child(parent: Anchor, name: string): Anchor {
  const found = parent.children.get(name);
  if (!found) throw new CircuitError('ENOENT', `there is no anchor ${name}`);
  return found;
}

function entry({ id, changed }: Anchor): AnchorEntry {
  return { id, changed };
}
