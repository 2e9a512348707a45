import { CircuitError, type ErrorCode } from '../error.js';
import { until } from '../interruptible.js';

/** How much of a message waits for its receiver, in bytes. */
export const MAX_WAITING = 64 * 1024;

/** The bytes of one message on their way from a sender to a receiver, with backpressure. */
export class MessageBody {
  readonly #chunks: Uint8Array[] = [];
  #waiting = 0;
  #ended = false;
  #failure: CircuitError | undefined;
  /** The receiver has gone: nobody will read what is still written. */
  #abandoned = false;
  readonly #listeners = new Set<() => void>();

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

  /** Whether a write would be answered at once. */
  get writable(): boolean {
    return this.#waiting < MAX_WAITING || this.#abandoned || this.#failure !== undefined;
  }

  /** Resolves when `condition` holds, which is looked at whenever something has changed. @throws CircuitError EINTR */
  async until(condition: () => boolean, signal?: AbortSignal): Promise<void> {
    const watch = (look: () => void) => {
      this.#listeners.add(look);
      return { [Symbol.dispose]: () => this.#listeners.delete(look) };
    };
    if (!condition()) await until(condition, watch, signal);
  }

  /** To be called also when what somebody waits for here has changed elsewhere. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Adds bytes; at most a writer's last chunk goes beyond {@link MAX_WAITING}. */
  push(data: Uint8Array): void {
    if (data.length === 0) return;
    this.#chunks.push(data);
    this.#waiting += data.length;
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
    this.#chunks.length = 0;
    this.#waiting = 0;
    this.changed();
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
    this.changed();
    return taken;
  }

  /** Puts back what was taken last, to be taken next. */
  unread(data: Uint8Array): void {
    if (data.length === 0) return;
    this.#chunks.unshift(data);
    this.#waiting += data.length;
  }
}
