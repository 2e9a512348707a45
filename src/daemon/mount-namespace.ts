import { readlinkSync } from 'node:fs';

/**
 * Whether the host's first process has another mount namespace than this one: then the host's programs
 * do not see what is mounted here. False where it may not be looked at.
 */
export function isHiddenFromHost(): boolean {
  try {
    return readlinkSync('/proc/1/ns/mnt') !== readlinkSync('/proc/self/ns/mnt');
  } catch {
    return false;
  }
}
