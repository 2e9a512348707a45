/**
 * The inodes that the kernel knows, each with its name.
 *
 * - A nodeid is never used twice, so its generation is always 0.
 * - The kernel holds a reference for each reply that names an inode, and returns references with
 *   FORGET. An inode lives until its count is 0.
 * - An inode has one directory and one name: the kernel refuses two dentries of one directory
 *   (fs/fuse/dir.c, fuse_lookup).
 */
import type { Directory, Node } from '../node.js';
import { ROOT_ID } from '../wire/constants.js';
import type { Listing } from './listing.js';

/** A file, directory or symbolic link, as the kernel knows it. */
export class Inode {
  /** References that the kernel holds. */
  lookups = 0;
  /** Handles open for writing; kept by the table of open files. */
  writers = 0;
  /** Requests about this directory that wait for an answer; kept by the connection. */
  waiting = 0;
  /** The entries of a directory in the order of readdir(3); undefined until it is listed. */
  listing: Listing | undefined;
  /** The inodes that bear the names in a directory now. */
  readonly children = new Map<string, Inode>();
  watch: Disposable | undefined;

  /**
   * @param parent Undefined for the root.
   * @param node Answers for the inode: the last node with this kind and id that a lookup gave.
   */
  constructor(
    readonly nodeid: number,
    readonly name: string,
    readonly parent: Inode | undefined,
    public node: Node,
  ) {}
}

/** Called when an entry of a known directory came or went. `child`: the inode that bears the name. */
export type EntryChanged = (directory: Inode, name: string, gone: boolean, child?: Inode) => void;

export class InodeTable {
  readonly root: Inode;
  readonly #inodes = new Map<number, Inode>();
  readonly #changed: EntryChanged;
  #lastNodeid = ROOT_ID;

  /** Watches `root` until {@link dispose}. */
  constructor(root: Directory, changed: EntryChanged) {
    this.#changed = changed;
    this.root = new Inode(ROOT_ID, '', undefined, root);
    this.#inodes.set(ROOT_ID, this.root);
    this.#watch(this.root);
  }

  /** How many the kernel knows, the root among them. */
  get size(): number {
    return this.#inodes.size;
  }

  get(nodeid: number): Inode | undefined {
    return this.#inodes.get(nodeid);
  }

  /**
   * Finds the inode for a node that a directory has just given under a name, and counts one more
   * reference of the kernel. If the known inode has the same kind and id, it is kept and answers
   * through the new node, whose state is fresher. Otherwise a new inode takes the name; the old one
   * remains reachable by its nodeid until it is forgotten.
   *
   * A file that is open for writing gets a new inode, too, if its ttl is 0: write(2), and open(2) with
   * O_TRUNC, take the kernel's lock on the inode and wait for it uninterruptibly. If writers shared an
   * inode, no signal could interrupt the second one while the first one blocks.
   */
  lookup(parent: Inode, name: string, node: Node): Inode {
    const known = parent.children.get(name);
    if (known !== undefined && isSame(known.node, node) && !needsItsOwn(known)) {
      if (known.node !== node) this.#replaceNode(known, node);
      known.lookups += 1;
      return known;
    }
    this.#lastNodeid += 1;
    const inode = new Inode(this.#lastNodeid, name, parent, node);
    inode.lookups = 1;
    this.#watch(inode);
    this.#inodes.set(inode.nodeid, inode);
    parent.children.set(name, inode);
    return inode;
  }

  /** The kernel returns `count` references. */
  forget(nodeid: number, count: number): void {
    const inode = this.#inodes.get(nodeid);
    if (inode === undefined || nodeid === ROOT_ID) return;
    inode.lookups = Math.max(0, inode.lookups - count);
    if (inode.lookups > 0) return;
    this.#inodes.delete(nodeid);
    this.#detach(inode);
    inode.watch?.[Symbol.dispose]();
  }

  /** A name was removed. The next node of this name becomes another inode. */
  remove(parent: Inode, name: string): void {
    const child = parent.children.get(name);
    if (child !== undefined) this.#detach(child);
    parent.listing?.remove(name);
  }

  /** Ends all watches. `onError` receives what they throw. */
  dispose(onError: (error: unknown) => void): void {
    for (const inode of this.#inodes.values()) {
      try {
        inode.watch?.[Symbol.dispose]();
      } catch (error) {
        onError(error);
      }
    }
    this.#inodes.clear();
  }

  #replaceNode(inode: Inode, node: Node): void {
    const previous = inode.watch;
    inode.node = node;
    this.#watch(inode);
    previous?.[Symbol.dispose]();
  }

  #detach(inode: Inode): void {
    if (inode.parent?.children.get(inode.name) === inode) inode.parent.children.delete(inode.name);
  }

  #watch(inode: Inode): void {
    const { node } = inode;
    if (node.kind !== 'directory') return;
    inode.watch = node.watch?.((name, gone) => {
      const child = inode.children.get(name);
      if (gone) this.remove(inode, name);
      this.#changed(inode, name, gone, child);
    });
  }
}

function isSame(one: Node, other: Node): boolean {
  return one === other || (one.kind === other.kind && one.id === other.id);
}

function needsItsOwn(inode: Inode): boolean {
  return inode.writers > 0 && inode.node.ttl === 0;
}
