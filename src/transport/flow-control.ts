import { Mutex } from '../base/mutex.js';
import { CONGESTED_CHUNK, MAX_CHUNK, SMALL, WINDOW } from './limits.js';

/** What is needed of a WebSocket. */
export interface FlowingSocket {
  /** What lies unsent, in bytes. */
  readonly bufferedAmount: number;
  readonly readyState: number;
  readonly OPEN: number;
  pong(data: string, mask: undefined, flushed: () => void): void;
}

/**
 * Holds back what is sent over one connection while the peer, or the network, is slower than
 * we are: answers wait, so that no more than {@link WINDOW} lies unsent in our memory, with
 * the calls of others behind it. Calls do not wait: their order means something.
 */
export class FlowControl {
  readonly #socket: FlowingSocket;
  /** What may be sent and is not known to have been, in bytes. */
  #granted = 0;
  /** Held by the answer that waits for room, and awaited by those behind it. */
  readonly #turn = new Mutex();

  constructor(socket: FlowingSocket) {
    this.#socket = socket;
  }

  /** Whether an answer would have to wait. */
  get congested(): boolean {
    return !this.#turn.isFree || this.#isFull;
  }

  /** How much one call is to carry now, in bytes. */
  get chunk(): number {
    return this.congested ? CONGESTED_CHUNK : MAX_CHUNK;
  }

  /**
   * Waits until an answer of so many bytes may be sent, which must be done at once then: one
   * after the other, as they came. Small ones do not wait, nor does any once the connection
   * has ended.
   * @returns Nothing if it may be sent now.
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

  /** It is sent before the event loop turns, and then the socket counts it. */
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

  /** RFC 6455, section 5.5.3: a pong that nobody asked for is allowed; it goes behind the rest. */
  #flushed(): Promise<void> {
    return new Promise((resolve) => this.#socket.pong('', undefined, () => resolve()));
  }
}
