import { CircuitError, type ErrorCode } from '../../base/error.js';
import { passed } from '../../base/garbage.js';
import { until } from '../../base/interruptible.js';
import { MAX_WAITING } from './message.js';
import { MESSAGE_OVERHEAD, type MessageShare } from './message-memory.js';

/**
 * The bytes of one message on their way from a sender to a receiver, with backpressure. It owns
 * its bytes, and accounts for them in its sender's share of the memory until they are delivered.
 */
export class MessageBody {
  readonly #share: MessageShare;
  readonly #chunks: Uint8Array[] = [];
  #waiting = 0;
  /** Bytes that were taken last, and are still in the hands of the one who took them. */
  #taken = 0;
  /** In the share: what waits, what was taken, and what a message costs by itself. */
  #held = 0;
  #ended = false;
  #failure: CircuitError | undefined;
  /** A receiver has it for good. */
  #received = false;
  /** The receiver has gone: nobody will read what is still written. */
  #abandoned = false;
  /** Nobody will read it, and what is written to it is not kept. */
  #dropped = false;
  readonly #listeners = new Set<() => void>();

  constructor(share: MessageShare) {
    this.#share = share;
  }

  /** Whether a read would be answered at once. */
  get readable(): boolean {
    return this.#waiting > 0 || this.#ended || this.#failure !== undefined;
  }

  /** Whether all of it has been written. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether all of it has been read. */
  get isRead(): boolean {
    return this.#ended && this.#waiting === 0;
  }

  /** Whether {@link drained} would wait. */
  get isFull(): boolean {
    return this.#waiting > MAX_WAITING;
  }

  /** Whether its receiver can go on only when more is written. */
  get isAwaited(): boolean {
    return this.#received && this.#waiting === 0;
  }

  /** Whether it has broken off, or its receiver has gone: a write fails. */
  get isOver(): boolean {
    return this.#abandoned || this.#failure !== undefined;
  }

  /** Whether a write would be answered at once. */
  get writable(): boolean {
    return this.#waiting < MAX_WAITING || this.isOver;
  }

  /** Resolves when `condition` holds, which is looked at whenever something has changed. @throws CircuitError EINTR */
  async until(condition: () => boolean, signal?: AbortSignal): Promise<void> {
    if (!condition()) await until(condition, (look) => this.onChange(look), signal);
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** To be called also when what somebody waits for here has changed elsewhere. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** From now on it costs what a message costs. */
  enter(): void {
    this.#hold(MESSAGE_OVERHEAD);
  }

  /**
   * Adds a copy of these bytes; at most a writer's last chunk goes beyond {@link MAX_WAITING}.
   * They are the writer's: a buffer that is used again, or a small part of a large frame.
   */
  push(data: Uint8Array): void {
    if (data.length === 0 || this.#dropped) return;
    this.#chunks.push(new Uint8Array(data));
    this.#waiting += data.length;
    this.#hold(data.length);
    passed(data.length);
    this.changed();
  }

  /** Resolves when no more than {@link MAX_WAITING} bytes wait. @throws CircuitError EPIPE, EINTR */
  async drained(signal?: AbortSignal): Promise<void> {
    const hasRoom = () => !this.isFull || this.#failure !== undefined;
    await this.until(hasRoom, signal);
    this.checkReceiver();
  }

  /** The message is complete. */
  end(): void {
    this.#ended = true;
    this.changed();
  }

  /** The message breaks off: what has been written can still be read, then the reader fails. */
  breakOff(code: ErrorCode, why: string): void {
    if (this.#ended) return;
    this.#failure ??= new CircuitError(code, why);
    this.changed();
  }

  /** Nobody reads any more: writers fail with EPIPE. */
  abandon(): void {
    this.#abandoned = true;
    this.drop();
    this.changed();
  }

  /** Nobody will read it: it holds nothing any more. */
  drop(): void {
    this.#dropped = true;
    this.#chunks.length = 0;
    this.#waiting = 0;
    this.#taken = 0;
    this.#free(this.#held);
  }

  /** @throws CircuitError EPIPE (it has gone) */
  checkReceiver(): void {
    if (this.#abandoned) throw new CircuitError('EPIPE', 'the receiver has gone');
    if (this.#failure) throw this.#failure;
  }

  /** Up to `max` bytes; none at the end of the message. @throws CircuitError EIO (it broke off) */
  take(max: number): Uint8Array {
    const chunk = this.#chunks[0];
    if (!chunk) {
      if (this.#failure) throw this.#failure;
      return new Uint8Array();
    }
    if (chunk.length > max) this.#chunks[0] = chunk.subarray(max);
    else this.#chunks.shift();
    const taken = chunk.subarray(0, max);
    this.#waiting -= taken.length;
    this.#taken += taken.length;
    this.changed();
    return taken;
  }

  /** All that was taken until now has been delivered, and the message is its receiver's. */
  settle(): void {
    const isNews = !this.#received;
    this.#received = true;
    this.#free(this.#taken);
    this.#taken = 0;
    if (isNews) this.changed();
  }

  /** Puts back what was taken last, to be taken next. */
  unread(data: Uint8Array): void {
    if (data.length === 0 || this.#dropped) return;
    this.#chunks.unshift(data);
    this.#waiting += data.length;
    this.#taken -= data.length;
  }

  #hold(bytes: number): void {
    this.#held += bytes;
    this.#share.hold(bytes);
  }

  #free(bytes: number): void {
    if (bytes === 0) return;
    this.#held -= bytes;
    this.#share.free(bytes);
  }
}
