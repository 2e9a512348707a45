/**
 * Neither libfuse 2 nor the package fuse-native can do these, whatever a file system says. Each pattern is
 * the one assertion that fails.
 */
import type { Case, Inability } from './case.js';

type Cannot = NonNullable<Case['cannot']>;

function fuseNative(reason: string, fails: RegExp, sometimes = false): Cannot {
  const inability: Inability = { reason, fails, sometimes };
  return { 'fuse-native': inability };
}

const ALWAYS_READY = 'its binding has no poll: every file is always ready';

/** For a case that asks whether one file is ready. */
export const NO_POLL = fuseNative(ALWAYS_READY, /: True, and not False\n$/);

/** For a case that asks which files are ready. */
export const NO_POLL_OF_MANY = fuseNative(ALWAYS_READY, /: \[.+\], and not \[\]\n$/);

const LOOKS_SEEKABLE = 'libfuse 2 cannot open a stream: it looks seekable';

export const SEEKABLE = fuseNative(LOOKS_SEEKABLE, /: 'ok', and not 'ESPIPE'\n$/);

/** For a call that the kernel refuses next, of a file that has positions. */
export const SEEKABLE_ELSE_REFUSED = fuseNative(LOOKS_SEEKABLE, /: 'ENOTSUP', and not 'ESPIPE'\n$/);

export const NO_SHARED_MAPPING = fuseNative(
  'it serves each value past the page cache, so that no mapping can share it',
  /: 'ENODEV', and not 'ok'\n$/,
);

export const NO_TIMES = fuseNative(
  'its binding does not tell which times are to be set: all succeed, without effect',
  /: 'ok', and not 'EPERM'\n$/,
);

export const FLAGS_AT_OPEN = fuseNative(
  'libfuse tells the flags of open(2) only, none that fcntl(2) sets later',
  /: the read waits\n$/,
);

export const NO_INTERRUPT = fuseNative(
  'its binding cannot interrupt: a read is answered after --fuse-timeout',
  /: never at once\n$/,
);

export const NO_ABANDON = fuseNative(
  'its binding does not tell who closes a file: a killed sender has ended its message',
  /: 'ok', and not 'EIO'\n$/,
);

export const NO_ABANDON_IN_TIME = fuseNative(
  'its binding does not tell who closes a file: a killed sender may have ended its message',
  /AssertionError: \d+\n$/,
  true,
);
