import { CircuitError } from '../base/error.js';

/** Why a signal of ours is aborted; made once: AbortController makes a DOMException each time. */
const LET_GO = new CircuitError('EINTR', 'let go');

/** Whether a peer still holds what we export: the calls that wait for the peer end when it lets go. */
export class Release {
  #done = false;
  /** Made by the first call. It is aborted only if a call waits, since that costs time. */
  #controller: AbortController | undefined;
  #waiting = 0;

  get done(): boolean {
    return this.#done;
  }

  /** Runs a call that waits as long as the peer holds on. */
  async whileHeld<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#controller ??= new AbortController();
    if (this.#done) this.#controller.abort(LET_GO);
    this.#waiting += 1;
    try {
      return await run(this.#controller.signal);
    } finally {
      this.#waiting -= 1;
    }
  }

  /** The peer lets go. */
  run(): void {
    this.#done = true;
    if (this.#waiting > 0) this.#controller?.abort(LET_GO);
  }
}
