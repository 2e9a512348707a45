import { interrupted, wouldWait } from './error.js';
import { onAbort } from './interruptible.js';

/**
 * A lock for one holder at a time, or for so many; callers get it in the order in which they came.
 */
export class Mutex {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(holders = 1) {
    this.#free = holders;
  }

  /** Whether a caller would get the lock at once. */
  get isFree(): boolean {
    return this.#free > 0;
  }

  /**
   * Resolves when the caller has the lock; disposing the result releases it.
   * @throws CircuitError EINTR
   */
  async lock(signal?: AbortSignal): Promise<Disposable> {
    if (signal?.aborted) throw interrupted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#queue(signal);
    return this.#held();
  }

  /** @throws CircuitError EAGAIN: another caller holds the lock. */
  tryLock(): Disposable {
    if (this.#free === 0) throw wouldWait('another reader or writer of it waits');
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
