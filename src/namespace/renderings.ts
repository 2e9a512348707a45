import type { Caller } from '../../mount/node.js';
import { EvictingMap } from '../base/evicting-map.js';
import { interruptible } from '../base/interruptible.js';
import { TimeStamps } from '../base/time-stamps.js';
import { inTime, LOOK_TIMEOUT_MS } from './look.js';
import { RenderedFile } from './rendered-file.js';

/** How long a program that has looked at a value opens the same text. */
const SAME_FOR_MS = 20;

/** How much of the last texts is kept; the one that was looked at longest ago is evicted first. */
const KEPT_BYTES = 4 * 1024 * 1024;

/** The cost of a text beside its own bytes. */
const OVERHEAD_BYTES = 512;

/** How often texts that are of no more use are forgotten. */
const FORGET_EVERY_MS = 1_000;

/** The values of one directory, and how to render them. */
export interface ValueSource {
  /** Differs from that of every other source of the mount. */
  readonly key: string;
  /** Whether the values are another member's. */
  readonly remote: boolean;
  /** Whether that member is known not to answer now: a look does not ask it. */
  suspected(): boolean;
  readonly names: readonly string[];
  /** Gives the texts of these values as they are now, each with the newline at its end. */
  ask(names: readonly string[]): ReadonlyMap<string, Promise<string>>;
}

/** A text that was asked for. */
interface Rendering {
  /** The program that looked. */
  readonly pid: number;
  /** How often something had been done through the mount. */
  readonly epoch: number;
  readonly started: number;
  readonly text: Promise<string>;
  /** When the text came; both on the clock of `performance.now()`. */
  settled: number | undefined;
}

/**
 * The values of one mount, as they were last rendered.
 *
 * Programs that copy and archive trust st_size. They look at a file (stat), open it, look again
 * (fstat), and read as many bytes as they were told. So a value is rendered when its name is looked
 * up, and **each text is an inode of its own**: its size, its time and its content never change.
 * An open that follows a look of the same program takes the same text, since tar and cpio write
 * the size before they open.
 */
export class Renderings {
  readonly #renderings = new Map<string, Rendering>();
  /** The kernel remembers inodes for long: the texts are not kept for it. */
  readonly #files = new EvictingMap<string, RenderedFile>({
    limit: KEPT_BYTES,
    costOf: ({ size }) => size + OVERHEAD_BYTES,
    evicted: (file) => file.drop(),
  });
  #epoch = 0;
  readonly #stamps = new TimeStamps();
  #forgetting: NodeJS.Timeout | undefined;

  /** Something was done through this mount, and any value may have changed by it. */
  expire(): void {
    this.#epoch += 1;
  }

  /**
   * The file for a look at the text that a value has now.
   * @returns Nothing if there is no text, or none within {@link LOOK_TIMEOUT_MS}.
   * @throws CircuitError EINTR
   */
  async look(source: ValueSource, name: string, caller: Caller): Promise<RenderedFile | undefined> {
    const known = this.#usable(source, name, caller);
    if (!known && (source.suspected() || this.#isOverdue(source, name))) return undefined;
    const { text, started } = known ?? this.#begin(source, name, caller);
    const left = started + LOOK_TIMEOUT_MS - performance.now();
    try {
      const shown = await interruptible(inTime(text, left), caller.signal);
      return shown === undefined ? undefined : this.#file(source, name, shown);
    } catch (error) {
      if (caller.aborted) throw error;
      // An open tells what is wrong, or waits longer.
      return undefined;
    }
  }

  /** The file for an open, which waits as long as it takes. @throws CircuitError */
  async open(source: ValueSource, name: string, caller: Caller): Promise<RenderedFile> {
    const { text } = this.#usable(source, name, caller) ?? this.#begin(source, name, caller);
    return this.#file(source, name, await interruptible(text, caller.signal));
  }

  /** The text that this very program has been shown a moment ago, if it has done nothing since. */
  #usable(source: ValueSource, name: string, { pid }: Caller): Rendering | undefined {
    const last = this.#renderings.get(keyOf(source, name));
    if (last?.pid !== pid || last.epoch !== this.#epoch) return undefined;
    const { settled = Number.POSITIVE_INFINITY } = last;
    return settled + SAME_FOR_MS < performance.now() ? undefined : last;
  }

  /** Whether it has been asked for, and the member, or what is behind an element of ours, has not answered in time. */
  #isOverdue(source: ValueSource, name: string): boolean {
    const last = this.#renderings.get(keyOf(source, name));
    if (!last || last.settled !== undefined) return false;
    return last.started + LOOK_TIMEOUT_MS < performance.now();
  }

  /** Asks for a text. Another member is asked for all values of the directory, in one message. */
  #begin(source: ValueSource, name: string, { pid }: Caller): Rendering {
    const epoch = this.#epoch;
    const started = performance.now();
    for (const [each, text] of source.ask(source.remote ? source.names : [name])) {
      const rendering: Rendering = { pid, epoch, started, text, settled: undefined };
      const settled = () => {
        rendering.settled = performance.now();
      };
      text.then(settled, settled);
      this.#renderings.set(keyOf(source, each), rendering);
    }
    this.#forgetLater();
    const wanted = this.#renderings.get(keyOf(source, name));
    if (!wanted) throw new TypeError(`no value ${name}`);
    return wanted;
  }

  /** The inode for a text: the last one, if it has the same text. */
  #file(source: ValueSource, name: string, text: string): RenderedFile {
    const key = keyOf(source, name);
    const content = Buffer.from(text);
    const last = this.#files.get(key);
    const file = last?.has(content)
      ? last
      : new RenderedFile(content, this.#stamps.next(), (caller) => this.open(source, name, caller));
    this.#files.set(key, file);
    return file;
  }

  /** Forgets texts that no program can open any more. A text that has not come is still being asked for. */
  #forgetLater(): void {
    if (this.#forgetting) return;
    this.#forgetting = setTimeout(() => {
      this.#forgetting = undefined;
      const now = performance.now();
      for (const [key, { settled }] of this.#renderings) {
        if (settled !== undefined && settled + SAME_FOR_MS < now) this.#renderings.delete(key);
      }
      if (this.#renderings.size > 0) this.#forgetLater();
    }, FORGET_EVERY_MS).unref();
  }
}

function keyOf({ key }: ValueSource, name: string): string {
  return `${key}/${name}`;
}
