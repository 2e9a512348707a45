/** The checks before mounting, each with a sentence of its own when it fails. */
import { constants } from 'node:fs';
import { access, readdir, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { withTimeout } from '../awaitable.js';
import { codeOf, errorWith } from '../errno.js';
import { explain, MountError } from './mount-error.js';
import { findMounts } from './mount-table.js';
import { detachMount } from './mounting.js';
import { run } from './program.js';

/** How long a file system may take to answer; then it counts as alive, but stuck. */
const PATIENCE_MS = 2000;

/** As the kernel has it (MAXSYMLINKS). */
const MOST_LINKS = 40;

/**
 * Makes sure that a directory can be mounted on: it exists, is empty, is ours
 * to mount on, and bears no live file system of the same type. A dead one, left
 * by a process that was killed, is unmounted.
 *
 * @param type the file system's type, `fuse.` and the subtype.
 * @returns the absolute path without symbolic links.
 * @throws {MountError}
 */
export async function prepareMountpoint(directory: string, type: string): Promise<string> {
  const target = await resolveMountpoint(directory);
  const mounted = (await findMounts(target)).at(-1);
  if (mounted?.type === type) {
    if (await isAlive(target)) {
      const what = type.replace(/^fuse\./, '');
      const message = `a ${what} is already mounted on ${target}; unmount it first (umount ${target})`;
      throw new MountError('EBUSY', message, target);
    }
    await detachMount(target, type);
    return prepareMountpoint(target, type);
  }
  await checkDirectory(target);
  return target;
}

/**
 * Resolves a path without asking the file system that may be mounted there,
 * which may be dead. (readlink(2) of a mount's root does not ask it.)
 */
async function resolveMountpoint(directory: string): Promise<string> {
  let target = resolve(directory);
  try {
    for (let links = 0; links < MOST_LINKS; links += 1) {
      await expectAnswer(dirname(target));
      const parent = await withPatience(realpath(dirname(target)));
      target = join(parent, basename(target));
      const link = await withPatience(readlink(target)).catch((error) => {
        // EINVAL: it is no symbolic link.
        if (codeOf(error) !== 'EINVAL') throw error;
      });
      if (link === undefined) return target;
      target = resolve(parent, link);
    }
  } catch (error) {
    const unreachable = `${directory} is out of this user's reach: they must be allowed to enter each directory above it`;
    throw explain(error, { ...sentences(directory), EACCES: unreachable }, directory);
  }
  throw new MountError('ENOENT', `${directory} is a symbolic link that leads nowhere`, directory);
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
 * Whether a mount is served; one that is stuck is not dead. Asks by statfs(2), which the
 * kernel never answers from its caches.
 */
async function isAlive(target: string): Promise<boolean> {
  const said = await ask('stat', '-f', '--', target);
  return said === undefined || !/not connected|connection abort/i.test(said);
}

/** @throws EBUSY where the file system that holds a directory is stuck */
async function expectAnswer(directory: string): Promise<void> {
  if ((await ask('ls', '-A', '--', directory)) === undefined) throw errorWith('EBUSY', 'no answer');
}

/**
 * Asks a file system by a program; gives what that complains of, and `undefined` where it does
 * not come back. A thread of ours that was stuck there would keep us from exiting.
 */
async function ask(command: string, ...args: readonly string[]): Promise<string | undefined> {
  const { child, ended } = run(command, args);
  try {
    return (await withPatience(ended)).complaint;
  } catch (error) {
    // Without the program nothing can be told of the file system.
    if (codeOf(error) !== 'EBUSY') return '';
    // Not even killed does it come back, if its request has been taken and is not
    // answered: it is left to itself.
    child.kill('SIGKILL');
    child.stderr?.destroy();
    child.unref();
    return undefined;
  }
}

/** What is wrong with a directory, by errno. */
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

/** Gives up on a file system that does not answer; the call itself remains on its thread. */
function withPatience<T>(answer: Promise<T>): Promise<T> {
  return withTimeout(answer, PATIENCE_MS, 'EBUSY');
}
