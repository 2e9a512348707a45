import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage } from '../../base/error.js';
import type { Host } from '../table.js';
import type { Engine } from './engine.js';
import { isGone } from './engine-container.js';

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;

/** Containers that are no elements, and could not be removed: they go as soon as the engine removes them. */
export class UnwantedContainers implements Disposable {
  readonly #engine: Engine;
  readonly #host: Host;
  readonly #containers = new Set<string>();
  readonly #ended = new AbortController();

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
    this.#ended.abort();
  }

  async #remove(container: string, name: string): Promise<void> {
    const { signal } = this.#ended;
    for (let wait = FIRST_DELAY_MS; ; wait = Math.min(2 * wait, MAX_DELAY_MS)) {
      await delay(wait, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      try {
        await this.#engine.remove(container);
        this.#host.log(`container ${name} was left behind, and has been removed`);
        break;
      } catch (error) {
        if (isGone(error)) break;
        // The engine does not answer, is not there, or is removing it.
      }
    }
    this.#containers.delete(container);
  }
}
