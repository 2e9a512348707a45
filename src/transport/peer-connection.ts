import type { RpcCompatible, RpcStub } from 'capnweb';
import type { WebSocket } from 'ws';
import type { Address } from '../base/address.js';
import { Ending } from './ending.js';
import { FlowControl } from './flow-control.js';
import {
  DEAD_AFTER_MS,
  IDLE_TIMEOUT_MS,
  KEEPALIVE_INTERVAL_MS,
  PING_AFTER_MS,
  SILENT_AFTER_MS,
} from './limits.js';
import { startRpc } from './rpc.js';

/**
 * A WebSocket to a peer, under watch: it is pinged when it is silent, cut when it does not answer
 * for long, and closed when nobody has used or held it for a while.
 */
export class PeerConnection<Remote extends RpcCompatible<Remote>> {
  /** The peer's main object, which we may call. */
  readonly main: RpcStub<Remote>;
  /** Resolves when the connection has ended, for whatever reason. */
  readonly closed: Promise<void>;
  /** To be asked before anything large is sent. */
  readonly flow: FlowControl;
  /** Says why the connection has ended, and ends it when the peer violates the protocol. */
  readonly ending: Ending;
  /** Where the peer says it listens, if it is a daemon: its circuit address. */
  readonly address: Address | undefined;
  /** HOST:PORT of its end of the connection. */
  readonly remote: string;
  readonly #socket: WebSocket;
  readonly #keepalive: NodeJS.Timeout;
  readonly #dialled: boolean;
  /** The listeners for silence, each with the milliseconds after which it is called. */
  readonly #whenSilent = new Map<() => void, number>();
  #lost: (() => void) | undefined;
  readonly #holders = new Set<object>();
  // In milliseconds, on a clock that does not go back.
  #lastUse = performance.now();
  #lastHeard = performance.now();
  #lastPing = performance.now();
  #lastCheck = performance.now();

  /** @param main Gives the object that the peer may call, an `RpcTarget`. */
  constructor(
    socket: WebSocket,
    main: (connection: PeerConnection<Remote>) => unknown,
    { dialled, address, remote = 'the peer', ended }: ConnectionOptions,
  ) {
    this.#socket = socket;
    this.#dialled = dialled;
    this.address = address;
    this.remote = remote;
    this.flow = new FlowControl(socket);
    this.ending = new Ending(socket, address?.authority ?? remote, ended);
    for (const sign of ['ping', 'pong']) socket.on(sign, () => this.#heard());
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    const onMessage = () => {
      this.#heard();
      this.#lastUse = performance.now();
    };
    this.main = startRpc<Remote>(socket, main(this), onMessage, this.ending);
    this.#keepalive = setInterval(() => this.#check(), KEEPALIVE_INTERVAL_MS);
    this.#keepalive.unref();
    socket.once('close', () => {
      clearInterval(this.#keepalive);
      this.#lost?.();
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** Keeps the connection open, used or not, until the result is disposed. */
  hold(): Disposable {
    const holder = {};
    this.#holders.add(holder);
    return { [Symbol.dispose]: () => this.#holders.delete(holder) };
  }

  /**
   * Calls the listener, at most once, when nothing was heard from the peer for so many
   * milliseconds.
   */
  readonly whenSilent = (listener: () => void, after = SILENT_AFTER_MS): Disposable => {
    this.#whenSilent.set(listener, after);
    return { [Symbol.dispose]: () => this.#whenSilent.delete(listener) };
  };

  /**
   * Notes that something was sent whose answer nobody waits for.
   * @param lost Called if the connection ends before anything is heard from the peer, or something
   *   else is sent in this way.
   */
  unanswered(lost: () => void): void {
    this.#lost = lost;
    this.#lastUse = performance.now();
  }

  close(): void {
    // The close frame arrives behind everything that was sent before.
    this.#lost = undefined;
    this.#socket.close(1000);
  }

  #heard(): void {
    this.#lastHeard = performance.now();
    this.#lost = undefined;
  }

  #check(): void {
    const now = performance.now();
    // We did not look, so we did not listen either: we were suspended, or very busy.
    if (now - this.#lastCheck > 2 * KEEPALIVE_INTERVAL_MS) this.#lastHeard = now;
    this.#lastCheck = now;
    const quiet = now - this.#lastHeard;
    if (quiet >= DEAD_AFTER_MS) {
      this.ending.cut(`nothing was heard from the peer for ${DEAD_AFTER_MS / 1000} s`);
      return;
    }
    this.#tellSilent(quiet);
    if (!this.#dialled) return;
    if (this.#holders.size === 0 && now - this.#lastUse > IDLE_TIMEOUT_MS) {
      this.close();
    } else if (quiet >= PING_AFTER_MS && now - this.#lastPing >= PING_AFTER_MS) {
      this.#lastPing = now;
      this.#socket.ping();
    }
  }

  #tellSilent(quiet: number): void {
    for (const [listener, after] of [...this.#whenSilent]) {
      if (quiet >= after && this.#whenSilent.delete(listener)) listener();
    }
  }
}

interface ConnectionOptions {
  /** Whether we made the connection. That side pings, and closes it when nobody uses it. */
  readonly dialled: boolean;
  readonly address?: Address | undefined;
  readonly remote?: string;
  /** Called with what became of the peer, unless the connection ended in the usual way. */
  readonly ended?: (event: string) => void;
}
