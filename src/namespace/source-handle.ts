import { type Caller, type Handle, PollEvents } from '../../mount/node.js';
import type { Files, Source } from '../kinds/control-file.js';
import { Readiness } from './readiness.js';
import type { Renderings } from './renderings.js';

/** An open source. */
export class SourceHandle implements Handle {
  readonly io = 'stream';
  readonly #files: Files;
  readonly #source: Source;
  readonly #renderings: Renderings;
  readonly #readiness: Readiness;

  /** @param files Disposed with it. */
  constructor(files: Files, source: Source, renderings: Renderings) {
    this.#files = files;
    this.#source = source;
    this.#renderings = renderings;
    this.#readiness = new Readiness(source);
  }

  poll(notify: (() => void) | undefined): Promise<number> {
    return this.#readiness.poll(PollEvents.in, notify);
  }

  async read(
    _offset: number,
    size: number,
    nonblock: boolean,
    { signal }: Caller,
  ): Promise<Uint8Array> {
    const data = await this.#source.read(size, { signal, nonblock });
    this.#renderings.expire();
    return data;
  }

  settled(data: Uint8Array, delivered: boolean): void {
    void this.#source.settled(data, delivered);
  }

  release(): void {
    this.#readiness.end();
    this.#source.close();
    this.#files[Symbol.dispose]();
  }
}
