import { hkdfSync, randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CircuitError, errorCode } from '../base/error.js';
import { Mutex } from '../base/mutex.js';

/** A key that every member of a cluster holds in a file, in addition to the addresses. */
export type ClusterKey = Buffer & { readonly __brand: 'ClusterKey' };

const CLUSTER_KEY_BYTES = 32;

const KEY_ID_BYTES = 4;

/**
 * A file of keys is small: what is longer was named by mistake. A gigabyte would take the memory, and
 * a million keys hold the daemon up until its network takes it for dead.
 */
const MAX_FILE_BYTES = 16 * 1024;

/** Makes a cluster key, as the line of text that its file holds. */
export function generateClusterKey(): string {
  return randomBytes(CLUSTER_KEY_BYTES).toString('base64');
}

/**
 * Tells the keys of one file apart, in the clear: 8 hex digits that HKDF-SHA256 (RFC 5869) makes of
 * the key, and that say nothing of it.
 */
export function keyId(key: ClusterKey): string {
  const bytes = hkdfSync('sha256', key, Buffer.alloc(0), 'circuit key id', KEY_ID_BYTES);
  return Buffer.from(bytes).toString('hex');
}

/**
 * The cluster keys of a file, one a line; empty lines and lines that begin with `#` are skipped. The
 * first is used to dial and to seal, and all are accepted, so that a key can be replaced while the
 * cluster runs.
 */
export class ClusterKeys {
  /** The absolute path. */
  readonly file: string;
  #keys: readonly [ClusterKey, ...ClusterKey[]];
  readonly #reloading = new Mutex();

  private constructor(file: string) {
    this.file = file;
    this.#keys = parseKeys(textOf(file), file);
  }

  /** @throws CircuitError EINVAL, which names the file and the line. */
  static read(file: string): ClusterKeys {
    return new ClusterKeys(resolve(file));
  }

  /** The key that is used. */
  get first(): ClusterKey {
    return this.#keys[0];
  }

  /** The keys that are accepted: another array after each {@link reload}. */
  get all(): readonly ClusterKey[] {
    return this.#keys;
  }

  /**
   * Reads the file again. If that fails, the keys stay as they were.
   * @throws CircuitError as {@link ClusterKeys.read}
   */
  async reload(): Promise<void> {
    using _lock = await this.#reloading.lock();
    this.#keys = parseKeys(await textNow(this.file), this.file);
  }
}

/** The cluster keys in a file. @throws CircuitError EINVAL, which names the file and the line. */
export function readClusterKey(file: string): ClusterKeys {
  return ClusterKeys.read(file);
}

function parseKeys(text: string, file: string): [ClusterKey, ...ClusterKey[]] {
  const keys: ClusterKey[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const word = line.trim();
    if (word !== '' && !word.startsWith('#')) keys.push(parseKey(word, file, index + 1));
  }
  const [first, ...others] = keys;
  if (first) return [first, ...others];
  throw new CircuitError(
    'EINVAL',
    `${file} does not hold a cluster key; make one with: circuit keygen > FILE`,
  );
}

/** Waits for what a pipe brings, as from a shell's `<(…)`. */
function textOf(file: string): string {
  const bytes = Buffer.alloc(MAX_FILE_BYTES + 1);
  let length = 0;
  try {
    const fd = openSync(file, 'r');
    try {
      for (let count = -1; count !== 0; length += count) {
        count = readSync(fd, bytes, length, bytes.length - length, null);
      }
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw unreadable(file, error);
  }
  return checkedText(bytes.subarray(0, length), file);
}

/** The text of a file that holds nothing up: a pipe that nobody writes to is empty. */
async function textNow(file: string): Promise<string> {
  const bytes = Buffer.alloc(MAX_FILE_BYTES + 1);
  let length = 0;
  try {
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    for (let count = -1; count !== 0; length += count) {
      const left = bytes.length - length;
      count = (await handle.read(bytes, length, left, null)).bytesRead;
    }
  } catch (error) {
    throw unreadable(file, error);
  }
  return checkedText(bytes.subarray(0, length), file);
}

/** @throws CircuitError EINVAL if it is more than may be read. */
function checkedText(bytes: Buffer, file: string): string {
  if (bytes.length <= MAX_FILE_BYTES) return bytes.toString();
  const sentence = `${file} is no file of cluster keys: it has more than ${MAX_FILE_BYTES} bytes`;
  throw new CircuitError('EINVAL', sentence);
}

function unreadable(file: string, error: unknown): CircuitError {
  const sentence = `cannot read the cluster key in ${file} (${errorCode(error)})`;
  return new CircuitError('EINVAL', sentence);
}

function parseKey(text: string, file: string, line: number): ClusterKey {
  const key = Buffer.from(text, 'base64');
  if (key.length !== CLUSTER_KEY_BYTES || key.toString('base64') !== text) {
    throw new CircuitError(
      'EINVAL',
      `line ${line} of ${file} is not a cluster key; circuit keygen prints one`,
    );
  }
  return key as ClusterKey;
}
