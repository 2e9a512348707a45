import { errorCode } from '../base/error.js';
import type { Interruptible } from '../base/interruptible.js';
import type { Files } from './control-file.js';

/** The anchor of an element. */
export interface ElementAnchor {
  /** `/X…/a/b` */
  readonly path: string;
  scrub(options?: Interruptible): Promise<void>;
}

/** An element's files and place, for a program of the library. */
export interface ElementHandle {
  readonly anchor: ElementAnchor;
  readonly files: Files;
  /** Holds it until it is disposed. */
  readonly held: Set<Disposable>;
}

/**
 * An element, as a program of the library holds it. Every call can fail with EHOSTUNREACH, if its
 * member cannot be reached, and with EINTR, if its signal is aborted. The element stays as it is when
 * this is disposed.
 */
export abstract class HeldElement<Peek> implements Disposable, AsyncDisposable {
  readonly anchor: ElementAnchor;
  protected readonly files: Files;
  readonly #held: Set<Disposable>;

  constructor({ anchor, files, held }: ElementHandle) {
    this.anchor = anchor;
    this.files = files;
    this.#held = held;
    held.add(this);
  }

  /** Its state, as the file `peek` shows it. @throws CircuitError EINTR */
  async peek({ signal }: Interruptible = {}): Promise<Peek> {
    return JSON.parse(await this.files.value('peek', signal));
  }

  /** Ends it at once, whatever its state, and removes it. @throws CircuitError ENOENT, EINTR */
  scrub({ signal }: Interruptible = {}): Promise<void> {
    return this.files.command('scrub', '', signal);
  }

  [Symbol.dispose](): void {
    if (!this.#held.delete(this)) return;
    this.endStreams();
    this.files[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
  }

  /** Ends the streams that were opened through it. */
  protected endStreams(): void {}
}

/** All that `receive` gives, one after the other, until there is none and will be none. */
export async function* untilDrained<T>(
  receive: () => Promise<T>,
): AsyncGenerator<T, void, undefined> {
  for (;;) {
    let received: T;
    try {
      received = await receive();
    } catch (error) {
      if (errorCode(error) === 'ENODATA') return;
      throw error;
    }
    yield received;
  }
}
