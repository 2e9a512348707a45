/** The mounts in /proc/self/mountinfo (proc_pid_mountinfo(5)). Reading that file touches no mount. */
import { readFile } from 'node:fs/promises';
import { codeOf } from '../errno.js';

export interface Mount {
  /** An absolute path without symbolic links. */
  readonly target: string;
  /** For example `fuse.sshfs`. */
  readonly type: string;
  /** `major:minor` of st_dev. Two mounts of one file system share it. */
  readonly device: string;
}

/** The mounts on exactly this path, the topmost last. */
export async function findMounts(target: string): Promise<readonly Mount[]> {
  const table = parseMountinfo(await mountinfo());
  const bytes = Buffer.from(target).toString('latin1');
  return table.filter((mount) => mount.target === bytes).map((mount) => ({ ...mount, target }));
}

/** Empty where there is none, as on macOS. */
async function mountinfo(): Promise<string> {
  try {
    return await readFile('/proc/self/mountinfo', 'latin1');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
}

/** Parses mountinfo; each character of the text is a byte (latin1). */
export function parseMountinfo(text: string): readonly Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
    const [mount = '', filesystem = ''] = line.split(' - ');
    const [, , device, , target] = mount.split(' ');
    const [type] = filesystem.split(' ');
    if (device === undefined || target === undefined || type === undefined) continue;
    mounts.push({ target: unescapeOctal(target), type: unescapeOctal(type), device });
  }
  return mounts;
}

/** The kernel writes space, tab, newline and backslash as \040 and so on. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
