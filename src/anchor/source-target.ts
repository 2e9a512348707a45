import { RpcTarget } from 'capnweb';
import { CircuitError, errorCode, interrupted } from '../base/error.js';
import type { Source } from '../kinds/control-file.js';
import type { FlowControl } from '../transport/flow-control.js';
import { countFrom, sizeFrom } from './arguments.js';
import { Release } from './release.js';

/** The bytes that a peer reads at once. */
export interface Piece {
  readonly data: Uint8Array;
  /** These are the last, so that the peer need not ask. */
  readonly ended: boolean;
  /** More will follow at once: it pays to ask before these have been read. */
  readonly streams: boolean;
  /** As {@link Source.claimed}. */
  readonly claimed: boolean;
}

/** A source that gives so many bytes in each piece has more to give. */
const WORTH_MORE_BYTES = 16 * 1024;

/** An answer of so many bytes is part of a stream. */
const MUCH_BYTES = 64 * 1024;

/**
 * A peer's open source. The bytes of a read are the peer's when it acknowledges them; what is not
 * acknowledged when it goes, or is cut off, is pushed back.
 */
export class SourceTarget extends RpcTarget implements Disposable {
  readonly #source: Source;
  readonly #flow: FlowControl;
  readonly #release = new Release();
  /** Pieces that were read and are not acknowledged, in order. */
  readonly #given: Uint8Array[] = [];
  /** Ends the reads that came after the last {@link giveBack}. */
  #reads = new Release();
  #lastRead: Promise<unknown> = Promise.resolve();
  /** The piece that is being read, if one is. */
  #reading: Promise<unknown> = Promise.resolve();
  /** The error of a read after bytes that were given: a source may tell of it only once. */
  #failure: unknown;
  /** An error that the peer was told of, and that has come to nobody there. */
  #untold: unknown;
  /** The last answer was a large one. */
  #streams = false;

  constructor(source: Source, flow: FlowControl) {
    super();
    this.#source = source;
    this.#flow = flow;
  }

  /**
   * Several may be asked for at once, and are answered in order.
   * @param acknowledged As in {@link acknowledge}.
   */
  read(max: number, nonblock: boolean, acknowledged: number): Promise<Piece> {
    const size = sizeFrom(max);
    // If that does not reach the source's member, the reads that follow fail.
    this.#acknowledge(countFrom(acknowledged)).catch(() => {});
    const reads = this.#reads;
    const reading = this.#lastRead.then(() => this.#read(size, nonblock === true, reads));
    this.#lastRead = reading.catch(() => undefined);
    return reading;
  }

  /** @param bytes How many more have been delivered; 0 for the end. @throws CircuitError EIO, EINVAL */
  async acknowledge(bytes: number): Promise<void> {
    const count = countFrom(bytes);
    if (count > 0) await this.#acknowledge(count);
    else await this.#source.settled(new Uint8Array(), true);
  }

  /** Ends the reads, and pushes back all that was not acknowledged. The reads that follow come after. */
  async giveBack(): Promise<void> {
    this.#reads.run();
    this.#reads = new Release();
    // In order: the piece that is being read comes after those that were given.
    const over = this.#reading.then(() => {
      const [first = new Uint8Array(), ...more] = this.#given.splice(0);
      for (const data of [...more.reverse(), first]) void this.#source.settled(data, false);
      // The bytes before it are to be read again, if there are any, and it after them.
      const error = this.#failure ?? this.#untold;
      if (error !== undefined) this.#source.untold?.(error);
      this.#failure = undefined;
      this.#untold = undefined;
    });
    this.#lastRead = Promise.all([this.#lastRead, over]);
    await over;
  }

  /** As {@link Source.untold}, of an error that the peer was told of; it gives back, or goes, next. */
  untold(): void {
    this.#untold = new CircuitError('EIO', 'the reader has gone');
  }

  async ready(): Promise<boolean> {
    return this.#failure !== undefined || (await this.#source.ready());
  }

  async whenReady(): Promise<void> {
    if (this.#failure !== undefined) return;
    await this.#release.whileHeld((signal) => this.#source.whenReady(signal));
  }

  [Symbol.dispose](): void {
    if (this.#release.done) return;
    this.#release.run();
    this.giveBack().then(() => this.#source.close());
  }

  async #acknowledge(bytes: number): Promise<void> {
    const settled: (void | Promise<void>)[] = [];
    for (let left = bytes, data = this.#given[0]; data && left > 0; data = this.#given[0]) {
      const part = data.subarray(0, left);
      if (part.length === data.length) this.#given.shift();
      else this.#given[0] = data.subarray(left);
      settled.push(this.#source.settled(part, true));
      left -= part.length;
    }
    await Promise.all(settled);
  }

  async #read(size: number, nonblock: boolean, reads: Release): Promise<Piece> {
    const data = await this.#gather(size, nonblock, reads);
    const ended = data.length === 0 || this.#source.ended === true;
    await this.#flow.room(data.length);
    // It has been pushed back meanwhile.
    if (reads.done) throw interrupted();
    const { claimed = false } = this.#source;
    return { data, ended, streams: this.#streams && !claimed, claimed };
  }

  #readPiece(size: number, nonblock: boolean, reads: Release): Promise<Uint8Array> {
    const reading = reads.whileHeld(async (signal) => {
      if (signal.aborted) throw interrupted();
      this.#throwFailure();
      const data = await this.#source.read(size, { signal, nonblock });
      if (data.length > 0) this.#given.push(data);
      return data;
    });
    this.#reading = reading.catch(() => {});
    return reading;
  }

  /**
   * Adds to a piece what follows at once, as far as it has room behind it in memory: a pipe holds
   * 64 KiB, and an answer takes as long for a little as for much. Not while answers wait.
   */
  async #gather(max: number, nonblock: boolean, reads: Release): Promise<Uint8Array> {
    const first = await this.#readPiece(max, nonblock, reads);
    const size = Math.min(max, first.buffer.byteLength - first.byteOffset);
    const pieces = [first];
    let length = first.length;
    // A writer that is fast is met at its first page when it has been waited for.
    let goOn = this.#streams;
    while (
      length > 0 &&
      length < size &&
      (goOn || length >= pieces.length * WORTH_MORE_BYTES) &&
      !this.#flow.congested
    ) {
      goOn = false;
      await new Promise((resolve) => setImmediate(resolve));
      const piece = await this.#readMore(size - length, reads);
      if (!piece) break;
      pieces.push(piece);
      length += piece.length;
    }
    this.#streams = length >= MUCH_BYTES;
    return joined(pieces, length);
  }

  /** Nothing where it would block; the end, or what is wrong, is for the next read to tell. */
  async #readMore(size: number, reads: Release): Promise<Uint8Array | undefined> {
    try {
      const piece = await this.#readPiece(size, true, reads);
      return piece.length > 0 ? piece : undefined;
    } catch (error) {
      const isNone = errorCode(error) === 'EAGAIN' || (reads.done && errorCode(error) === 'EINTR');
      if (!isNone) this.#failure = error;
      return undefined;
    }
  }

  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }
}

/** Read one after the other, pieces mostly lie so in memory, too: then nothing is copied. */
function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = pieces;
  if (!first) return new Uint8Array();
  let end = first.byteOffset;
  for (const { buffer, byteOffset, byteLength } of pieces) {
    if (buffer !== first.buffer || byteOffset !== end) return Buffer.concat(pieces, length);
    end += byteLength;
  }
  return new Uint8Array(first.buffer, first.byteOffset, length);
}
