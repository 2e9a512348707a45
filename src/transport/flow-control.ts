import { Mutex } from '../base/mutex.js';
import { CONGESTED_CHUNK, MAX_CHUNK, SMALL, WINDOW } from './limits.js';

/** The part of a WebSocket that the flow control needs. */
export interface FlowingSocket {
  /** How many bytes wait to be sent. */
  readonly bufferedAmount: number;
  readonly readyState: number;
  readonly OPEN: number;
  pong(data: string, mask: undefined, flushed: () => void): void;
}

/**
 * Pushes back while the peer, or the network, is slower than we are: answers wait, so that no more
 * than {@link WINDOW} waits in our memory, with the calls of others behind it. Calls do not wait,
 * since their order has a meaning.
 */
export class FlowControl {
  readonly #socket: FlowingSocket;
  /** How many bytes may be sent and are not yet known to have been. */
  #granted = 0;
  /** Held by the answer that waits for room; those behind it queue for it. */
  readonly #turn = new Mutex();

  constructor(socket: FlowingSocket) {
    this.#socket = socket;
  }

  /** Whether an answer would have to wait. */
  get congested(): boolean {
    return !this.#turn.isFree || this.#isFull;
  }

  /** How many bytes one call should carry now. */
  get chunk(): number {
    return this.congested ? CONGESTED_CHUNK : MAX_CHUNK;
  }

  /**
   * Waits until an answer of so many bytes may be sent; the caller must then send it at once.
   * Answers are let go in the order in which they came. A small one does not wait, nor does any
   * once the connection has ended.
   * @returns Nothing if the answer may be sent now.
   */
  room(bytes: number): Promise<void> | undefined {
    if (bytes < SMALL) return undefined;
    if (!this.congested) {
      this.#grant(bytes);
      return undefined;
    }
    return this.#queue(bytes);
  }

  async #queue(bytes: number): Promise<void> {
    const turn = await this.#turn.lock();
    await this.#drained();
    this.#grant(bytes);
    turn[Symbol.dispose]();
  }

  get #isFull(): boolean {
    return this.#socket.bufferedAmount + this.#granted > WINDOW;
  }

  /** The answer is sent before the event loop turns; from then on the socket counts it. */
  #grant(bytes: number): void {
    this.#granted += bytes;
    setImmediate(() => {
      this.#granted -= bytes;
    });
  }

  async #drained(): Promise<void> {
    while (this.#isFull && this.#socket.readyState === this.#socket.OPEN) {
      if (this.#granted > 0) await new Promise((resolve) => setImmediate(resolve));
      else await this.#flushed();
    }
  }

  /** RFC 6455, section 5.5.3, allows a pong that nobody asked for; it goes out behind the rest. */
  #flushed(): Promise<void> {
    return new Promise((resolve) => this.#socket.pong('', undefined, () => resolve()));
  }
}
