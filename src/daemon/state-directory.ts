import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { isMemberName, type MemberName, newMemberName } from '../base/address.js';
import { CircuitError, errorCode } from '../base/error.js';
import { replaceFile } from '../base/replace-file.js';

/**
 * The directory that a daemon keeps from one run to the next (`--var DIR`): its name, and the
 * members that it knew.
 *
 * An abstract socket (unix(7)) named after the directory's inode keeps a second daemon out. Unlike
 * a file, the kernel releases it however the daemon ends, so no stale lock is left. It holds within
 * one network namespace.
 */
export class StateDirectory {
  readonly #directory: string;
  readonly #lock: Server;

  private constructor(directory: string, lock: Server) {
    this.#directory = directory;
    this.#lock = lock;
  }

  /** @throws CircuitError EBUSY (another daemon uses it), EINVAL (it cannot be used) */
  static async open(directory: string): Promise<StateDirectory> {
    if (directory === '') throw new CircuitError('EINVAL', 'the state directory needs a name');
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const { dev, ino } = statSync(directory);
      return new StateDirectory(directory, await listen(`\0circuit-var-${dev}:${ino}`));
    } catch (error) {
      if (errorCode(error) === 'EADDRINUSE') {
        throw new CircuitError('EBUSY', `another daemon keeps its state in ${directory}`);
      }
      throw cannotKeep(directory, error);
    }
  }

  /** The name of the daemon that ran here last, or a new one, which is saved. */
  async memberName(): Promise<MemberName> {
    const file = join(this.#directory, 'name');
    const kept = read(file);
    if (isMemberName(kept)) return kept;
    // A crash of the machine can leave an empty file.
    if (kept) {
      throw new CircuitError('EINVAL', `${file} does not hold the name of a member`);
    }
    const name = newMemberName();
    await replaceFile(file, `${name}\n`).catch((error) => {
      throw cannotKeep(file, error);
    });
    return name;
  }

  /** The file for the members that the daemon knows. */
  get knownMembers(): string {
    return join(this.#directory, 'members');
  }

  close(): void {
    this.#lock.close();
  }
}

async function listen(path: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy()).listen(path);
  await once(server, 'listening');
  return server.unref();
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw cannotKeep(file, error);
  }
}

function cannotKeep(path: string, error: unknown): CircuitError {
  const code = errorCode(error);
  // mkdir(2) fails with EEXIST where a file is in its place.
  const why = code === 'EEXIST' ? 'it is not a directory' : code;
  return new CircuitError('EINVAL', `cannot keep state in ${path} (${why})`);
}
