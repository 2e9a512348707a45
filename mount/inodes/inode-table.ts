/**
 * The inodes that the kernel knows, each with the name by which it was found.
 *
 * - A nodeid is never used twice, so its generation is always 0.
 * - The kernel counts every reply that names an inode and gives the count back
 *   with FORGET; an inode lives until its count is 0.
 * - An inode belongs to a directory and a name, never to two: the kernel
 *   refuses two dentries of one directory (fs/fuse/dir.c, fuse_lookup).
 */
import type { Directory, Node } from '../node.js';
import { ROOT_ID } from '../wire/constants.js';
import type { Listing } from './listing.js';

/** What the kernel means by a nodeid. */
export class Inode {
  /** How many references the kernel holds. */
  lookups = 0;
  /** Handles open for writing; kept by the table of open files. */
  writers = 0;
  /** Requests about this directory that wait for an answer; kept by the connection. */
  waiting = 0;
  /** The entries of a directory as readdir(3) sees them, once it has been read. */
  listing: Listing | undefined;
  /** The inodes by which the kernel knows the names of a directory now. */
  readonly children = new Map<string, Inode>();
  watch: Disposable | undefined;

  /**
   * @param parent Undefined for the root.
   * @param node The object that answers for it: of those equal in kind and id, the one looked up last.
   */
  constructor(
    readonly nodeid: number,
    readonly name: string,
    readonly parent: Inode | undefined,
    public node: Node,
  ) {}
}

/** Told when an entry of a directory known to the kernel came or went; `child` is the one it knows. */
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

  get(nodeid: number): Inode | undefined {
    return this.#inodes.get(nodeid);
  }

  /**
   * The inode for what a directory has just given under a name, with one more
   * reference held by the kernel. The known inode is kept where the node is the
   * same one (kind and id); it then answers through the new object, which for a
   * remote node has the fresher state. Otherwise a new inode takes the name,
   * and the old one remains reachable by its nodeid until it is forgotten.
   *
   * A file that is open for writing gets a new inode too, if its ttl is 0:
   * write(2) and open(2) with O_TRUNC take the kernel's lock on the inode and
   * wait for it uninterruptibly, so a writer that blocks here would make the
   * next one, in the kernel, immune to signals.
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

  /** The kernel gives `count` references back. */
  forget(nodeid: number, count: number): void {
    const inode = this.#inodes.get(nodeid);
    if (inode === undefined || nodeid === ROOT_ID) return;
    inode.lookups = Math.max(0, inode.lookups - count);
    if (inode.lookups > 0) return;
    this.#inodes.delete(nodeid);
    this.#detach(inode);
    inode.watch?.[Symbol.dispose]();
  }

  /** A name was removed: what comes under it next is another inode. */
  remove(parent: Inode, name: string): void {
    const child = parent.children.get(name);
    if (child !== undefined) this.#detach(child);
    parent.listing?.remove(name);
  }

  /** Ends every watch; hands on what they throw. */
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
