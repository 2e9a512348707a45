/**
 * The typed door to the addon in C: a FUSE device, mount(2), and readiness.
 *
 * Whatever fails throws an Error with `code` (`ENODEV`), `errno` (negative) and
 * `syscall`.
 */
import { createRequire } from 'node:module';

/** umount2(2): detach now, clean up when the last user has gone. */
export const MNT_DETACH = 2;

/** mount(2) flags, from sys/mount.h. */
export const MountFlags = { nosuid: 2, nodev: 4, noatime: 1024 } as const;

interface Addon {
  open(): number;
  read(fd: number, into: Uint8Array): number;
  write(fd: number, header: Uint8Array, payload?: Uint8Array): void;
  queuedWrite(fd: number, message: Uint8Array): Promise<void>;
  close(fd: number): void;
  mount(source: string, target: string, type: string, flags: number, data: string): void;
  unmount(target: string, flags: number): void;
  socketpair(): [number, number];
  receiveDescriptor(socket: number): number;
  watch(fd: number, ready: () => void): object;
  unwatch(watcher: object): void;
  hold(watcher: object, held: boolean): void;
}

function load(): Addon {
  try {
    return createRequire(import.meta.url)('../native/fuse.node') as Addon;
  } catch (cause) {
    throw new Error("circuit's FUSE addon cannot be loaded: run `npm run install`.", { cause });
  }
}

const addon = load();

/** Opens /dev/fuse; the descriptor does not block and is not inherited. */
export const open = addon.open;

/** Reads one request; 0 where none is waiting. ENODEV: unmounted. `into` must hold max_write + 4096. */
export const read = addon.read;

/** Writes one message in one system call, at once. ENOENT: the kernel no longer waits for this reply. */
export const write = addon.write;

/** Writes a copy of the message on the thread pool, where it may block. */
export const queuedWrite = addon.queuedWrite;

/** Closes a descriptor of any kind. */
export const close = addon.close;

/** mount(2). */
export const mount = addon.mount;

/** umount2(2); `flags` may be {@link MNT_DETACH}. */
export const unmount = addon.unmount;

/** Two connected Unix stream sockets, closed on exec. */
export const socketpair = addon.socketpair;

/**
 * Takes the descriptor that was sent with SCM_RIGHTS, without waiting; it does
 * not block and is not inherited. EAGAIN: nothing was sent. EPROTO: no descriptor came.
 */
export const receiveDescriptor = addon.receiveDescriptor;

/** Calls `ready` in the event loop while a descriptor has something to read or is in error. */
export class Watcher {
  readonly #watcher: object;

  /** The descriptor must be closed after the watcher. */
  constructor(fd: number, ready: () => void) {
    this.#watcher = addon.watch(fd, ready);
  }

  /** Keeps the process alive (the default). */
  ref(): void {
    addon.hold(this.#watcher, true);
  }

  unref(): void {
    addon.hold(this.#watcher, false);
  }

  /** `ready` is not called any more. May be called again. */
  close(): void {
    addon.unwatch(this.#watcher);
  }
}
