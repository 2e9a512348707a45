import { type Caller, type Handle, PollEvents } from '../../mount/node.js';
import { errorCode } from '../base/error.js';
import { type Files, isRetriable, type Sink, writeAll } from '../kinds/control-file.js';
import { type Place, pathOf } from './operation.js';
import { Readiness } from './readiness.js';

/** An open sink. The file `error` tells why a write failed, but the log nothing. */
export class SinkHandle implements Handle {
  readonly io = 'stream';
  readonly #place: Place;
  readonly #files: Files;
  readonly #sink: Sink;
  readonly #readiness: Readiness;
  /** A program that held it open has been killed since the last write: it may not be complete. */
  #abandoned = false;

  /** @param files Disposed with it. */
  constructor(place: Place, files: Files, sink: Sink) {
    this.#place = place;
    this.#files = files;
    this.#sink = sink;
    this.#readiness = new Readiness(sink);
  }

  poll(notify: (() => void) | undefined): Promise<number> {
    return this.#readiness.poll(PollEvents.out, notify);
  }

  async write(data: Uint8Array, nonblock: boolean, { signal }: Caller): Promise<number> {
    const { failures, renderings } = this.#place.context;
    this.#abandoned = false;
    try {
      return await writeAll(this.#sink, data, { signal, nonblock });
    } catch (error) {
      // A file that tries once fails with EAGAIN; a program that does not block writes again.
      const isTry = !nonblock && errorCode(error) === 'EAGAIN';
      if (isTry || !isRetriable(error)) failures.note(pathOf(this.#place), error);
      throw error;
    } finally {
      renderings.expire();
    }
  }

  /** The program need not be the last to close it: timeout(1), and a shell, hold it, too. */
  abandon(): void {
    this.#abandoned = true;
  }

  release(): void {
    this.#readiness.end();
    if (this.#abandoned) this.#sink.abort();
    else this.#sink.close();
    this.#files[Symbol.dispose]();
  }
}
