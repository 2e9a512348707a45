import { ByteQueue } from '../../base/byte-queue.js';
import { CircuitError, type ErrorCode } from '../../base/error.js';
import { passed } from '../../base/garbage.js';
import { until } from '../../base/interruptible.js';
import { Listeners } from '../../base/listeners.js';
import { MAX_WAITING, MESSAGE_OVERHEAD, type MessageShare } from '../message-memory.js';

/**
 * The bytes of one message on their way from a sender to a receiver, with backpressure. It owns
 * its bytes, and accounts for them in its sender's share of the memory until they are delivered.
 */
export class MessageBody {
  readonly #share: MessageShare;
  readonly #bytes = new ByteQueue();
  /** Bytes that were taken last and are not known to be delivered. */
  #taken = 0;
  /** In the share: the bytes that wait or were taken, and the message by itself. */
  #held = 0;
  #ended = false;
  /** It broke off, or its receiver has gone. */
  #failure: CircuitError | undefined;
  /** A receiver has it for good. */
  #received = false;
  /** It will not be read, and keeps no bytes. */
  #dropped = false;
  readonly #listeners = new Listeners();

  constructor(share: MessageShare) {
    this.#share = share;
  }

  /** Whether a read would be answered at once. */
  get readable(): boolean {
    return this.#bytes.length > 0 || this.#ended || this.isOver;
  }

  /** Whether all of it has been written. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether all of it has been read. */
  get isRead(): boolean {
    return this.#ended && this.#bytes.length === 0;
  }

  /** Whether {@link drained} would block. */
  get isFull(): boolean {
    return this.#bytes.length > MAX_WAITING;
  }

  /** Whether its receiver can go on only when more is written. */
  get isAwaited(): boolean {
    return this.#received && this.#bytes.length === 0;
  }

  /** Whether it has broken off, or its receiver has gone: a write fails. */
  get isOver(): boolean {
    return this.#failure !== undefined;
  }

  /** Whether a write would be answered at once. */
  get writable(): boolean {
    return this.#bytes.length < MAX_WAITING || this.isOver;
  }

  /** Resolves when `condition` holds, which is looked at whenever something has changed. @throws CircuitError EINTR */
  async until(condition: () => boolean, signal?: AbortSignal): Promise<void> {
    if (!condition()) await until(condition, (look) => this.onChange(look), signal);
  }

  onChange(listener: () => void): Disposable {
    return this.#listeners.add(listener);
  }

  /** To be called also when a condition of {@link until} has changed elsewhere. */
  changed(): void {
    this.#listeners.tell();
  }

  /** From now on it counts as a message. */
  enter(): void {
    this.#hold(MESSAGE_OVERHEAD);
  }

  /** Adds a copy of these bytes: the writer uses its buffer again, or they are a part of a large frame. */
  push(data: Uint8Array): void {
    if (data.length === 0 || this.#dropped) return;
    this.#bytes.push(new Uint8Array(data));
    this.#hold(data.length);
    passed(data.length);
    this.changed();
  }

  /** Resolves when no more than {@link MAX_WAITING} bytes wait. @throws CircuitError EPIPE, EINTR */
  async drained(signal?: AbortSignal): Promise<void> {
    await this.until(() => !this.isFull || this.isOver, signal);
    this.checkReceiver();
  }

  /** The message is complete. */
  end(): void {
    this.#ended = true;
    this.changed();
  }

  /** The message breaks off: the bytes that have been written can still be read, then a read fails. */
  breakOff(code: ErrorCode, why: string): void {
    if (this.#ended) return;
    this.#failure ??= new CircuitError(code, why);
    this.changed();
  }

  /** The receiver has gone: a write fails with EPIPE. */
  abandon(): void {
    this.#failure = new CircuitError('EPIPE', 'the receiver has gone');
    this.drop();
    this.changed();
  }

  /** It will not be read, and holds nothing any more. */
  drop(): void {
    this.#dropped = true;
    this.#bytes.clear();
    this.#taken = 0;
    this.#free(this.#held);
  }

  /** @throws CircuitError EPIPE (its receiver has gone), EIO (it broke off) */
  checkReceiver(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Up to `max` bytes; none at the end of the message. @throws CircuitError EIO (it broke off) */
  take(max: number): Uint8Array {
    if (this.#bytes.length === 0 && this.#failure) throw this.#failure;
    const taken = this.#bytes.take(max);
    this.#taken += taken.length;
    if (taken.length > 0) this.changed();
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

  /** Puts back bytes that were taken last, to be taken next. */
  unread(data: Uint8Array): void {
    if (data.length === 0 || this.#dropped) return;
    this.#bytes.unshift(data);
    const held = Math.min(this.#taken, data.length);
    this.#taken -= held;
    // They may have been settled already.
    this.#hold(data.length - held);
    this.changed();
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
