/** FUSE_INIT: what this kernel and we agree on. */
import {
  InitFlags,
  InitFlags2,
  KERNEL_MINOR_VERSION,
  KERNEL_VERSION,
  OLDEST_MINOR_VERSION,
} from './constants.js';
import type { ValueOf } from './struct.js';
import { type InitIn, InitOut } from './structs.js';

/** Bytes that one WRITE or READ may bring; the kernel allows 256 pages (FUSE_MAX_MAX_PAGES). */
export const MAX_WRITE = 1 << 20;
const PAGE_SIZE = 4096;

/** Requests that the kernel makes ahead of anybody's need; beyond them it holds back. */
const MAX_BACKGROUND = 64;
const CONGESTION_THRESHOLD = 48;

/**
 * - ATOMIC_O_TRUNC spares `echo >` a SETATTR.
 * - AUTO_INVAL_DATA makes a directory's mtime decide whether its cached entries still hold.
 * - NO_OPENDIR_SUPPORT lets ENOSYS for OPENDIR mean: cache every directory.
 * - Not CACHE_SYMLINKS: the kernel would keep a target as long as the inode,
 *   whatever its attributes say (fs/fuse/inode.c, fuse_change_attributes).
 */
const WANTED =
  InitFlags.ASYNC_READ |
  InitFlags.ATOMIC_O_TRUNC |
  InitFlags.BIG_WRITES |
  InitFlags.AUTO_INVAL_DATA |
  InitFlags.DO_READDIRPLUS |
  InitFlags.READDIRPLUS_AUTO |
  InitFlags.PARALLEL_DIROPS |
  InitFlags.MAX_PAGES |
  InitFlags.NO_OPENDIR_SUPPORT |
  InitFlags.INIT_EXT;

const WANTED2 = InitFlags2.HAS_EXPIRE_ONLY;

export type Negotiation =
  | { readonly outcome: 'agreed'; readonly reply: Uint8Array; readonly expireOnly: boolean }
  /** The kernel speaks a later major version; it will ask again in ours. */
  | { readonly outcome: 'again'; readonly reply: Uint8Array }
  | { readonly outcome: 'refused'; readonly reason: string };

export function negotiate(offer: ValueOf<typeof InitIn>, flags2: number): Negotiation {
  if (offer.major > KERNEL_VERSION) {
    const reply = InitOut.encode({ major: KERNEL_VERSION, minor: KERNEL_MINOR_VERSION });
    return { outcome: 'again', reply };
  }
  if (offer.major < KERNEL_VERSION || offer.minor < OLDEST_MINOR_VERSION) {
    const oldest = `${KERNEL_VERSION}.${OLDEST_MINOR_VERSION}`;
    const reason =
      `The kernel speaks version ${offer.major}.${offer.minor} of the FUSE protocol; ` +
      `${oldest} is needed (Linux 5.4 or later).`;
    return { outcome: 'refused', reason };
  }
  const extended = (offer.flags & InitFlags.INIT_EXT) !== 0;
  const common2 = extended ? flags2 & WANTED2 : 0;
  const reply = InitOut.encode({
    major: KERNEL_VERSION,
    minor: Math.min(offer.minor, KERNEL_MINOR_VERSION),
    max_readahead: offer.max_readahead,
    flags: offer.flags & WANTED,
    max_background: MAX_BACKGROUND,
    congestion_threshold: CONGESTION_THRESHOLD,
    max_write: MAX_WRITE,
    time_gran: 1,
    max_pages: MAX_WRITE / PAGE_SIZE,
    flags2: common2,
  });
  return {
    outcome: 'agreed',
    reply,
    expireOnly: (common2 & InitFlags2.HAS_EXPIRE_ONLY) !== 0,
  };
}
