/** Loads the npm package fuse-native, which loads libfuse 2, and mounts by it. */
import { createRequire } from 'node:module';
import type Fuse from 'fuse-native';
import { MountError } from '../mounting/mount-error.js';

type Library = typeof Fuse;

/** The one version that we know: its faults are written of beside what goes round them. */
const VERSION = '2.2.6';

const INSTALL = `npm install -g --ignore-scripts fuse-native@${VERSION}`;

let loaded: Library | undefined;

/** @throws {MountError} if it cannot be loaded, with what helps */
export function loadLibrary(): Library {
  if (loaded) return loaded;
  const require = createRequire(import.meta.url);
  try {
    loaded = require('fuse-native') as Library;
  } catch (cause) {
    const [reason = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw new MountError('ENOEXEC', `fuse-native cannot be loaded: ${helpFor(reason)}`, undefined, {
      cause,
    });
  }
  // On Linux its way is a shell that is given the path, and the session unmounts by itself. On macOS the
  // session leaves it to the library.
  if (process.platform === 'linux') loaded.unmount = (_directory, done) => done(null);
  return loaded;
}

/** @param reason The first line of what require() says. */
function helpFor(reason: string): string {
  if (/Cannot find module 'fuse-native'/.test(reason))
    return `it is not installed beside circuitfs: ${INSTALL}`;
  if (/libfuse/.test(reason)) return `${reason}; install libfuse 2 (Debian's libfuse2)`;
  return `${reason}; the package has builds for linux-x64 and darwin-x64, and elsewhere is compiled when it is installed`;
}

/** @param options Those of libfuse, besides what the package would give it. */
export function instantiate(
  directory: string,
  operations: Fuse.Operations,
  options: readonly string[],
): Fuse {
  const Library = loadLibrary();
  class Mount extends Library {
    override _fuseOptions(): string {
      return `-o${options.join()}`;
    }
  }
  return new Mount(directory, operations, { timeout: false });
}
