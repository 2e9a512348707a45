/** READDIR and READDIRPLUS. */
import { constants } from 'node:os';
import { isPromise, whenReady } from '../awaitable.js';
import type { Inode, Tree } from '../inodes/tree.js';
import type { Attributes, Awaitable, Caller, Node } from '../node.js';
import type { Answer } from '../requests/answer.js';
import { UNKNOWN_INO } from '../wire/constants.js';
import { DirectoryBuffer } from '../wire/reply.js';
import { direntType, entryOut, type Owner } from './attributes.js';

export interface ReadingRequest {
  /** The cookie of the last entry that the reader has. */
  readonly offset: number;
  /** Bytes for the reply. */
  readonly size: number;
  /** READDIRPLUS: with attributes, where they are at hand. */
  readonly plus: boolean;
}

/** What the readings of one file system share. */
export interface Reader {
  readonly tree: Tree;
  readonly owner: Owner;
  /** Told when the kernel has the whole list of a volatile directory, and takes it for good. */
  readonly listed: (directory: Inode) => void;
}

/** The entries behind `offset`; a reader that begins (0) takes a fresh list. */
export function readDirectory(
  reader: Reader,
  inode: Inode,
  request: ReadingRequest,
  caller: Caller,
): Awaitable<Answer> {
  const { node, listing } = inode;
  if (node.kind !== 'directory') return constants.errno.ENOTDIR;
  if (request.offset > 0 && listing.taken) return fill(reader, inode, request, caller);
  return whenReady(node.list(caller), (entries) => {
    listing.take(entries);
    return fill(reader, inode, request, caller);
  });
}

function fill(
  { tree, owner, listed }: Reader,
  inode: Inode,
  { offset, size, plus }: ReadingRequest,
  caller: Caller,
): Answer {
  const buffer = new DirectoryBuffer(size);
  const counted: number[] = [];
  for (const { name, node, cookie } of inode.listing.after(offset)) {
    const ino = name === '.' ? inode.nodeid : (tree.child(inode, name)?.nodeid ?? UNKNOWN_INO);
    const entry = { ino, off: cookie, type: direntType(node), name };
    if (!plus) {
      if (!buffer.add(entry)) break;
      continue;
    }
    const attributes = node === undefined ? undefined : attributesAtHand(node, caller);
    if (node === undefined || attributes === undefined) {
      if (!buffer.addPlus(entry, undefined)) break;
      continue;
    }
    const child = tree.lookup(inode, name, node);
    const out = entryOut(child, attributes, owner);
    if (!buffer.addPlus({ ...entry, ino: child.nodeid }, out)) {
      tree.forget(child.nodeid, 1);
      break;
    }
    counted.push(child.nodeid);
  }
  return {
    body: buffer.bytes,
    done: (delivered) => {
      if (!delivered) for (const nodeid of counted) tree.forget(nodeid, 1);
      else if (buffer.bytes.length === 0 && isVolatile(inode.node)) listed(inode);
    },
  };
}

function isVolatile(node: Node): boolean {
  return node.kind === 'directory' && node.volatile === true;
}

/**
 * The attributes that can be had at once and be kept. Of other nodes the
 * kernel learns the name alone and asks when somebody wants to know more: a
 * plain `ls` does not wait for other hosts.
 */
function attributesAtHand(node: Node, caller: Caller): Attributes | undefined {
  if (node.ttl <= 0) return undefined;
  try {
    const attributes = node.attributes(caller);
    if (!isPromise(attributes)) return attributes;
    attributes.catch(() => undefined);
    return undefined;
  } catch {
    // Whoever asks for this name alone gets the error.
    return undefined;
  }
}
