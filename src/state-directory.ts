import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { isMemberName, type MemberName, newMemberName } from './address.js';
import { CircuitError, errorCode, errorMessage } from './error.js';

/**
 * What a daemon keeps from one run to the next (`--var DIR`): its name. A socket
 * that is listened on in it keeps a second daemon out, and, unlike a file with a
 * process id, is let go by the kernel however the daemon ends.
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
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      return new StateDirectory(directory, await lock(join(directory, 'lock')));
    } catch (error) {
      if (error instanceof CircuitError) throw error;
      throw new CircuitError('EINVAL', `cannot use ${directory}: ${errorMessage(error)}`);
    }
  }

  /** The name of the daemon that ran here last, or a new one, which is kept. */
  memberName(): MemberName {
    const file = join(this.#directory, 'name');
    const kept = read(file);
    if (isMemberName(kept)) return kept;
    if (kept !== undefined) {
      throw new CircuitError('EINVAL', `${file} does not hold the name of a member`);
    }
    const name = newMemberName();
    writeFileSync(file, `${name}\n`, { mode: 0o600 });
    return name;
  }

  close(): void {
    this.#lock.close();
  }
}

async function lock(path: string): Promise<Server> {
  try {
    return await listen(path);
  } catch (error) {
    if (errorCode(error) !== 'EADDRINUSE') throw error;
  }
  if (await answers(path)) {
    throw new CircuitError('EBUSY', `another daemon keeps its state in ${path.slice(0, -5)}`);
  }
  rmSync(path, { force: true });
  return await listen(path);
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(path, () => resolve(server.unref()));
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
