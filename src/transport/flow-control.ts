import type { WebSocket } from 'ws';
import { BULK, WINDOW } from './limits.js';

/**
 * Bulk that is sent over one connection waits here while the peer, or the network, is slower than
 * we are. Otherwise it would lie in our memory, and the calls of others behind it.
 */
export class FlowControl {
  readonly #socket: WebSocket;
  /** Of who came last, if somebody waits. */
  #lastTurn: Promise<void> | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Whether bulk has to wait now. */
  get congested(): boolean {
    return this.#lastTurn !== undefined || this.#isFull;
  }

  get #isFull(): boolean {
    return this.#socket.bufferedAmount > WINDOW;
  }

  /**
   * Waits until so many bytes may be sent: one after the other, as they came. What is
   * not bulk does not wait, nor does anything once the connection has ended: sending it fails.
   * @returns Nothing if they may be sent now.
   */
  room(bytes: number): Promise<void> | undefined {
    if (bytes < BULK || !this.congested) return undefined;
    const turn = (this.#lastTurn ?? Promise.resolve()).then(() => this.#drained());
    this.#lastTurn = turn;
    turn.then(() => {
      if (this.#lastTurn === turn) this.#lastTurn = undefined;
    });
    return turn;
  }

  async #drained(): Promise<void> {
    // Whoever had the turn before sends first.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#isFull && this.#socket.readyState === this.#socket.OPEN) await this.#flushed();
  }

  /** RFC 6455, section 5.5.3: a pong that nobody asked for is allowed; it goes behind the rest. */
  #flushed(): Promise<void> {
    return new Promise((resolve) => this.#socket.pong('', undefined, () => resolve()));
  }
}
