/** FUSE_INIT: the kernel offers a version and flags, and we choose among them. */
import { errorWith } from '../errno.js';
import {
  HAS_EXPIRE_ONLY,
  InitFlags,
  KERNEL_MINOR_VERSION,
  KERNEL_VERSION,
  OLDEST_MINOR_VERSION,
} from './constants.js';
import type { Init } from './request.js';
import { InitOut } from './structs.js';

/** Bytes that one WRITE or READ may bring; the kernel allows 256 pages (FUSE_MAX_MAX_PAGES). */
export const MAX_WRITE = 1 << 20;
const PAGE_SIZE = 4096;

/** Requests that the kernel makes in the background (readahead, RELEASE) before it holds back. */
const MAX_BACKGROUND = 64;
const CONGESTION_THRESHOLD = 48;

/** All flags that {@link InitFlags} names; the kernel's offer limits them. */
const WANTED = Object.values(InitFlags).reduce((all, flag) => all | flag, 0);

export interface Agreement {
  readonly reply: Uint8Array;
  /** False if the kernel speaks a later major version: it asks again, in ours. */
  readonly agreed: boolean;
  /** Whether the kernel knows FUSE_EXPIRE_ONLY. */
  readonly expireOnly: boolean;
}

/** @throws EPROTO if the kernel is too old. */
export function negotiate(offer: Init): Agreement {
  if (offer.major > KERNEL_VERSION) {
    const reply = InitOut.encode({ major: KERNEL_VERSION, minor: KERNEL_MINOR_VERSION });
    return { reply, agreed: false, expireOnly: false };
  }
  if (offer.major < KERNEL_VERSION || offer.minor < OLDEST_MINOR_VERSION) {
    const spoken = `version ${offer.major}.${offer.minor} of the FUSE protocol`;
    const oldest = `${KERNEL_VERSION}.${OLDEST_MINOR_VERSION}`;
    const sentence = `The kernel speaks ${spoken}; ${oldest} is needed (Linux 5.4 or later).`;
    throw errorWith('EPROTO', sentence);
  }
  const extended = (offer.flags & InitFlags.INIT_EXT) !== 0;
  const flags2 = extended ? offer.flags2 & HAS_EXPIRE_ONLY : 0;
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
    flags2,
  });
  return { reply, agreed: true, expireOnly: flags2 !== 0 };
}
