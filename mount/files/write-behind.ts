import type { Request } from '../conversation/request.js';

/**
 * A write that goes on after its program was answered, because the program is being stopped (Ctrl-Z).
 * The program continues later as if all had been written; its next write and its close(2) wait for the
 * rest. So a blocked `echo` survives a stop as it does on a FIFO, where the kernel restarts the call.
 */
export class WriteBehind {
  /** Resolves when the write has succeeded or failed. */
  readonly over: Promise<void>;
  /** The table of open files of its program: {@link Request.filesOwner}. */
  readonly filesOwner: number;
  readonly #caller: Request;
  readonly #previous: WriteBehind | undefined;
  #withdrawn = false;

  /**
   * @param done Settles as the write does.
   * @param failed Receives the error, unless the write was withdrawn.
   * @param previous The write that this one waits for.
   */
  constructor(
    done: Promise<unknown>,
    caller: Request,
    failed: (error: unknown) => void,
    previous: WriteBehind | undefined,
  ) {
    this.filesOwner = caller.filesOwner;
    this.#caller = caller;
    this.#previous = previous;
    this.over = done.then(
      () => undefined,
      (error: unknown) => {
        if (!this.#withdrawn) failed(error);
      },
    );
  }

  /** The program is killed, or gives up: bytes that were not taken by now shall not be. */
  withdraw(): void {
    this.#withdrawn = true;
    this.#caller.abort();
    this.#previous?.withdraw();
  }
}
