import { PollEvents } from '../../mount/node.js';

/** Answers poll(2) for one open file whose readiness may be another member's to tell. */
export class Readiness {
  readonly #ready: (signal: AbortSignal) => Promise<boolean>;
  readonly #whenReady: (signal: AbortSignal) => Promise<void>;
  #ended = false;
  /** Made at the first poll: most files are never polled. */
  #controller: AbortController | undefined;

  /**
   * @param ready Whether a read, or a write, would be answered at once.
   * @param whenReady Resolves when that may be so.
   */
  constructor(
    ready: (signal: AbortSignal) => Promise<boolean>,
    whenReady: (signal: AbortSignal) => Promise<void>,
  ) {
    this.#ready = ready;
    this.#whenReady = whenReady;
  }

  /** @param event What to answer when it is ready. @see Handle.poll */
  async poll(event: number, notify: (() => void) | undefined): Promise<number> {
    this.#controller ??= new AbortController();
    if (this.#ended) this.#controller.abort();
    const { signal } = this.#controller;
    try {
      if (await this.#ready(signal)) return event;
    } catch {
      // A read or a write tells what is wrong.
      return event | PollEvents.error;
    }
    if (notify) this.#whenReady(signal).then(notify, notify);
    return 0;
  }

  /** The file is closed: nobody waits any more. */
  end(): void {
    this.#ended = true;
    this.#controller?.abort();
  }
}
