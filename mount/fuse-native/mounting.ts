/** Mounts by fuse-native. */
import type Fuse from 'fuse-native';
import { MountError } from '../mounting/mount-error.js';
import { findMounts } from '../mounting/mount-table.js';
import { escapeOption, type MountOptions } from '../mounting/mounting.js';
import { CalledDevice } from './called-device.js';
import { instantiate } from './library.js';
import { Operations } from './operations.js';
import { Requests } from './requests.js';

/** How often we look whether somebody has unmounted it, of which libfuse does not tell. */
const LOOK_EVERY_MS = 1000;

/** (uid_t) -1: the library does not say who makes a call, and it may be somebody else. */
const UNKNOWN_ID = 0xffffffff;

export interface LibraryOptions extends MountOptions {
  /** Milliseconds until a system call that waits is interrupted. */
  readonly timeoutMs: number;
}

/**
 * Mounts on an existing, absolute path.
 * @throws {MountError}
 */
export async function mountByLibrary(
  target: string,
  options: LibraryOptions,
): Promise<CalledDevice> {
  let looking: NodeJS.Timeout | undefined;
  const closed = () => {
    clearInterval(looking);
    fuse.unmount(() => undefined);
  };
  const device = new CalledDevice({
    uid: options.allowOther ? UNKNOWN_ID : (process.getuid?.() ?? UNKNOWN_ID),
    gid: options.allowOther ? UNKNOWN_ID : (process.getgid?.() ?? UNKNOWN_ID),
    timeoutMs: options.timeoutMs,
    closed,
  });
  const operations = new Operations(new Requests(device));
  const fuse = instantiate(target, operations, libfuseOptions(options));
  await mounted(fuse, target);
  const ours = (await findMounts(target)).at(-1);
  // On macOS there is no table.
  if (ours === undefined) return device;
  looking = setInterval(async () => {
    const mounts = await findMounts(target).catch(() => [ours]);
    if (!mounts.some((mount) => mount.device === ours.device)) device.unmounted();
  }, LOOK_EVERY_MS).unref();
  return device;
}

function mounted(fuse: Fuse, target: string): Promise<void> {
  return new Promise((resolve, reject) => {
    fuse.mount((cause) => {
      if (!cause) return resolve();
      // libfuse writes its reason to standard error.
      const message = `fuse-native cannot mount on ${target}: ${cause.message}`;
      reject(new MountError('EPERM', message, undefined, { cause }));
    });
  });
}

function libfuseOptions({ fsname, subtype, allowOther }: MountOptions): readonly string[] {
  return [
    `fsname=${escapeOption(fsname)}`,
    `subtype=${escapeOption(subtype)}`,
    'nosuid',
    'nodev',
    'noatime',
    'default_permissions',
    ...(allowOther ? ['allow_other'] : []),
    // Without it a file of size 0 is never read.
    'direct_io',
    // `>` opens with O_TRUNC instead of truncating before it opens.
    'atomic_o_trunc',
    // unlink(2) of a file that is open is refused as of any other, instead of renamed.
    'hard_remove',
    // The kernel cannot be told of changes, so it is to remember nothing.
    'entry_timeout=0',
    'attr_timeout=0',
    'negative_timeout=0',
    // On Linux a write(2) has 4 KiB without it.
    ...(process.platform === 'linux' ? ['big_writes'] : []),
  ];
}
