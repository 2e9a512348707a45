import { isChildSubreaper, isOwnChild, loadFailure, reapProcess } from '../../native/index.js';
import { errorCode, errorMessage } from '../base/error.js';
import { processStats } from '../kinds/proc/stat.js';

/** How long after a child has ended we look for orphans. */
const LOOK_AFTER_MS = 1_000;

/**
 * Reaps orphans where that is our task: as the first process of a container, or as a child
 * subreaper (prctl(2)). A process whose parent ends first becomes our child, and stays a zombie
 * until somebody waits for it. The processes that we have started must be left to their own
 * waiters: the circuit knows its processes, and Node reaps its own children (fusermount3) as soon
 * as the event loop turns. So a zombie that is still there at the second look is an orphan.
 */
export class OrphanReaper implements Disposable {
  readonly #log: (event: string) => void;
  readonly #onChild = () => this.#lookSoon();
  #seen: ReadonlySet<number> = new Set();
  #timer: NodeJS.Timeout | undefined;

  /** @param log Called when orphans cannot be reaped. */
  constructor(log: (event: string) => void) {
    this.#log = log;
    if (loadFailure || (process.pid !== 1 && !isChildSubreaper())) return;
    process.on('SIGCHLD', this.#onChild);
    // The program that became us may have left some.
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
