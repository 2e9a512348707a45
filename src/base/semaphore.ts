import { interrupted } from './error.js';
import { onAbort } from './interruptible.js';

/** Lets so many holders in at a time; callers come in in the order in which they asked. */
export class Semaphore {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(holders: number) {
    this.#free = holders;
  }

  /** Whether a caller would come in at once. */
  get isFree(): boolean {
    return this.#free > 0;
  }

  /**
   * Resolves when the caller is in; disposing the result lets the next one in.
   * @throws CircuitError EINTR
   */
  async acquire(signal?: AbortSignal): Promise<Disposable> {
    if (signal?.aborted) throw interrupted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#queue(signal);
    return this.#held();
  }

  /** The same at once, or not at all. */
  tryAcquire(): Disposable | undefined {
    if (this.#free === 0) return undefined;
    this.#free -= 1;
    return this.#held();
  }

  #held(): Disposable {
    return {
      [Symbol.dispose]: () => {
        const next = this.#waiting.shift();
        if (next) next();
        else this.#free += 1;
      },
    };
  }

  #queue(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const next = () => {
        forget();
        resolve();
      };
      this.#waiting.push(next);
      const forget = onAbort(signal, (why) => {
        this.#waiting.splice(this.#waiting.indexOf(next), 1);
        reject(why);
      });
    });
  }
}
