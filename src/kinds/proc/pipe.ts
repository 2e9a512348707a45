import * as native from '../../../native/index.js';
import { moved } from '../../base/garbage.js';
import { interruptible } from '../../base/interruptible.js';
import { Listeners } from '../../base/listeners.js';

/**
 * Our end of a pipe to a process. It holds no bytes: those that nobody has asked for stay
 * in the kernel's 64 KiB, which hold the process back.
 */
export class PipeEnd {
  readonly #listeners = new Listeners();
  readonly #readiness: number;
  #fd: number | undefined;
  #watcher: native.Watcher | undefined;
  #bytesInThisTurn = 0;

  /** @param fd Becomes this object's. */
  constructor(fd: number, readiness: 'readable' | 'writable') {
    this.#fd = fd;
    this.#readiness = native.WatchFor[readiness];
  }

  /** Undefined when it is closed. */
  get fd(): number | undefined {
    return this.#fd;
  }

  /** Whether reading or writing would be answered at once; true when it is closed. */
  get ready(): boolean {
    return this.#fd === undefined || native.isReady(this.#fd);
  }

  /** Resolves when this may be ready, or {@link wake} was called. @throws CircuitError EINTR */
  async wait(signal?: AbortSignal): Promise<void> {
    if (this.#fd === undefined) return;
    if (this.#listeners.size === 0) this.#watch(this.#fd);
    let waiting: Disposable | undefined;
    const ready = new Promise<void>((resolve) => {
      waiting = this.#listeners.add(resolve);
    });
    try {
      await interruptible(ready, signal);
    } catch (error) {
      waiting?.[Symbol.dispose]();
      if (this.#listeners.size === 0) this.#rest();
      throw error;
    }
  }

  /** Notes bytes that were moved, for {@link breathe} and for the memory that they leave behind. */
  count(bytes: number): void {
    this.#bytesInThisTurn += bytes;
    moved(bytes);
  }

  /**
   * Lets the rest of the program have its turn after many bytes: a pipe with a fast process
   * at its other end is always ready, and promises alone never yield to I/O.
   */
  async breathe(): Promise<void> {
    if (this.#bytesInThisTurn < BYTES_PER_TURN) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#bytesInThisTurn = 0;
  }

  /** Wakes those that wait, to look again. */
  wake(): void {
    this.#rest();
    this.#listeners.tellOnce();
  }

  /** May be called again. */
  close(): void {
    if (this.#fd === undefined) return;
    this.#watcher?.close();
    native.close(this.#fd);
    this.#watcher = undefined;
    this.#fd = undefined;
    this.wake();
  }

  #watch(fd: number): void {
    this.#watcher ??= new native.Watcher(fd, () => this.wake());
    this.#watcher.watchFor(this.#readiness);
  }

  #rest(): void {
    this.#watcher?.watchFor(native.WatchFor.none);
  }
}

const BYTES_PER_TURN = 512 * 1024;
