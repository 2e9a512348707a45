/** The two ways to mount and to get the kernel's requests. */
import { loadFailure } from '../native/index.js';
import { loadLibrary } from './fuse-native/library.js';
import { mountByLibrary } from './fuse-native/mounting.js';
import { MountError } from './mounting/mount-error.js';
import { type MountOptions, mountFuse } from './mounting/mounting.js';
import { type Device, FuseDevice } from './wire/device.js';

/**
 * - `native`: our own addon, which reads /dev/fuse.
 * - `fuse-native`: libfuse, by the npm package of that name. It cannot interrupt a system call.
 */
export type HostName = 'native' | 'fuse-native';

/** `auto`: the addon where it can be loaded, else the package. */
export type HostChoice = HostName | 'auto';

/** Seconds until a system call that waits is interrupted, where the host cannot tell of signals. */
export const TIMEOUT_S = 10;

export interface HostOptions extends MountOptions {
  readonly timeoutS?: number | undefined;
}

/** @throws {MountError} ENOEXEC: what is wanted cannot be loaded; the sentence says what helps. */
export function chooseHost(choice: HostChoice = 'auto'): HostName {
  if (choice === 'fuse-native') {
    loadLibrary();
    return choice;
  }
  if (loadFailure === undefined) return 'native';
  const { message } = loadFailure;
  if (choice === 'native') throw new MountError('ENOEXEC', message, undefined);
  try {
    loadLibrary();
    return 'fuse-native';
  } catch (error) {
    const other = error instanceof Error ? error.message : String(error);
    throw new MountError('ENOEXEC', `${message}; ${other}`, undefined, { cause: error });
  }
}

/**
 * Mounts on an existing, absolute path.
 * @throws {MountError}
 */
export async function openDevice(
  host: HostName,
  target: string,
  { timeoutS = TIMEOUT_S, ...options }: HostOptions,
): Promise<Device> {
  if (host === 'native') return new FuseDevice(await mountFuse(target, options));
  return await mountByLibrary(target, { ...options, timeoutMs: timeoutS * 1000 });
}
