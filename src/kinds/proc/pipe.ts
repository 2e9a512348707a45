import * as native from '../../../native/index.js';

/**
 * Our end of a pipe to a process. It holds no bytes: what was not asked for
 * stays in the kernel's 64 KiB, which is what holds the process back.
 */
export class PipeEnd {
  readonly #listeners = new Set<() => void>();
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

  /** Calls the listener once, later, when this is ready or {@link wake} was called. */
  onceReady(listener: () => void): Disposable {
    if (this.#fd === undefined) {
      queueMicrotask(listener);
      return { [Symbol.dispose]: () => undefined };
    }
    let waiting = true;
    const once = () => {
      if (waiting) listener();
    };
    if (this.#listeners.size === 0) this.#watch(this.#fd);
    this.#listeners.add(once);
    return {
      [Symbol.dispose]: () => {
        waiting = false;
        if (this.#listeners.delete(once) && this.#listeners.size === 0) this.#rest();
      },
    };
  }

  /** Resolves when this may be ready, or the signal is aborted. */
  wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        signal?.removeEventListener('abort', done);
        waiting[Symbol.dispose]();
        resolve();
      };
      const waiting = this.onceReady(done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  /** Notes bytes that were moved, for {@link breathe}. */
  count(bytes: number): void {
    this.#bytesInThisTurn += bytes;
  }

  /**
   * Lets the rest of the program have its turn after many bytes: a pipe whose
   * other end is fast is always ready, and promises alone never yield to I/O.
   */
  async breathe(): Promise<void> {
    if (this.#bytesInThisTurn < BYTES_PER_TURN) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#bytesInThisTurn = 0;
  }

  /** Has whoever waits look again. */
  wake(): void {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    this.#rest();
    for (const listener of listeners) listener();
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
