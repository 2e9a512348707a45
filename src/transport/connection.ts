import type { WebSocket } from 'ws';
import { IDLE_TIMEOUT, KEEPALIVE_INTERVAL } from './limits.js';

/**
 * One WebSocket to a peer, watched: it is pinged when it is silent, dropped when
 * it does not answer, and closed when nobody has used or held it for a while.
 */
export class Connection<Main> {
  /** What we may call of the peer. */
  readonly main: Main;
  /** Resolves when the connection has ended, however it ended. */
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #keepalive: NodeJS.Timeout;
  #lastUse = Date.now();
  #holders = 0;
  #heard = true;

  /**
   * @param start Starts the RPC session; it calls `heard` for each message.
   * @param closesWhenIdle Whether closing for want of use is up to us: the side
   *   that dialled does it.
   */
  constructor(socket: WebSocket, start: (heard: () => void) => Main, closesWhenIdle: boolean) {
    this.#socket = socket;
    socket.on('error', () => socket.terminate());
    socket.on('pong', () => {
      this.#heard = true;
    });
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    this.main = start(() => {
      this.#heard = true;
      this.#lastUse = Date.now();
    });
    this.#keepalive = setInterval(() => this.#check(closesWhenIdle), KEEPALIVE_INTERVAL);
    this.#keepalive.unref();
    socket.once('close', () => clearInterval(this.#keepalive));
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** Keeps the connection open, used or not, until the result is disposed. */
  hold(): Disposable {
    this.#holders += 1;
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (held) this.#holders -= 1;
        held = false;
      },
    };
  }

  close(): void {
    this.#socket.close(1000);
    // A peer that does not answer the close frame does not keep us.
    setTimeout(() => this.#socket.terminate(), 500).unref();
  }

  #check(closesWhenIdle: boolean): void {
    const idle = this.#holders === 0 && Date.now() - this.#lastUse > IDLE_TIMEOUT;
    if (!this.#heard) {
      this.#socket.terminate();
    } else if (closesWhenIdle && idle) {
      this.close();
    } else {
      this.#heard = false;
      this.#socket.ping();
    }
  }
}
