import type { Interruptible } from '../base/interruptible.js';
import type { Files } from './control-file.js';

/** Where an element is. */
export interface ElementAnchor {
  /** `/X…/a/b` */
  readonly path: string;
  scrub(options?: Interruptible): Promise<void>;
}

/** An element's files and place, for a program of the library. */
export interface ElementHandle {
  readonly anchor: ElementAnchor;
  readonly files: Files;
  /** Where it is noted until it is disposed. */
  readonly held: Set<Disposable>;
}

/**
 * An element, as a program of the library holds it. Every call can fail with EHOSTUNREACH, if its
 * member cannot be reached, and with EINTR, if its signal is aborted. To dispose of it leaves the
 * element as it is.
 */
export abstract class HeldElement implements Disposable, AsyncDisposable {
  readonly anchor: ElementAnchor;
  protected readonly files: Files;
  readonly #held: Set<Disposable>;

  constructor({ anchor, files, held }: ElementHandle) {
    this.anchor = anchor;
    this.files = files;
    this.#held = held;
    held.add(this);
  }

  /** Ends it at once, whatever its state, and removes it. @throws CircuitError ENOENT, EINTR */
  scrub(options?: Interruptible): Promise<void> {
    return this.anchor.scrub(options);
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
