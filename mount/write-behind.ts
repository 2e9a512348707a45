import type { RequestCaller } from './caller.js';

/**
 * A write that goes on after its program was answered, because the program is being stopped
 * (Ctrl-Z). The program goes on later as if all had been written; its next write, and its close(2),
 * wait for the rest. So a blocked `echo` survives a stop as it does on a FIFO, where the kernel
 * makes the call anew.
 */
export class WriteBehind {
  /** Settles as the write does; what it fails with is for the next write, or for the close. */
  readonly done: Promise<void>;
  readonly #caller: RequestCaller;

  constructor(done: Promise<void>, caller: RequestCaller) {
    this.done = done;
    this.done.catch(() => undefined);
    this.#caller = caller;
  }

  /** The writer, as {@link RequestCaller.filesOwner}. */
  get filesOwner(): number {
    return this.#caller.filesOwner;
  }

  /** The program is killed, or gives up: what has not been taken by now is not to be. */
  withdraw(): void {
    this.#caller.abort();
  }
}
