/** READDIR and READDIRPLUS. */
import { constants } from 'node:os';
import { isPromise, whenReady } from '../awaitable.js';
import type { Answer } from '../conversation/replies.js';
import type { Inode } from '../inodes/inode-table.js';
import { Listing } from '../inodes/listing.js';
import type { Attributes, Caller, Node } from '../node.js';
import { FileType, UNKNOWN_INO } from '../wire/constants.js';
import { DirectoryBuffer } from '../wire/directory-buffer.js';
import type { ReadIn } from '../wire/structs.js';
import { entryOut } from './attributes.js';
import type { Run, Server } from './operation.js';

const { ENOTDIR } = constants.errno;

/** The names alone. */
export const readdir = reading(false);

/** The names, with attributes where they are at hand. */
export const readdirplus = reading(true);

/** Gives the entries behind the cookie `offset`. A reader that begins (0) gets a fresh list. */
function reading(plus: boolean): Run<Inode, ReadIn> {
  return (server, inode, args, caller) => {
    const { node, listing } = inode;
    if (node.kind !== 'directory') return ENOTDIR;
    if (args.offset > 0 && listing) return fill(server, inode, listing, args, plus, caller);
    const known = inode.watch ? [] : [...inode.children.values()];
    return whenReady(node.list(caller), (entries) => {
      inode.listing ??= new Listing();
      inode.listing.take(entries);
      dropGone(server, inode, known);
      return fill(server, inode, inode.listing, args, plus, caller);
    });
  };
}

/**
 * Drops entries that were known before the listing, and are not in it. Where nobody reports what has
 * gone, the kernel would keep it, and all below, until it lacks memory.
 */
function dropGone(
  { inodes, notifications }: Server,
  directory: Inode,
  known: readonly Inode[],
): void {
  if (known.length === 0) return;
  const names = directory.listing?.names;
  for (const inode of known) {
    const { name } = inode;
    if (names?.has(name) || directory.children.get(name) !== inode) continue;
    inodes.remove(directory, name);
    notifications.entry(directory, name, true);
  }
}

function fill(
  { inodes, owner, notifications }: Server,
  inode: Inode,
  listing: Listing,
  { offset, size }: ReadIn,
  plus: boolean,
  caller: Caller,
): Answer {
  const buffer = new DirectoryBuffer(size, plus);
  const counted: number[] = [];
  for (const { name, node, cookie } of listing.after(offset)) {
    const known = name === '.' ? inode : inode.children.get(name);
    const ino = known?.nodeid ?? UNKNOWN_INO;
    const entry = { ino, off: cookie, type: FileType[node?.kind ?? 'directory'] >> 12, name };
    const attributes = plus && node ? attributesAtHand(node, caller) : undefined;
    if (node === undefined || attributes === undefined) {
      if (!buffer.add(entry)) break;
      continue;
    }
    const child = inodes.lookup(inode, name, node);
    if (!buffer.add({ ...entry, ino: child.nodeid }, entryOut(child, attributes, owner))) {
      inodes.forget(child.nodeid, 1);
      break;
    }
    counted.push(child.nodeid);
  }
  const isVolatile = inode.node.kind === 'directory' && inode.node.volatile;
  return {
    body: buffer.bytes,
    done: (delivered) => {
      if (!delivered) for (const nodeid of counted) inodes.forget(nodeid, 1);
      // The kernel caches the complete list now. With the attributes gone it compares the mtime.
      else if (buffer.bytes.length === 0 && isVolatile) notifications.attributes(inode);
    },
  };
}

/**
 * The attributes, if the node gives them at once and the kernel may keep them. Of other nodes the
 * kernel learns the name alone, and asks when a program needs more: a plain `ls` waits for no node.
 */
function attributesAtHand(node: Node, caller: Caller): Attributes | undefined {
  if (node.ttl <= 0) return undefined;
  try {
    const attributes = node.attributes(caller);
    if (!isPromise(attributes)) return attributes;
    attributes.catch(() => undefined);
  } catch {
    // A lookup of this name alone gets the error.
  }
  return undefined;
}
