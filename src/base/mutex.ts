import { interrupted, wouldWait } from './error.js';

/** One at a time, in the order in which they came: what readers of one thing, or writers, queue for. */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #taken = false;

  /** Whether it would be a caller's turn at once. */
  get free(): boolean {
    return !this.#taken;
  }

  /** Resolves when it is this caller's turn, which ends when the result is disposed of. @throws CircuitError EINTR */
  async take(signal?: AbortSignal): Promise<Disposable> {
    if (signal?.aborted) throw interrupted();
    if (this.#taken) await this.#queue(signal);
    this.#taken = true;
    return this.#turn();
  }

  /** @throws CircuitError EAGAIN: somebody else’s turn is not over. */
  takeNow(): Disposable {
    if (this.#taken) throw wouldWait('somebody else’s turn is not over');
    this.#taken = true;
    return this.#turn();
  }

  #turn(): Disposable {
    return {
      [Symbol.dispose]: () => {
        const next = this.#waiting.shift();
        if (next) next();
        else this.#taken = false;
      },
    };
  }

  #queue(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const next = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(next), 1);
        reject(interrupted());
      };
      this.#waiting.push(next);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }
}
