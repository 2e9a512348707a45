/** Why a file system cannot be mounted, with what would help. */
import { codeOf } from '../errno.js';

export class MountError extends Error {
  override readonly name = 'MountError';

  /** @param mountpoint The directory that is at fault; undefined where the host or the user is. */
  constructor(
    readonly code: string,
    message: string,
    readonly mountpoint: string | undefined,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const LOAD = "load the kernel's module (modprobe fuse)";

/** A container lacks these; the options are Docker's and Podman's. */
export const CONTAINER = 'a container needs --device /dev/fuse --cap-add SYS_ADMIN';

/** EPERM comes from a container's list of devices (cgroups), EACCES from the file's mode. */
const DEVICE_REFUSED = `/dev/fuse may not be opened by this user: chmod 666 /dev/fuse; ${CONTAINER}`;

/** What open(2) of /dev/fuse failing means, by errno. */
export const DEVICE_SENTENCES = {
  ENOENT: `there is no /dev/fuse: ${LOAD}; ${CONTAINER}`,
  ENODEV: `nothing serves /dev/fuse: ${LOAD}`,
  ENXIO: `nothing serves /dev/fuse: ${LOAD}`,
  EACCES: DEVICE_REFUSED,
  EPERM: DEVICE_REFUSED,
};

/** What mount(2) failing, as root, means. */
export const MOUNT_SENTENCES = {
  EPERM: `mounting is not permitted without CAP_SYS_ADMIN; ${CONTAINER}`,
  // The checks before exclude all reasons of mount(2) but a security module's refusal.
  EACCES: `a security module forbids mounting; ${CONTAINER} --security-opt apparmor=unconfined`,
  ENODEV: `the kernel has no FUSE: ${LOAD}`,
};

/** The error with the sentence for its code; itself where there is none. */
export function explain(
  cause: unknown,
  sentences: Readonly<Record<string, string>>,
  mountpoint?: string,
): unknown {
  const code = codeOf(cause) ?? '';
  const sentence = sentences[code];
  if (cause instanceof MountError || sentence === undefined) return cause;
  return new MountError(code, sentence, mountpoint, { cause });
}
