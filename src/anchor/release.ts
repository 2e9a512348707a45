import { CircuitError } from '../base/error.js';

/** Why a signal of ours is aborted; made once: AbortController makes a DOMException each time. */
const LET_GO = new CircuitError('EINTR', 'let go');

/**
 * Controllers that were not aborted, to be used again: each message takes two, and to make their
 * signals took a tenth of the daemon's time.
 */
const free: AbortController[] = [];
const MAX_FREE = 64;

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
    this.#controller ??= free.pop() ?? new AbortController();
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
    if (this.#done) return;
    this.#done = true;
    if (!this.#controller) return;
    if (this.#waiting > 0) this.#controller.abort(LET_GO);
    else if (free.length < MAX_FREE) free.push(this.#controller);
    this.#controller = undefined;
  }
}
