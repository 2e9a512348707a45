/**
 * A mounted file system: from mount(2) to the end of the mount. The parts of this library:
 *
 * - `node.ts`: the node API, which a file system implements, with an introduction.
 * - `session.ts`: mounts a file system. `fuse-connection.ts`: serves it.
 * - `wire/`: the kernel's protocol, as structs, requests and notifications, and the device.
 * - `mounting/`: mount(2) and fusermount3, mount points and the mount table.
 * - `conversation/`: one request that is being answered, its program, replies, notifications.
 * - `inodes/`: the inode table, and the entries of directories.
 * - `files/`: the table of open files, and the writes to them.
 * - `operations/`: the table of opcodes, and the functions that answer.
 * - `fuse-native/`: the other host, libfuse by the npm package of that name, as a device of this protocol.
 */
import createDebug from 'debug';
import { FuseConnection, type Held } from './fuse-connection.js';
import { chooseHost, type HostChoice, type HostName, openDevice } from './hosts.js';
import { findMounts } from './mounting/mount-table.js';
import { detachMount, type MountOptions } from './mounting/mounting.js';
import { prepareMountpoint } from './mounting/mountpoint.js';
import type { Directory } from './node.js';

export interface SessionOptions extends MountOptions {
  /** Its host; by default `auto`. */
  readonly host?: HostChoice | undefined;
  /** For `fuse-native`: seconds until a system call that waits fails with EINTR. */
  readonly timeoutS?: number | undefined;
  /** Receives errors of nodes without an errno, and malformed requests. By default they are debug output. */
  readonly onError?: (error: unknown) => void;
}

export class Session {
  /** Resolves when the file system has been unmounted, by {@link unmount} or from outside. */
  readonly ended: Promise<void>;

  readonly #connection: FuseConnection;
  readonly #detach: () => Promise<void>;
  #unmounting: Promise<void> | undefined;
  /** Unmounted from outside: a mount that is there now is not ours, even if it has our number. */
  #gone = false;

  /** @param mountpoint Where it is mounted: absolute, without symbolic links. */
  private constructor(
    readonly mountpoint: string,
    readonly host: HostName,
    connection: FuseConnection,
    detach: () => Promise<void>,
  ) {
    this.ended = connection.ended.then(() => {
      this.#gone = this.#unmounting === undefined;
      return this.#unmounting?.catch(() => undefined);
    });
    this.#connection = connection;
    this.#detach = detach;
  }

  /**
   * Mounts a file system and serves it until it is unmounted. Resolves when programs can use it.
   * Afterwards nothing in this process may use the mount by a call that blocks the event loop.
   *
   * @throws {MountError} if the directory is unsuitable, or if this user cannot mount on this host.
   *   EPROTO: the kernel is too old.
   */
  static async mount(
    root: Directory,
    directory: string,
    options: SessionOptions,
  ): Promise<Session> {
    const type = `fuse.${options.subtype}`;
    const debug = createDebug(`${options.subtype}:fuse`);
    const host = chooseHost(options.host);
    const mountpoint = await prepareMountpoint(directory, type);
    const device = await openDevice(host, mountpoint, options);
    let connection: FuseConnection | undefined;
    try {
      connection = new FuseConnection(device, root, {
        uid: process.getuid?.() ?? 0,
        gid: process.getgid?.() ?? 0,
        allowOther: options.allowOther ?? false,
        onError: options.onError ?? ((error) => debug('%o', error)),
      });
      await connection.initialized;
      const mounted = (await findMounts(mountpoint)).at(-1);
      // The number of our mount distinguishes it from another mount on the same path.
      const detach = () => detachMount(mountpoint, type, mounted?.device);
      return new Session(mountpoint, host, connection, detach);
    } catch (error) {
      if (connection === undefined) device.close();
      else await connection.end();
      await detachMount(mountpoint, type);
      throw error;
    }
  }

  /** How much is held for the kernel now. */
  get held(): Held {
    return this.#connection.held;
  }

  /**
   * Resolves when the kernel has been notified of all entries that came or went until now
   * ({@link Directory.watch}): all programs see the changes then.
   */
  invalidated(): Promise<void> {
    return this.#connection.invalidated();
  }

  /** Resolves when no file is open for writing: all writers have been answered and have closed. */
  written(): Promise<void> {
    return this.#connection.written();
  }

  /**
   * Unmounts the file system even while programs use it: their system calls fail with ENOTCONN. All
   * signals are aborted and all handles released. Takes about a second at most. It is no error if the
   * file system is unmounted already.
   */
  unmount(): Promise<void> {
    this.#unmounting ??= this.#unmount();
    return this.#unmounting;
  }

  async #unmount(): Promise<void> {
    if (this.#gone) return;
    const ended = this.#connection.end();
    await this.#detach();
    await ended;
  }
}
