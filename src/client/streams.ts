import { Readable, Writable } from 'node:stream';
import type { ByteReader, ProcessWriter } from '../anchor/circuit.js';
import { asCircuitError } from '../base/error.js';
import { MAX_CHUNK } from '../transport/limits.js';

/** What is read as a stream. */
export type Source = Pick<ByteReader, 'read' | 'received' | 'close'>;
export type Sink = Pick<ProcessWriter, 'write' | 'close'>;

/**
 * What a process prints, or a message, as a Node stream. It reads ahead by one
 * chunk, and gives back what is left of it when it is destroyed.
 */
export class SourceStream extends Readable {
  readonly #source: Source;
  readonly #destroyed = new AbortController();
  /** Bytes that were pushed and that nobody is known to have. */
  #pushed = 0;

  /** @param source Is closed with the stream. */
  constructor(source: Source) {
    // One chunk at a time in the buffer, however large it is.
    super({ highWaterMark: 1 });
    this.#source = source;
  }

  /** Called when all that was pushed has been handed out. */
  override _read(): void {
    this.#tellReceived(0);
    this.#source.read(MAX_CHUNK, { signal: this.#destroyed.signal }).then(
      (data) => {
        this.#pushed = data.length;
        this.push(data.length === 0 ? null : data);
      },
      (error) => this.destroy(asCircuitError(error)),
    );
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    // With an encoding the buffer holds characters, and what is left is not known in bytes.
    this.#tellReceived(this.readableEncoding === null ? this.readableLength : 0);
    this.#destroyed.abort();
    this.#source.close();
    callback(error);
  }

  #tellReceived(left: number): void {
    if (this.#pushed > left) this.#source.received(this.#pushed - left);
    this.#pushed = 0;
  }
}

/** The standard input of a process as a Node stream. */
export class SinkStream extends Writable {
  readonly #sink: Sink;
  readonly #destroyed = new AbortController();

  /** @param sink Is closed with the stream. */
  constructor(sink: Sink) {
    super({ highWaterMark: MAX_CHUNK });
    this.#sink = sink;
    // Else one member that is lost ends a program that runs processes on many. Who wants to
    // know listens, or uses pipeline().
    this.on('error', () => {});
  }

  override _write(
    data: Buffer,
    _encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    settle(this.#writeAll(data), callback);
  }

  /** Many small writes become one call. */
  override _writev(
    chunks: ReadonlyArray<{ readonly chunk: Buffer }>,
    callback: (error?: Error | null) => void,
  ): void {
    settle(this.#writeAll(Buffer.concat(chunks.map(({ chunk }) => chunk))), callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    settle(this.#sink.close(), callback);
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#destroyed.abort();
    // Where the member has gone, so has the input.
    this.#sink.close().catch(() => {});
    callback(error);
  }

  async #writeAll(data: Uint8Array): Promise<void> {
    const { signal } = this.#destroyed;
    for (let at = 0; at < data.length; ) {
      at += await this.#sink.write(data.subarray(at), { signal });
    }
  }
}

function settle(work: Promise<void>, callback: (error?: Error | null) => void): void {
  work.then(
    () => callback(),
    (error) => callback(asCircuitError(error)),
  );
}
