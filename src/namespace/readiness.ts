import { PollEvents } from '../../mount/node.js';

/** A file whose readiness can be waited for. */
export interface Waitable {
  /** Whether a read, or a write, would be answered at once. */
  ready(signal?: AbortSignal): Promise<boolean>;
  /** Resolves when that may be so. */
  whenReady(signal?: AbortSignal): Promise<void>;
}

/** Answers poll(2) for one open file whose readiness may be another member's to tell. */
export class Readiness {
  readonly #file: Waitable;
  readonly #event: number;
  #ended = false;
  /** Made at the first poll: most files are never polled. */
  #controller: AbortController | undefined;

  /** @param event The answer when it is ready, of {@link PollEvents}. */
  constructor(file: Waitable, event: number) {
    this.#file = file;
    this.#event = event;
  }

  /** @see Handle.poll */
  async poll(notify: (() => void) | undefined): Promise<number> {
    this.#controller ??= new AbortController();
    if (this.#ended) this.#controller.abort();
    const { signal } = this.#controller;
    try {
      if (await this.#file.ready(signal)) return this.#event;
    } catch {
      // A read or a write tells what is wrong.
      return this.#event | PollEvents.error;
    }
    if (notify) this.#file.whenReady(signal).then(notify, notify);
    return 0;
  }

  /** The file is closed, which ends its waits. */
  end(): void {
    this.#ended = true;
    this.#controller?.abort();
  }
}
