/** The file /dev/fuse, opened and mounted. */
import * as native from '../../native/index.js';

/** What a {@link Connection} needs of it; whatever fails throws an Error with `code`. */
export interface Device {
  /** Reads one request; 0 where none is waiting. ENODEV: unmounted. */
  read(into: Uint8Array): number;
  /** Writes a reply in one system call. ENOENT: nobody waits for it any more. */
  write(header: Uint8Array, payload?: Uint8Array): void;
  /** Writes a notification that the kernel may hold up, away from the event loop. Rejects, never throws. */
  queuedWrite(message: Uint8Array): Promise<void>;
  /** Calls `ready` while there is something to read, or the device is in error. Once. */
  watch(ready: () => void): void;
  /** Ends watching. Where the mount is still there, its requests fail with ENOTCONN from now on. */
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
