/** READDIR, READDIRPLUS and READLINK. */
import { constants } from 'node:os';
import { isPromise, whenReady } from '../awaitable.js';
import type { Answer } from '../conversation/replies.js';
import type { Inode } from '../inodes/inode-table.js';
import { Listing } from '../inodes/listing.js';
import type { Attributes, Awaitable, Caller, Node } from '../node.js';
import { UNKNOWN_INO } from '../wire/constants.js';
import { DirectoryBuffer } from '../wire/reply.js';
import type { ValueOf } from '../wire/struct.js';
import type { ReadIn } from '../wire/structs.js';
import { direntType, entryOut } from './attributes.js';
import type { Server } from './server.js';

const { EINVAL, ENOTDIR } = constants.errno;

type Reading = Pick<ValueOf<typeof ReadIn>, 'offset' | 'size'>;

export function readlink(_: Server, { node }: Inode, __: unknown, caller: Caller) {
  if (node.kind !== 'symlink') return EINVAL;
  return whenReady(node.readlink(caller), (target) => Buffer.from(target));
}

/**
 * The entries behind the cookie `offset`; a reader that begins (0) takes a fresh list.
 * @param plus With attributes, where they are at hand.
 */
export function readdir(plus: boolean) {
  return (server: Server, inode: Inode, args: Reading, caller: Caller): Awaitable<Answer> => {
    const { node, listing } = inode;
    if (node.kind !== 'directory') return ENOTDIR;
    if (args.offset > 0 && listing) return fill(server, inode, listing, args, plus, caller);
    return whenReady(node.list(caller), (entries) => {
      inode.listing ??= new Listing();
      inode.listing.take(entries);
      return fill(server, inode, inode.listing, args, plus, caller);
    });
  };
}

function fill(
  { inodes, owner, notifications }: Server,
  inode: Inode,
  listing: Listing,
  { offset, size }: Reading,
  plus: boolean,
  caller: Caller,
): Answer {
  const buffer = new DirectoryBuffer(size, plus);
  const counted: number[] = [];
  for (const { name, node, cookie } of listing.after(offset)) {
    const known = name === '.' ? inode : inode.children.get(name);
    const entry = { ino: known?.nodeid ?? UNKNOWN_INO, off: cookie, type: direntType(node), name };
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
  return {
    body: buffer.bytes,
    done: (delivered) => {
      if (!delivered) for (const nodeid of counted) inodes.forget(nodeid, 1);
      // The kernel has the whole list now, and would keep that of a volatile directory, too.
      else if (buffer.bytes.length === 0 && isVolatile(inode.node)) notifications.attributes(inode);
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
