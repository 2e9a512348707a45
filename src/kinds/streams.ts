import { Readable, Writable } from 'node:stream';
import { asCircuitError } from '../base/error.js';
import type { Interruptible } from '../base/interruptible.js';
import { MAX_PIECE, type Sink, type Source, writeAll } from './control-file.js';

/** Gives all that is left of a source, and settles each piece when the next one is asked for. */
export async function* readAll(
  source: Source,
  options?: Interruptible,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    const data = await source.read(MAX_PIECE, options);
    if (data.length === 0) return;
    yield data;
    await source.settled(data, true);
  }
}

/** All that is left of a source, as text, and closes it. @throws CircuitError as {@link Source.read} */
export async function textOf(source: Source): Promise<string> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of readAll(source)) pieces.push(piece);
  } finally {
    source.close();
  }
  return Buffer.concat(pieces).toString();
}

/**
 * A source as a Node stream. It reads ahead by one piece. When it is destroyed it pushes back the
 * bytes that it has not handed out.
 */
export class SourceStream extends Readable {
  readonly #source: Source;
  readonly #destroyed = new AbortController();
  #first: Uint8Array | undefined;
  /** The piece that was pushed last, and is not known to be handed out. */
  #pushed: Uint8Array = new Uint8Array();

  /**
   * @param source Is closed with the stream.
   * @param first Bytes that were read and delivered already.
   */
  constructor(source: Source, first?: Uint8Array) {
    // One piece at a time in the buffer, however large it is.
    super({ highWaterMark: 1 });
    this.#source = source;
    this.#first = first;
  }

  /** Called when all that was pushed has been handed out. */
  override _read(): void {
    this.#settle(0);
    const first = this.#first;
    this.#first = undefined;
    if (first && first.length > 0) {
      this.push(first);
      return;
    }
    this.#source.read(MAX_PIECE, { signal: this.#destroyed.signal }).then(
      (data) => {
        if (this.destroyed) return void this.#source.settled(data, false);
        this.#pushed = data;
        this.push(data.length === 0 ? null : data);
      },
      (error) => this.destroy(asCircuitError(error)),
    );
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    // With an encoding the buffer holds characters, and the number of bytes left is not known.
    this.#settle(this.readableEncoding === null ? this.readableLength : 0);
    this.#destroyed.abort();
    this.#source.close();
    callback(error);
  }

  /** @param left How many bytes of the last piece were not handed out. */
  #settle(left: number): void {
    const data = this.#pushed;
    this.#pushed = new Uint8Array();
    const had = data.length - Math.min(left, data.length);
    if (had > 0) void this.#source.settled(data.subarray(0, had), true);
    if (had < data.length) void this.#source.settled(data.subarray(had), false);
  }
}

/** A sink as a Node stream. */
export class SinkStream extends Writable {
  readonly #sink: Sink;
  readonly #destroyed = new AbortController();

  /** @param sink Is closed with the stream. */
  constructor(sink: Sink) {
    super({ highWaterMark: MAX_PIECE });
    this.#sink = sink;
    // Without a listener, the loss of one member would end a program that runs processes on many. A
    // program that must know of it listens, or uses pipeline().
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
    settle(writeAll(this.#sink, new Uint8Array(), { last: true }), callback);
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#destroyed.abort();
    // After `end` it has been closed already.
    this.#sink.abort();
    callback(error);
  }

  async #writeAll(data: Uint8Array): Promise<void> {
    const { signal } = this.#destroyed;
    for (let at = 0; at < data.length; ) {
      at += await writeAll(this.#sink, data.subarray(at), { signal });
    }
  }
}

function settle(work: Promise<unknown>, callback: (error?: Error | null) => void): void {
  work.then(
    () => callback(),
    (error) => callback(asCircuitError(error)),
  );
}
