import { isChildSubreaper, isOwnChild, reapProcess } from '../../native/index.js';
import { errorCode, errorMessage } from '../base/error.js';
import { processStats } from '../kinds/proc/stat.js';

/** How long after a child has ended we look for orphans, in milliseconds. */
const LOOK_AFTER_MS = 1_000;

/**
 * Reaps orphans where that is for us to do: as the first process of a container, or as a child
 * subreaper (prctl(2)). A process whose parent ends before it does becomes our child, and stays a
 * zombie until somebody waits for it; what we have started ourselves must not be taken from
 * those who wait for that. The processes of the circuit are known. Node's own children
 * (fusermount3) Node reaps as soon as the event loop turns: what is still a zombie when we look
 * for the second time is nobody's.
 */
export class OrphanReaper implements Disposable {
  readonly #log: (event: string) => void;
  readonly #onChild = () => this.#lookSoon();
  #seen: ReadonlySet<number> = new Set();
  #timer: NodeJS.Timeout | undefined;

  /** @param log Told when orphans cannot be reaped. */
  constructor(log: (event: string) => void) {
    this.#log = log;
    if (process.pid !== 1 && !isChildSubreaper()) return;
    process.on('SIGCHLD', this.#onChild);
    // Some may have been left to us by the program that became us.
    this.#lookSoon();
  }

  [Symbol.dispose](): void {
    process.off('SIGCHLD', this.#onChild);
    clearTimeout(this.#timer);
  }

  #lookSoon(): void {
    this.#timer ??= setTimeout(async () => {
      try {
        await this.#look();
      } catch (error) {
        this.#log(`orphans are not reaped: ${errorMessage(error)}`);
      } finally {
        this.#timer = undefined;
      }
      if (this.#seen.size > 0) this.#lookSoon();
    }, LOOK_AFTER_MS).unref();
  }

  async #look(): Promise<void> {
    const seen = this.#seen;
    this.#seen = new Set();
    const left = new Set<number>();
    for await (const { pid, parent, state } of processStats()) {
      if (state !== 'Z' || parent !== process.pid || isOwnChild(pid)) continue;
      if (seen.has(pid)) reap(pid);
      else left.add(pid);
    }
    this.#seen = left;
  }
}

function reap(pid: number): void {
  try {
    reapProcess(pid);
  } catch (error) {
    if (errorCode(error) !== 'ECHILD') throw error;
  }
}
