/** Checks a directory before a file system is mounted on it. Each check has its own sentence. */
import { constants } from 'node:fs';
import { access, readdir, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { withTimeout } from '../awaitable.js';
import { codeOf, errorWith } from '../errno.js';
import { explain, MountError } from './mount-error.js';
import { findMounts } from './mount-table.js';
import { detachMount } from './mounting.js';
import { run } from './program.js';

/** A file system that does not answer within this time counts as alive, but stuck. */
const PATIENCE_MS = 2000;

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
 * Resolves a path without a request to the file system that is mounted there, since that may be dead.
 * (readlink(2) of the root of a mount makes no request.)
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
 * Whether a process serves the mount. A stuck mount counts as served. The kernel never answers
 * statfs(2) from its caches.
 */
async function isAlive(target: string): Promise<boolean> {
  const said = await ask('stat', '-f', '--', target);
  return said === undefined || !/not connected|connection abort/i.test(said);
}

/** @throws EBUSY if the file system that holds the directory is stuck. */
async function expectAnswer(directory: string): Promise<void> {
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
