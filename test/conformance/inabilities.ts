/** What libfuse 2 and the package fuse-native cannot do, whatever a file system says: facts of the host, not of a case. */
import type { Case, Inability } from './case.js';

type Cannot = NonNullable<Case['cannot']>;

function fuseNative(reason: string, fails: RegExp, sometimes = false): Cannot {
  const inability: Inability = { reason, fails, sometimes };
  return { 'fuse-native': inability };
}

export const NO_POLL = fuseNative(
  'its binding has no poll: every file is always ready',
  /True, and not False|\[.+\], and not \[\]|BlockingIOError/,
);

export const SEEKABLE = fuseNative(
  'libfuse 2 cannot open a stream: it looks seekable',
  /'ok', and not 'ESPIPE'|AssertionError/,
);

export const NO_TIMES = fuseNative(
  'its binding does not tell which times are to be set: all succeed, without effect',
  /'ok', and not 'EPERM'/,
);

export const FLAGS_AT_OPEN = fuseNative(
  'libfuse tells the flags of open(2) only, none that fcntl(2) sets later',
  /TimeoutError/,
);

export const NO_INTERRUPT = fuseNative(
  'its binding cannot interrupt: a read is answered after --fuse-timeout',
  /never at once/,
);

export const NO_ABANDON = fuseNative(
  'its binding does not tell who closes a file: a killed sender has ended its message',
  /'ok', and not 'EIO'/,
);

export const NO_ABANDON_IN_TIME = fuseNative(
  'its binding does not tell who closes a file: a killed sender may have ended its message',
  /AssertionError: \d+/,
  true,
);
