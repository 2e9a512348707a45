/** The checks before mounting, each with a sentence of its own when it fails. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { codeOf } from '../errno.js';
import { findMounts } from './mount-table.js';
import { detachMount } from './mounting.js';

/** Milliseconds after which a file system that does not answer counts as alive, but stuck. */
const PATIENCE = 2000;

/** As the kernel has it (MAXSYMLINKS). */
const MOST_LINKS = 40;

/** Why a directory cannot be mounted on. */
export class MountpointError extends Error {
  override readonly name = 'MountpointError';

  constructor(
    readonly code: 'ENOENT' | 'ENOTDIR' | 'ENOTEMPTY' | 'EACCES' | 'EPERM' | 'EBUSY',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Makes sure that a directory can be mounted on: it exists, is empty, is ours
 * to mount on, and bears no live file system of the same type. A dead one, left
 * by a process that was killed, is unmounted.
 *
 * @param type the file system's type, `fuse.` and the subtype.
 * @returns the absolute path without symbolic links.
 * @throws {MountpointError}
 */
export async function prepareMountpoint(directory: string, type: string): Promise<string> {
  const target = await resolveMountpoint(directory);
  const mounted = (await findMounts(target)).at(-1);
  if (mounted?.type === type) {
    if (await isAlive(target)) {
      const what = type.replace(/^fuse\./, '');
      const message = `a ${what} is already mounted on ${target}; unmount it first (umount ${target})`;
      throw new MountpointError('EBUSY', message);
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
      await expectAnswer(directory, dirname(target));
      const parent = await withPatience(realpath(dirname(target)));
      target = join(parent, basename(target));
      const link = await linkTarget(target);
      if (link === undefined) return target;
      target = resolve(parent, link);
    }
  } catch (cause) {
    if (codeOf(cause) !== 'EACCES') throw complaint(directory, cause);
    const message = `${directory} is out of this user's reach: they must be allowed to enter each directory above it`;
    throw new MountpointError('EACCES', message, { cause });
  }
  throw new MountpointError('ENOENT', `${directory} is a symbolic link that leads nowhere`);
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await withPatience(readlink(path));
  } catch (error) {
    if (codeOf(error) === 'EINVAL') return undefined;
    throw error;
  }
}

async function checkDirectory(target: string): Promise<void> {
  try {
    await expectAnswer(target, target);
    if (!(await withPatience(stat(target))).isDirectory()) {
      throw new MountpointError('ENOTDIR', `${target} is not a directory`);
    }
    const [entry] = await withPatience(readdir(target));
    if (entry !== undefined) {
      throw new MountpointError('ENOTEMPTY', `${target} is not empty: it contains ${entry}`);
    }
    if (process.geteuid?.() !== 0) await access(target, constants.W_OK);
  } catch (cause) {
    throw complaint(target, cause);
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

/** @throws {MountpointError} EBUSY where the file system that holds a directory is stuck */
async function expectAnswer(mountpoint: string, directory: string): Promise<void> {
  if ((await ask('ls', '-A', '--', directory)) === undefined) throw stuck(mountpoint);
}

function stuck(mountpoint: string, options?: ErrorOptions): MountpointError {
  const message = `${mountpoint} does not answer: its file system is stuck`;
  return new MountpointError('EBUSY', message, options);
}

/**
 * Asks a file system by a program; gives what that complains of, and `undefined` where it does
 * not come back. A thread of ours that was stuck there would keep us from exiting.
 */
async function ask(command: string, ...args: readonly string[]): Promise<string | undefined> {
  const child = spawn(command, args, {
    cwd: '/',
    env: { ...process.env, LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  try {
    await withPatience(once(child, 'close'));
  } catch (error) {
    // Without the program nothing can be told of the file system.
    if (codeOf(error) !== 'ETIMEDOUT') return '';
    // Not even killed does it come back, if its request has been taken and is not
    // answered: it is left to itself.
    child.kill('SIGKILL');
    child.stderr.destroy();
    child.unref();
    return undefined;
  }
  return said;
}

function complaint(directory: string, cause: unknown): unknown {
  if (cause instanceof MountpointError) return cause;
  switch (codeOf(cause)) {
    case 'ENOENT':
      return new MountpointError('ENOENT', `${directory} does not exist; make it with mkdir`, {
        cause,
      });
    case 'ENOTDIR':
      return new MountpointError('ENOTDIR', `${directory} is not a directory`, { cause });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS': {
      const message = `${directory} may not be mounted on by this user: they must be allowed to list and to write it`;
      return new MountpointError('EACCES', message, { cause });
    }
    case 'ETIMEDOUT':
      return stuck(directory, { cause });
    default:
      return cause;
  }
}

/** Gives up on a file system that does not answer; the call itself remains on its thread. */
async function withPatience<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })),
      PATIENCE,
    );
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
