/** The error of mounting: a sentence that says what was wrong, and what would help. */
import { codeOf } from '../errno.js';

export class MountError extends Error {
  override readonly name = 'MountError';

  /** @param mountpoint The directory that is at fault; undefined if the host or the user is. */
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

/** Options of Docker and Podman, without which a container cannot mount. */
export const CONTAINER = 'a container needs --device /dev/fuse --cap-add SYS_ADMIN';

/** A container's list of devices (cgroups) gives EPERM, the file's mode EACCES. */
const DEVICE_REFUSED = `/dev/fuse may not be opened by this user: chmod 666 /dev/fuse; ${CONTAINER}`;

/** Sentences for open(2) of /dev/fuse, by errno. */
export const DEVICE_SENTENCES = {
  ENOENT: `there is no /dev/fuse: ${LOAD}; ${CONTAINER}`,
  ENODEV: `nothing serves /dev/fuse: ${LOAD}`,
  ENXIO: `nothing serves /dev/fuse: ${LOAD}`,
  EACCES: DEVICE_REFUSED,
  EPERM: DEVICE_REFUSED,
};

/** Sentences for mount(2) by root, by errno. */
export const MOUNT_SENTENCES = {
  EPERM: `mounting is not permitted without CAP_SYS_ADMIN; ${CONTAINER}`,
  // The mount point has been checked, so EACCES can only come from a security module (AppArmor).
  EACCES: `a security module forbids mounting; ${CONTAINER} --security-opt apparmor=unconfined`,
  ENODEV: `the kernel has no FUSE: ${LOAD}`,
};

/** Turns an error into a {@link MountError} with the sentence for its code; without one, keeps it. */
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
