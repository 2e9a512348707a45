import type { Request } from '../conversation/request.js';

/**
 * A write that goes on after its program was answered, because the program is being stopped
 * (Ctrl-Z). The program goes on later as if all had been written; its next write, and its close(2),
 * wait for the rest. So a blocked `echo` survives a stop as it does on a FIFO, where the kernel
 * makes the call anew.
 */
export class WriteBehind {
  /** Resolves when the write is over, however it ended. */
  readonly over: Promise<void>;
  /** The table of open files of its program, as {@link Request.filesOwner}. */
  readonly filesOwner: number;
  readonly #caller: Request;
  readonly #previous: WriteBehind | undefined;
  #withdrawn = false;

  /**
   * @param done Settles as the write does.
   * @param failed Told why it failed, unless it was withdrawn.
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

  /** The program is killed, or gives up: what has not been taken by now is not to be. */
  withdraw(): void {
    this.#withdrawn = true;
    this.#caller.abort();
    this.#previous?.withdraw();
  }
}
