/** Checks a directory before a file system is mounted on it. Each check has its own sentence. */
import { constants } from 'node:fs';
import { access, readdir, readlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { withTimeout } from '../awaitable.js';
import { codeOf, errorWith } from '../errno.js';
import { explain, MountError } from './mount-error.js';
import { findMounts } from './mount-table.js';
import { detachMount } from './mounting.js';
import { run } from './program.js';

/** A file system that does not answer within this time counts as alive, but stuck. */
const PATIENCE_MS = 2000;

/** File systems that wait neither for a process nor for another host. */
const IN_THE_KERNEL: ReadonlySet<string> = new Set(
  'btrfs devtmpfs ext2 ext3 ext4 f2fs overlay proc ramfs sysfs tmpfs vfat xfs zfs'.split(' '),
);

/** The kernel's limit (MAXSYMLINKS). */
const MOST_LINKS = 40;

/**
 * Makes sure that a directory can be mounted on: it exists, it is empty, this user may mount on it,
 * and no live file system of the same type is mounted there. A dead one, whose process was killed, is
 * unmounted.
 *
 * @param type The type of the file system: `fuse.` and the subtype.
 * @returns The absolute path without symbolic links.
 * @throws {MountError}
 */
export async function prepareMountpoint(directory: string, type: string): Promise<string> {
  const target = await resolveMountpoint(directory);
  const mounted = (await findMounts(target)).at(-1);
  if (mounted?.type === type) {
    if (await isAlive(target)) {
      const what = type.replace(/^fuse\./, '');
      const message = `a ${what} is already mounted on ${target}; unmount it first (umount ${target}), or choose another directory`;
      throw new MountError('EBUSY', message, target);
    }
    await detachMount(target, type);
    return prepareMountpoint(target, type);
  }
  await checkDirectory(target);
  return target;
}

/**
 * Resolves a path without a request to the file system that is mounted there, since that may be dead,
 * and asks a file system on the way whether it answers before this process uses it.
 * (readlink(2) of the root of a mount makes no request to that mount.)
 */
async function resolveMountpoint(directory: string): Promise<string> {
  const unreachable = `${directory} is out of this user's reach: they must be allowed to enter each directory above it`;
  const sayings = { ...sentences(directory), EACCES: unreachable };
  let at = '/';
  let left = components(resolve(directory));
  let links = 0;
  try {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      await expectAnswer(at);
      const link = await linkAt(join(at, name));
      if (link === undefined) {
        at = join(at, name);
        continue;
      }
      links += 1;
      if (links > MOST_LINKS) break;
      left = [...components(resolve(at, link)), ...left];
      at = '/';
    }
  } catch (error) {
    throw explain(error, sayings, directory);
  }
  if (links <= MOST_LINKS) return at;
  throw new MountError('ENOENT', `${directory} is a symbolic link that leads nowhere`, directory);
}

function components(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}

/** Where a symbolic link leads; undefined for anything else. */
async function linkAt(path: string): Promise<string | undefined> {
  try {
    return await withPatience(readlink(path));
  } catch (error) {
    // It is no symbolic link.
    if (codeOf(error) === 'EINVAL') return undefined;
    throw error;
  }
}

async function checkDirectory(target: string): Promise<void> {
  try {
    await expectAnswer(target);
    const [entry] = await withPatience(readdir(target));
    if (entry !== undefined) {
      throw new MountError('ENOTEMPTY', `${target} is not empty: it contains ${entry}`, target);
    }
    if (process.geteuid?.() !== 0) await access(target, constants.W_OK);
  } catch (error) {
    throw explain(error, sentences(target), target);
  }
}

/**
 * Whether a process serves the mount. A stuck mount counts as served. The kernel never answers
 * statfs(2) from its caches.
 */
async function isAlive(target: string): Promise<boolean> {
  const said = await ask('stat', '-f', '--', target);
  return said === undefined || !/not connected|connection abort/i.test(said);
}

/**
 * Asks a file system that is mounted on exactly this directory; any other has been asked before.
 * @throws EBUSY if it is stuck.
 */
async function expectAnswer(directory: string): Promise<void> {
  const mounted = (await findMounts(directory)).at(-1);
  if (mounted === undefined || IN_THE_KERNEL.has(mounted.type)) return;
  if ((await ask('ls', '-A', '--', directory)) === undefined) throw errorWith('EBUSY', 'no answer');
}

/**
 * Runs a program that uses a file system. If a thread of ours used it and got stuck, this process
 * could not exit.
 * @returns The program's complaint; undefined if the program is stuck.
 */
async function ask(command: string, ...args: readonly string[]): Promise<string | undefined> {
  const { child, ended } = run(command, args);
  try {
    return (await withPatience(ended)).complaint;
  } catch (error) {
    // The program cannot be run, so nothing is known of the file system.
    if (codeOf(error) !== 'EBUSY') return '';
    // SIGKILL does not end a program whose request the file system has read and does not answer, so
    // we do not wait for its end.
    child.kill('SIGKILL');
    child.stderr?.destroy();
    child.unref();
    return undefined;
  }
}

/** Sentences for what is wrong with a directory, by errno. */
function sentences(directory: string): Readonly<Record<string, string>> {
  const refused = `${directory} may not be mounted on by this user: they must be allowed to list and to write it`;
  return {
    ENOENT: `${directory} does not exist; make it with mkdir`,
    ENOTDIR: `${directory} is not a directory`,
    EACCES: refused,
    EPERM: refused,
    EROFS: refused,
    EBUSY: `${directory} does not answer: its file system is stuck`,
  };
}

/** Gives up on a file system that does not answer. The call still blocks its thread. */
function withPatience<T>(answer: Promise<T>): Promise<T> {
  return withTimeout(answer, PATIENCE_MS, 'EBUSY');
}
