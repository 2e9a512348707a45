import type { Readable } from 'node:stream';
import type * as anchor from '../anchor/circuit.js';
import { errorCode, interrupted } from '../base/error.js';
import { type Interruptible, interruptible } from '../base/interruptible.js';
import { MAX_CHUNK } from '../transport/limits.js';
import type { Anchor } from './anchor.js';
import { SourceStream } from './streams.js';

/** A message, or a piece of one; a string is sent as UTF-8. */
export type MessageData = Uint8Array | string;

/**
 * Go's channel; its values are messages of any length. Messages arrive in order,
 * each at one receiver. Every call can fail with EHOSTUNREACH, if the channel's
 * member cannot be reached. To dispose of it lets go of it and leaves the channel
 * as it is.
 */
export class Channel implements Disposable, AsyncDisposable {
  readonly kind = 'chan';
  readonly anchor: Anchor;
  readonly #channel: anchor.Channel;
  readonly #held: Set<Disposable>;
  readonly #streams = new Set<Readable>();

  constructor(anchor: Anchor, channel: anchor.Channel, held: Set<Disposable>) {
    this.anchor = anchor;
    this.#channel = channel;
    this.#held = held;
    held.add(this);
  }

  /**
   * Sends one message, which may be empty, and resolves when it was taken: by a
   * receiver, or by a free place of the buffer, where up to 64 KiB wait. An
   * iterable gives a message in pieces, no faster than they are received; if it
   * throws, so does this, and the receiver fails with EIO.
   * @throws CircuitError EPIPE (the channel is closed, or the receiver has gone), EINTR
   *   (what was not taken was never sent)
   */
  async send(
    data: MessageData | AsyncIterable<MessageData>,
    { signal }: Interruptible = {},
  ): Promise<void> {
    const message = this.#channel.send();
    try {
      if (typeof data === 'string' || data instanceof Uint8Array) {
        await writeWhole(message, bytesOf(data), { signal, last: true });
        return;
      }
      for await (const piece of interruptibly(data, signal)) {
        const bytes = bytesOf(piece);
        if (bytes.length > 0) await writeWhole(message, bytes, { signal });
      }
      await message.write(new Uint8Array(), { signal, last: true });
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
    const message = this.#channel.receive();
    using patience = new Patience(signal);
    try {
      const chunks = [await message.read(MAX_CHUNK, { signal })];
      const delivered = message.delivered();
      while (!message.complete) chunks.push(await message.read(MAX_CHUNK, patience));
      await delivered;
      const [only = new Uint8Array()] = chunks;
      return chunks.length === 1 ? only : Buffer.concat(chunks);
    } finally {
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
    const message = this.#channel.receive();
    let first: Uint8Array | undefined;
    try {
      first = await message.read(MAX_CHUNK, { signal });
      await message.delivered();
    } catch (error) {
      message.close();
      throw error;
    }
    const stream = new SourceStream({
      read: async (max, options) => {
        const data = first ?? (await message.read(max, options));
        first = undefined;
        return data;
      },
      received: () => {},
      close: () => message.close(),
    });
    this.#streams.add(stream);
    stream.once('close', () => this.#streams.delete(stream));
    return stream;
  }

  /**
   * Receives message by message until the channel is closed and drained.
   * @throws CircuitError EIO, EINTR, as {@link recv}
   */
  async *messages({ signal }: Interruptible = {}): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      let message: Uint8Array;
      try {
        message = await this.recv({ signal });
      } catch (error) {
        if (errorCode(error) === 'ENODATA') return;
        throw error;
      }
      yield message;
    }
  }

  /** {@link messages}, without a signal. */
  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    return this.messages();
  }

  /** No more sends; what is buffered can still be received. @throws CircuitError EINTR */
  close({ signal }: Interruptible = {}): Promise<void> {
    return this.#channel.close(signal);
  }

  /** Its capacity, whether it is closed, and how many messages went in and out. */
  peek({ signal }: Interruptible = {}): Promise<anchor.ChannelPeek> {
    return this.#channel.peek(signal);
  }

  /** Ends it at once: senders fail with EPIPE, receivers with ENODATA. @throws CircuitError ENOENT, EINTR */
  scrub(options?: Interruptible): Promise<void> {
    return this.anchor.scrub(options);
  }

  [Symbol.dispose](): void {
    if (!this.#held.delete(this)) return;
    for (const stream of this.#streams) stream.destroy();
    this.#channel[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
  }
}

/** How long an interrupted receiver waits for the rest of a message, in milliseconds. */
const PATIENCE_MS = 500;

/**
 * Aborted a little later than another signal: who is interrupted in the middle of
 * a message takes the rest, if it comes at once. To drop it would lose a message
 * that its sender believes received.
 */
class Patience implements Disposable {
  readonly #controller = new AbortController();
  readonly #impatient: AbortSignal | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #begin = () => {
    this.#timer = setTimeout(() => this.#controller.abort(), PATIENCE_MS);
  };

  constructor(impatient: AbortSignal | undefined) {
    this.#impatient = impatient;
    if (impatient?.aborted) this.#begin();
    else impatient?.addEventListener('abort', this.#begin, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#impatient?.removeEventListener('abort', this.#begin);
  }
}

/** @throws CircuitError as {@link anchor.OutgoingMessage.write}; EINTR where only a part was taken */
async function writeWhole(
  message: anchor.OutgoingMessage,
  data: Uint8Array,
  options: anchor.WriteOptions,
): Promise<void> {
  const taken = await message.write(data, options);
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
    // Not awaited: an iterable that hangs would hang us. What it says now concerns nobody.
    if (!finished) iterator.return?.(undefined).catch(() => {});
  }
}
