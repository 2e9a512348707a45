import type { Readable } from 'node:stream';
import { interrupted } from '../../base/error.js';
import { type Interruptible, interruptible, onAbort } from '../../base/interruptible.js';
import { MAX_PIECE, type Sink, type WriteOptions, writeAll } from '../control-file.js';
import { HeldElement, untilDrained } from '../held-element.js';
import { SourceStream } from '../streams.js';
import type { ChannelPeek } from './channel-element.js';

/** A message, or a piece of one; a string is sent as UTF-8. */
export type MessageData = Uint8Array | string;

/**
 * Go's channel; its values are messages of any length. Messages arrive in order, each at one
 * receiver.
 */
export class Channel extends HeldElement<ChannelPeek> {
  readonly kind = 'chan';
  readonly #streams = new Set<Readable>();

  /**
   * Sends one message, which may be empty, and resolves when it was accepted: by a
   * receiver, or by a free place of the buffer, where up to 64 KiB wait. An
   * iterable gives a message in pieces, no faster than they are received; if it
   * throws, so does this, and the receiver fails with EIO.
   * @throws CircuitError EPIPE (the channel is closed, or the receiver has gone), EINTR
   *   (it was not accepted, and will not be received)
   */
  async send(
    data: MessageData | AsyncIterable<MessageData>,
    { signal }: Interruptible = {},
  ): Promise<void> {
    const message = this.files.sink('send');
    try {
      if (typeof data === 'string' || data instanceof Uint8Array) {
        await writeWhole(message, bytesOf(data), { signal, last: true });
        return;
      }
      for await (const piece of interruptibly(data, signal)) {
        const bytes = bytesOf(piece);
        if (bytes.length > 0) await writeWhole(message, bytes, { signal });
      }
      await writeAll(message, new Uint8Array(), { signal, last: true });
    } catch (error) {
      message.abort();
      throw error;
    }
  }

  /**
   * Receives one message. It is delivered when this resolves; if it is
   * interrupted before it has begun, the message goes to the next receiver; if in its
   * middle, it has 500 ms to come to its end, and after that its sender gets EPIPE.
   * @throws CircuitError ENODATA (the channel is closed and drained), EIO (the sender
   *   has gone in the middle of the message), EINTR
   */
  async recv({ signal }: Interruptible = {}): Promise<Uint8Array> {
    const message = this.files.source('recv');
    const patience = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const stop = onAbort(signal, () => {
      timer = setTimeout(() => patience.abort(), PATIENCE_MS);
    });
    try {
      const first = await message.read(MAX_PIECE, { signal });
      const delivered = message.settled(first, true);
      const pieces = [first];
      for (let piece = first; piece.length > 0 && !message.ended; ) {
        piece = await message.read(MAX_PIECE, patience);
        message.settled(piece, true);
        pieces.push(piece);
      }
      await delivered;
      return pieces.length === 1 ? first : Buffer.concat(pieces);
    } finally {
      stop();
      clearTimeout(timer);
      message.close();
    }
  }

  /**
   * Receives one message as a stream, for messages that are too long for memory.
   * Resolves when the message has begun, which delivers it. The stream fails with
   * EIO if the sender goes away; to destroy it before its end gives the sender EPIPE.
   * @throws CircuitError ENODATA, EIO, EINTR, as {@link recv}
   */
  async recvStream({ signal }: Interruptible = {}): Promise<Readable> {
    const message = this.files.source('recv');
    let first: Uint8Array;
    try {
      first = await message.read(MAX_PIECE, { signal });
      await message.settled(first, true);
    } catch (error) {
      message.close();
      throw error;
    }
    const stream = new SourceStream(message, first);
    this.#streams.add(stream);
    stream.once('close', () => this.#streams.delete(stream));
    return stream;
  }

  /**
   * Receives message by message until the channel is closed and drained.
   * @throws CircuitError EIO, EINTR, as {@link recv}
   */
  messages(options?: Interruptible): AsyncGenerator<Uint8Array, void, undefined> {
    return untilDrained(() => this.recv(options));
  }

  /** {@link messages}, without a signal. */
  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    return this.messages();
  }

  /** No more sends; what is buffered can still be received. @throws CircuitError EINTR */
  close({ signal }: Interruptible = {}): Promise<void> {
    return this.files.command('close', '', signal);
  }

  protected override endStreams(): void {
    for (const stream of this.#streams) stream.destroy();
  }
}

/**
 * How long a receiver that is interrupted in the middle of a message waits for the rest. To drop it at
 * once would lose a message that its sender believes received.
 */
const PATIENCE_MS = 500;

/** @throws CircuitError as {@link writeAll}; EINTR where only a part was taken */
async function writeWhole(message: Sink, data: Uint8Array, options: WriteOptions): Promise<void> {
  const taken = await writeAll(message, data, options);
  if (taken < data.length) throw interrupted();
}

function bytesOf(data: MessageData): Uint8Array {
  return typeof data === 'string' ? Buffer.from(data) : data;
}

/** The same values; EINTR when the signal is aborted, also while the next one is waited for. */
async function* interruptibly<T>(
  values: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  const iterator = values[Symbol.asyncIterator]();
  let finished = false;
  try {
    for (;;) {
      const { done, value } = await interruptible(iterator.next(), signal);
      finished = done === true;
      if (done) return;
      yield value;
    }
  } finally {
    // Not awaited: an iterable that hangs would hang us. Its answer no longer matters.
    if (!finished) iterator.return?.(undefined).catch(() => {});
  }
}
