import { wouldWait } from '../base/error.js';
import { interruptible } from '../base/interruptible.js';
import type { Source, WaitOptions } from './control-file.js';

/** A source whose bytes are a text that comes at some time. */
export class LateText implements Source {
  readonly #isThere: () => boolean;
  readonly #text: () => Promise<string>;
  #rest: Buffer | undefined;

  /**
   * @param isThere Whether the text has come.
   * @param text Resolves to the text when it has come.
   */
  constructor(isThere: () => boolean, text: () => Promise<string>) {
    this.#isThere = isThere;
    this.#text = text;
  }

  async read(max: number, { signal, nonblock }: WaitOptions = {}): Promise<Uint8Array> {
    if (!this.#rest) {
      if (nonblock && !this.#isThere()) throw wouldWait('it has not ended');
      const text = await interruptible(this.#text(), signal);
      // Another read may have waited for it, too, and have been the first.
      this.#rest ??= Buffer.from(text);
    }
    const data = this.#rest.subarray(0, max);
    this.#rest = this.#rest.subarray(data.length);
    return data;
  }

  settled(data: Uint8Array, delivered: boolean): void {
    if (!delivered && this.#rest) this.#rest = Buffer.concat([data, this.#rest]);
  }

  get ended(): boolean {
    return this.#rest?.length === 0;
  }

  async ready(): Promise<boolean> {
    return this.#rest !== undefined || this.#isThere();
  }

  async whenReady(signal?: AbortSignal): Promise<void> {
    await interruptible(this.#text(), signal);
  }

  close(): void {}
}
