import {
  closeSync,
  constants,
  type FSWatcher,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  symlinkSync,
  watch,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { loadFailure, lockFile } from '../../native/index.js';
import type { Address } from '../base/address.js';
import { errorCode, errorMessage } from '../base/error.js';
import { addressFile, keyLink } from './address-file.js';

/** How often a daemon checks whether the file is its own, or free. */
const LOOK_INTERVAL_MS = 2_000;

export interface AddressClaimOptions {
  readonly address: Address;
  /** The file with our cluster key, which is linked beside the address: commands need both. */
  readonly keyFile: string | undefined;
  /** Takes a sentence for the log. */
  readonly log: (event: string) => void;
}

/** Leaves the address where commands on this host find it, if this is the host's first daemon. */
export function claimAddressFile(options: AddressClaimOptions): AddressClaim | undefined {
  if (loadFailure) {
    options.log(
      'no address left for commands: only the addon can lock its file; give them -d ADDRESS',
    );
    return undefined;
  }
  const file = addressFile();
  if (file !== undefined) return new AddressClaim(file, options);
  options.log('no address left for commands: XDG_RUNTIME_DIR is not set; give them -d ADDRESS');
  return undefined;
}

/**
 * A daemon's claim to the file in which this host's first daemon leaves its address. Where another
 * daemon has the file, this one takes it over when that one has ended.
 *
 * The file belongs to the daemon that has locked it (flock(2)): the kernel releases the lock
 * however a daemon ends. Only that daemon writes to the file, and removes it.
 */
export class AddressClaim implements Disposable {
  readonly #file: string;
  readonly #options: AddressClaimOptions;
  readonly #timer: NodeJS.Timeout;
  /** The descriptor of the file while we hold its lock. */
  #held: number | undefined;
  #watcher: FSWatcher | undefined;
  /** The event that was logged last. */
  #said: string | undefined;

  constructor(file: string, options: AddressClaimOptions) {
    this.#file = file;
    this.#options = options;
    this.#look();
    // Neither a released lock nor a removed file is always told of.
    this.#timer = setInterval(() => this.#look(), LOOK_INTERVAL_MS).unref();
  }

  /** Removes the file, if it is ours. */
  [Symbol.dispose](): void {
    const file = this.#file;
    clearInterval(this.#timer);
    this.#watcher?.close();
    if (this.#held === undefined) return;
    try {
      if (isAt(this.#held, file)) {
        rmSync(keyLink(file), { force: true });
        rmSync(file, { force: true });
      }
    } catch (error) {
      this.#say(`${file} stays behind: ${errorMessage(error)}`);
    }
    closeSync(this.#held);
    this.#held = undefined;
  }

  #look(): void {
    const file = this.#file;
    try {
      if (this.#held !== undefined) {
        if (isAt(this.#held, file)) return;
        closeSync(this.#held);
        this.#held = undefined;
      }
      this.#held = claim(file, this.#options);
      if (this.#held === undefined) {
        this.#say(
          `${file} has the address of another daemon; this one takes it over when that one ends`,
        );
        this.#watch();
        return;
      }
      if (this.#said !== undefined) this.#say(`${file} has the address of this daemon now`);
      this.#watcher?.close();
      this.#watcher = undefined;
    } catch (error) {
      this.#say(`no address left for commands: ${errorMessage(error)}; trying again`);
    }
  }

  /**
   * A daemon that ends in order removes the file; then commands need not wait for our next look.
   */
  #watch(): void {
    if (this.#watcher) return;
    try {
      this.#watcher = watch(dirname(this.#file), { persistent: false }, () => this.#look());
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch (error) {
      // A user has 128 of them (inotify(7)); we look from time to time anyway.
      if (!['EMFILE', 'ENOSPC'].includes(errorCode(error) ?? '')) throw error;
    }
  }

  #say(event: string): void {
    if (event === this.#said) return;
    this.#said = event;
    this.#options.log(event);
  }
}

/**
 * Locks `file` and writes the address to it; gives its descriptor, or `undefined` if another daemon
 * has it.
 */
function claim(file: string, { address, keyFile }: AddressClaimOptions): number | undefined {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  // O_NONBLOCK: a FIFO in its place must not block us.
  const fd = openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK, 0o600);
  let isOurs = false;
  try {
    // The file may have been removed between the two calls, and another one be in its place.
    isOurs = lockFile(fd) && isAt(fd, file);
    if (!isOurs) return undefined;
    fchmodSync(fd, 0o600);
    ftruncateSync(fd);
    // One of a daemon that was killed may be there.
    rmSync(keyLink(file), { force: true });
    if (keyFile !== undefined) symlinkSync(keyFile, keyLink(file));
    writeSync(fd, `${address}\n`);
    return fd;
  } catch (error) {
    if (isOurs) rmSync(file, { force: true });
    isOurs = false;
    throw error;
  } finally {
    if (!isOurs) closeSync(fd);
  }
}

/** Whether the open file is the one that is at that path now. */
function isAt(fd: number, file: string): boolean {
  const there = statSync(file, { throwIfNoEntry: false });
  const open = fstatSync(fd);
  return there?.ino === open.ino && there.dev === open.dev;
}
