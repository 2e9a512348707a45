/** A mounted file system: from mount(2) to the end of the mount. */
import createDebug from 'debug';
import { FuseConnection } from './fuse-connection.js';
import { findMounts } from './mounting/mount-table.js';
import { detachMount, type MountOptions, mountFuse } from './mounting/mounting.js';
import { prepareMountpoint } from './mounting/mountpoint.js';
import type { Directory } from './node.js';
import { FuseDevice } from './wire/device.js';

export interface SessionOptions extends MountOptions {
  /** Whose files they are; by default the process's user and group. */
  readonly uid?: number;
  readonly gid?: number;
  /** Told of errors of nodes that have no errno, and of malformed requests. */
  readonly onError?: (error: unknown) => void;
}

export class Session {
  /** Resolves when it has been unmounted, by {@link unmount} or from outside. */
  readonly ended: Promise<void>;

  readonly #connection: FuseConnection;
  readonly #detach: () => Promise<void>;
  #unmounting: Promise<void> | undefined;
  /** Unmounted from outside: what is mounted there now is not ours, even if it has our number. */
  #gone = false;

  /** @param mountpoint Where it is mounted: absolute, without symbolic links. */
  private constructor(
    readonly mountpoint: string,
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
   * Mounts a file system and serves it until it is unmounted; resolves when the
   * kernel uses it. Afterwards nothing in this process may touch the mount by a
   * call that blocks the event loop.
   *
   * @throws {MountError} where the directory does not do, or nothing can be mounted here by this
   *   user; EPROTO where the kernel is too old.
   */
  static async mount(
    root: Directory,
    directory: string,
    options: SessionOptions,
  ): Promise<Session> {
    const type = `fuse.${options.subtype}`;
    const debug = createDebug(`${options.subtype}:fuse`);
    const mountpoint = await prepareMountpoint(directory, type);
    const fd = await mountFuse(mountpoint, options);
    const device = new FuseDevice(fd);
    let connection: FuseConnection | undefined;
    try {
      connection = new FuseConnection(device, root, {
        uid: options.uid ?? process.getuid?.() ?? 0,
        gid: options.gid ?? process.getgid?.() ?? 0,
        allowOther: options.allowOther ?? false,
        onError: options.onError ?? ((error) => debug('%o', error)),
      });
      await connection.initialized;
      const mounted = (await findMounts(mountpoint)).at(-1);
      // Its number tells our mount from another on the same path.
      const detach = () => detachMount(mountpoint, type, mounted?.device);
      return new Session(mountpoint, connection, detach);
    } catch (error) {
      if (connection === undefined) device.close();
      else await connection.end();
      await detachMount(mountpoint, type);
      throw error;
    }
  }

  /**
   * Resolves when the kernel has been told of every entry that came or went
   * until now ({@link Directory.watch}): whoever looks then sees it.
   */
  invalidated(): Promise<void> {
    return this.#connection.invalidated();
  }

  /** Resolves when no file is open for writing: who wrote has had the answer, and closed it. */
  written(): Promise<void> {
    return this.#connection.written();
  }

  /**
   * Unmounts it, even while processes work in it: what they wait for fails
   * with ENOTCONN. Every signal is aborted, every handle released. Takes a
   * second at most and does not fail where it is unmounted already.
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
