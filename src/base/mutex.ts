import { wouldWait } from './error.js';
import { Semaphore } from './semaphore.js';

/** A lock for one holder at a time; callers get it in the order in which they came. */
export class Mutex {
  readonly #semaphore = new Semaphore(1);

  /** Whether a caller would get the lock at once. */
  get isFree(): boolean {
    return this.#semaphore.isFree;
  }

  /**
   * Resolves when the caller has the lock; disposing the result releases it.
   * @throws CircuitError EINTR
   */
  lock(signal?: AbortSignal): Promise<Disposable> {
    return this.#semaphore.acquire(signal);
  }

  /** @throws CircuitError EAGAIN: another caller holds the lock. */
  tryLock(): Disposable {
    const held = this.#semaphore.tryAcquire();
    if (!held) throw wouldWait('another reader or writer of it waits');
    return held;
  }
}
