/** The file /dev/fuse, opened and mounted. */
import * as native from '../../native/index.js';

/** The part of it that a connection uses. Each method throws an Error with `code` when it fails. */
export interface Device {
  /** Reads one request; returns 0 if none is waiting. ENODEV: the file system was unmounted. */
  read(into: Uint8Array): number;
  /** Writes a reply in one system call. ENOENT: the kernel has given up on the request. */
  write(header: Uint8Array, payload?: Uint8Array): void;
  /** Writes a notification on another thread, since the kernel may block it. Rejects, never throws. */
  queuedWrite(message: Uint8Array): Promise<void>;
  /** Calls `ready` whenever there is something to read, or an error to find. To be called once. */
  watch(ready: () => void): void;
  /** Ends watching. If the mount is still there, its requests fail with ENOTCONN from now on. */
  close(): void;
}

export class FuseDevice implements Device {
  #watcher: native.Watcher | undefined;

  /** Takes over the descriptor. */
  constructor(readonly fd: number) {}

  read(into: Uint8Array): number {
    return native.read(this.fd, into);
  }

  write(header: Uint8Array, payload?: Uint8Array): void {
    native.write(this.fd, header, payload);
  }

  async queuedWrite(message: Uint8Array): Promise<void> {
    await native.queuedWrite(this.fd, message);
  }

  watch(ready: () => void): void {
    this.#watcher = new native.Watcher(this.fd, ready);
  }

  close(): void {
    this.#watcher?.close();
    native.close(this.fd);
  }
}
