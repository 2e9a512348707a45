/** Mounts and unmounts: root by mount(2), other users through `fusermount3`. */
import * as native from '../../native/index.js';
import {
  CONTAINER,
  DEVICE_SENTENCES,
  explain,
  MOUNT_SENTENCES,
  MountError,
} from './mount-error.js';
import { findMounts } from './mount-table.js';
import { run } from './program.js';

export interface MountOptions {
  /** The first column of mount(8) and df(1). */
  readonly fsname: string;
  /** The file system's type is `fuse.` and this. */
  readonly subtype: string;
  /** Whether other users may use the mount, as far as the modes of the files allow. By default not. */
  readonly allowOther?: boolean;
}

const { nosuid, nodev, noatime } = native.MountFlags;

/**
 * Mounts a file system on an existing, absolute path.
 *
 * @returns The descriptor of /dev/fuse.
 * @throws {MountError} EACCES or EPERM: not allowed. ENOENT: no /dev/fuse, or no fusermount3.
 *   ENODEV: the kernel has no FUSE.
 */
export async function mountFuse(target: string, options: MountOptions): Promise<number> {
  return process.geteuid?.() === 0
    ? mountAsRoot(target, options)
    : await mountByFusermount(target, options);
}

/**
 * Takes a mount of this type out of the directory tree. Programs that still use it keep it. It is no
 * error if nothing is mounted. Does not touch the mount itself.
 *
 * @param device The `major:minor` of the mount; without it, the topmost is meant.
 * @throws {MountError} EBUSY: another mount covers it. EPERM: fusermount3 refuses.
 */
export async function detachMount(target: string, type: string, device?: string): Promise<void> {
  const mounts = await findMounts(target);
  const topmost = mounts.at(-1);
  const meant = device === undefined ? topmost : mounts.find((one) => one.device === device);
  if (meant?.type !== type) return;
  if (meant !== topmost) {
    throw new MountError('EBUSY', `another file system is mounted over it on ${target}`, target);
  }
  if (process.geteuid?.() !== 0) await fusermount(['-u', '-z', '--', target]);
  else if (native.loadFailure) await umount(target);
  else native.unmount(target, native.MNT_DETACH);
}

function mountAsRoot(target: string, options: MountOptions): number {
  const fd = openDevice();
  const data = [
    `fd=${fd}`,
    'rootmode=40000',
    `user_id=${process.getuid?.() ?? 0}`,
    `group_id=${process.getgid?.() ?? 0}`,
    ...permissions(options),
  ].join();
  try {
    const { fsname, subtype } = options;
    native.mount(fsname, target, `fuse.${subtype}`, nosuid | nodev | noatime, data);
  } catch (error) {
    native.close(fd);
    throw explain(error, MOUNT_SENTENCES);
  }
  return fd;
}

function openDevice(): number {
  try {
    return native.open();
  } catch (error) {
    throw explain(error, DEVICE_SENTENCES);
  }
}

async function mountByFusermount(target: string, options: MountOptions): Promise<number> {
  // fusermount3 opens the device as this user, too, but its complaint says less than ours.
  native.close(openDevice());
  const data = [
    `fsname=${escapeOption(options.fsname)}`,
    `subtype=${escapeOption(options.subtype)}`,
    'nosuid',
    'nodev',
    'noatime',
    ...permissions(options),
  ].join();
  const [ours, theirs] = native.socketpair();
  try {
    await fusermount(['-o', data, '--', target], theirs).finally(() => native.close(theirs));
    return native.receiveDescriptor(ours);
  } finally {
    native.close(ours);
  }
}

function permissions({ allowOther }: MountOptions): readonly string[] {
  return ['default_permissions', ...(allowOther ? ['allow_other'] : [])];
}

/** Runs fusermount3, which sends the descriptor through `socket`. */
async function fusermount(args: readonly string[], socket?: number): Promise<void> {
  const { status, complaint } = await run('fusermount3', args, socket).ended.catch((error) => {
    const missing = { ENOENT: 'mounting without root needs fusermount3: install fuse3' };
    throw explain(error, missing);
  });
  if (status === 0) return;
  // The setuid bit lets it mount; PR_SET_NO_NEW_PRIVS and a nosuid file system disable that bit.
  const help = /not permitted/i.test(complaint)
    ? `; it must be setuid root, and not be under no_new_privs; ${CONTAINER}`
    : '';
  const sentence = `${complaint || 'fusermount3 failed without saying why'}${help}`;
  throw new MountError('EPERM', sentence, undefined);
}

/** For root, where our addon cannot be loaded. */
async function umount(target: string): Promise<void> {
  const { status, complaint } = await run('umount', ['-l', '--', target]).ended.catch((error) => {
    throw explain(error, { ENOENT: 'there is no umount(8): install the package mount' });
  });
  if (status !== 0)
    throw new MountError('EPERM', complaint || `umount ended with ${status}`, target);
}

/** Commas separate options, so a comma in a value is escaped (libfuse, lib/fuse_opt.c). */
export function escapeOption(value: string): string {
  return value.replace(/[\\,]/g, '\\$&');
}
