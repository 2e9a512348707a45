/** Why nothing can be mounted on this host, or by this user, with what would help. */
import { codeOf } from '../errno.js';

export class MountError extends Error {
  override readonly name = 'MountError';

  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const LOAD = "load the kernel's module (modprobe fuse)";

/** A container lacks these; the options are Docker's and Podman's. */
const CONTAINER = 'a container needs --device /dev/fuse --cap-add SYS_ADMIN';

/** open(2) of /dev/fuse failed. */
export function deviceError(cause: unknown): unknown {
  const code = codeOf(cause) ?? 'EIO';
  switch (code) {
    case 'ENOENT':
      return new MountError(code, `there is no /dev/fuse: ${LOAD}; ${CONTAINER}`, { cause });
    case 'ENODEV':
    case 'ENXIO':
      return new MountError(code, `nothing serves /dev/fuse: ${LOAD}`, { cause });
    // EPERM comes from a container's list of devices (cgroups), EACCES from the file's mode.
    case 'EACCES':
    case 'EPERM': {
      const message = `/dev/fuse may not be opened by this user: chmod 666 /dev/fuse; ${CONTAINER}`;
      return new MountError(code, message, { cause });
    }
    default:
      return cause;
  }
}

/** mount(2), as root, failed. */
export function mountError(cause: unknown): unknown {
  const code = codeOf(cause) ?? 'EIO';
  switch (code) {
    case 'EPERM': {
      const message = `mounting is not permitted without CAP_SYS_ADMIN; ${CONTAINER}`;
      return new MountError(code, message, { cause });
    }
    // The checks before exclude all reasons of mount(2) but a security module's refusal.
    case 'EACCES': {
      const message = `a security module forbids mounting; ${CONTAINER} --security-opt apparmor=unconfined`;
      return new MountError(code, message, { cause });
    }
    case 'ENODEV':
      return new MountError(code, `the kernel has no FUSE: ${LOAD}`, { cause });
    default:
      return cause;
  }
}

/** fusermount3 failed, and said why. */
export function fusermountError(complaint: string): MountError {
  // It gets its right by its setuid bit, which PR_SET_NO_NEW_PRIVS and a nosuid file system undo.
  const help = /not permitted/i.test(complaint)
    ? `; it must be setuid root, and not be under no_new_privs; ${CONTAINER}`
    : '';
  return new MountError('EPERM', `${complaint}${help}`);
}
