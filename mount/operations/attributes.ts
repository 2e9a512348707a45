/** GETATTR, SETATTR and READLINK, and a node's attributes in the kernel's form. */
import { constants } from 'node:os';
import { whenReady } from '../awaitable.js';

import type { Inode } from '../inodes/inode-table.js';
import type { Attributes, Node } from '../node.js';
import { FileType, SetattrValid } from '../wire/constants.js';
import { AttrOut, EntryOut, type SetattrIn } from '../wire/structs.js';
import type { Owner, Run } from './operation.js';

const { EACCES, EINVAL, EISDIR, EPERM } = constants.errno;

const NANOSECONDS = 1_000_000_000n;
/** Seconds that the kernel can still turn into jiffies; as good as for ever. */
const LONGEST_TTL_SECONDS = 0x7fffffff;

export const getattr: Run<Inode, unknown> = ({ owner }, inode, _, caller) =>
  whenReady(inode.node.attributes(caller), (attributes) => attrOut(inode, attributes, owner));

/** Truncation succeeds without an effect, since shells ask for it; so does a change to equal values. */
export const setattr: Run<Inode, SetattrIn> = ({ owner }, inode, change, caller) =>
  whenReady(inode.node.attributes(caller), (attributes) => {
    if (wouldChange(change, attributes, owner)) return EPERM;
    if (change.valid & SetattrValid.SIZE) {
      if (inode.node.kind !== 'file') return EISDIR;
      if (!(attributes.mode & 0o222)) return EACCES;
    }
    return attrOut(inode, attributes, owner);
  });

export const readlink: Run<Inode> = (_, { node }, __, caller) => {
  if (node.kind !== 'symlink') return EINVAL;
  return whenReady(node.readlink(caller), (target) => Buffer.from(target));
};

/** Splits seconds with a fraction into two integers. */
function duration(ttl: number): { seconds: number; nanoseconds: number } {
  const bounded = Math.min(Math.max(ttl, 0), LONGEST_TTL_SECONDS);
  const seconds = Math.floor(bounded);
  return { seconds, nanoseconds: Math.floor((bounded - seconds) * 1e9) };
}

function attr(inode: Inode, attributes: Attributes, owner: Owner) {
  const seconds = Number(attributes.mtime / NANOSECONDS);
  const nanoseconds = Number(attributes.mtime % NANOSECONDS);
  return {
    ino: inode.nodeid,
    size: attributes.size,
    blocks: Math.ceil(attributes.size / 512),
    atime: seconds,
    mtime: seconds,
    ctime: seconds,
    atimensec: nanoseconds,
    mtimensec: nanoseconds,
    ctimensec: nanoseconds,
    mode: FileType[inode.node.kind] | (attributes.mode & 0o7777),
    nlink: 1,
    uid: owner.uid,
    gid: owner.gid,
    blksize: 4096,
  };
}

/**
 * The least number of seconds for which attributes that came with a name are valid: one tick of the
 * kernel's clock. In the next step of the same path the kernel checks the caller's permissions with
 * them, and would otherwise ask for them again.
 */
const ONE_TICK_SECONDS = 1e-6;

/** The values of a struct fuse_entry_out. */
export function entryOut(inode: Inode, attributes: Attributes, owner: Owner): Partial<EntryOut> {
  const name = duration(inode.node.ttl);
  const attributesOf = duration(Math.max(attributesTtl(inode.node), ONE_TICK_SECONDS));
  return {
    nodeid: inode.nodeid,
    entry_valid: name.seconds,
    entry_valid_nsec: name.nanoseconds,
    attr_valid: attributesOf.seconds,
    attr_valid_nsec: attributesOf.nanoseconds,
    ...attr(inode, attributes, owner),
  };
}

/** A struct fuse_entry_out for a name that does not exist; `ttl` in seconds. */
export function absentEntry(ttl: number): Uint8Array {
  const { seconds, nanoseconds } = duration(ttl);
  return EntryOut.encode({ nodeid: 0, entry_valid: seconds, entry_valid_nsec: nanoseconds });
}

/** A struct fuse_attr_out. */
function attrOut(inode: Inode, attributes: Attributes, owner: Owner): Uint8Array {
  const { seconds, nanoseconds } = duration(attributesTtl(inode.node));
  return AttrOut.encode({
    attr_valid: seconds,
    attr_valid_nsec: nanoseconds,
    ...attr(inode, attributes, owner),
  });
}

/** The bits of a mode without effect if only the owner may use the mount. */
const OTHERS = 0o077;

/**
 * Whether a chmod, chown or utimens would change anything. A time of "now", as touch(1) sets it, does
 * not count as a change.
 */
function wouldChange(change: SetattrIn, { mode, mtime }: Attributes, owner: Owner): boolean {
  const { valid } = change;
  const differing = (change.mode ^ mode) & 0o7777 & (owner.allowOther ? ~0 : ~OTHERS);
  const time = (seconds: number, nanoseconds: number) =>
    BigInt(seconds) * NANOSECONDS + BigInt(nanoseconds);
  const { MODE, UID, GID, ATIME, MTIME, ATIME_NOW, MTIME_NOW } = SetattrValid;
  const sets = (what: number, now: number) => (valid & (what | now)) === what;
  return (
    ((valid & MODE) !== 0 && differing !== 0) ||
    ((valid & UID) !== 0 && change.uid !== owner.uid) ||
    ((valid & GID) !== 0 && change.gid !== owner.gid) ||
    (sets(ATIME, ATIME_NOW) && time(change.atime, change.atimensec) !== mtime) ||
    (sets(MTIME, MTIME_NOW) && time(change.mtime, change.mtimensec) !== mtime)
  );
}

function attributesTtl({ ttl, attributesTtl = ttl }: Node): number {
  return attributesTtl;
}
