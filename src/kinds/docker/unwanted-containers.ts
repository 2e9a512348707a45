import { errorMessage } from '../../base/error.js';
import { retry } from '../../base/retry.js';
import type { Host } from '../table.js';
import type { Engine } from './engine.js';
import { isGone } from './engine-container.js';

/** Containers that are no elements, and could not be removed: they go as soon as the engine removes them. */
export class UnwantedContainers implements Disposable {
  readonly #engine: Engine;
  readonly #host: Host;
  readonly #containers = new Set<string>();
  #isOver = false;

  constructor(engine: Engine, host: Host) {
    this.#engine = engine;
    this.#host = host;
  }

  /** @param container Its id, or its name. */
  has(container: string): boolean {
    return this.#containers.has(container);
  }

  /**
   * Removes a container as soon as that can be done.
   * @param container Its id, or the name of one that may have been made.
   * @param name For the log.
   * @param why Why it is still there.
   */
  add(container: string, name: string, why: unknown): void {
    this.#host.log(`container ${name} is not removed yet: ${errorMessage(why)}`);
    this.#containers.add(container);
    void this.#remove(container, name);
  }

  /** Those that are left stay in the engine. */
  [Symbol.dispose](): void {
    this.#isOver = true;
  }

  async #remove(container: string, name: string): Promise<void> {
    await retry(async () => {
      if (this.#isOver) return;
      try {
        await this.#engine.remove(container);
      } catch (error) {
        // Otherwise the engine does not answer, is not there, or is removing it.
        if (!isGone(error)) throw error;
        return;
      }
      this.#host.log(`container ${name} was left behind, and has been removed`);
    });
    this.#containers.delete(container);
  }
}
