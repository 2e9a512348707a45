import { errorMessage } from '../base/error.js';
import { within } from '../base/interruptible.js';
import type { Adopt, Host, Kind } from '../kinds/table.js';

type Begun = AsyncDisposable | undefined;

/** The resources that the kinds of a member have begun with its daemon. */
export class BegunKinds {
  readonly #host: Host;
  readonly #begun = new Map<string, Promise<Begun>>();

  constructor(host: Host) {
    this.#host = host;
  }

  /** Begins a kind, if that has something to begin, and its option is given where it has one. */
  begin(kind: Kind, option: string | true | undefined, adopt: Adopt): void {
    if (!kind.begin || (kind.start && option === undefined)) return;
    // Whatever it throws is a failure of its makers, and not of the daemon.
    const begun = Promise.resolve().then(() => kind.begin?.(this.#host, option, adopt));
    this.#begun.set(kind.name, begun);
    begun.catch((error) => this.#host.log(`${kind.name} did not begin: ${errorMessage(error)}`));
  }

  /** The resource that a kind has begun, or is beginning. */
  of(kind: string): Promise<Begun> | undefined {
    return this.#begun.get(kind);
  }

  /** Ends all of it; what takes longer than `timeout` milliseconds is left, and logged. */
  async end(timeout: number): Promise<void> {
    const late = () => new Error(`not within ${timeout / 1000} s`);
    const ends = [...this.#begun].map(async ([name, begun]) => {
      try {
        await within(ending(begun), timeout, late);
      } catch (error) {
        this.#host.log(`${name} did not end: ${errorMessage(error)}`);
      }
    });
    await Promise.all(ends);
  }
}

async function ending(begun: Promise<Begun>): Promise<void> {
  // It has been logged that it did not begin.
  const resource = await begun.catch(() => undefined);
  await resource?.[Symbol.asyncDispose]();
}
