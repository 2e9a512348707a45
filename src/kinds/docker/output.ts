import { once } from 'node:events';
import type { Socket } from 'node:net';
import { ByteQueue } from '../../base/byte-queue.js';
import { CircuitError, interrupted, wouldWait } from '../../base/error.js';
import { passed } from '../../base/garbage.js';
import { until } from '../../base/interruptible.js';
import { Listeners } from '../../base/listeners.js';
import { Mutex } from '../../base/mutex.js';
import type { Source, WaitOptions } from '../control-file.js';
import { Frames } from './frames.js';

/**
 * The most that an engine can still hold of the output of a container that has ended: the pipe's 64 KiB, a
 * million bytes of its own (pkg/ioutils/bytespipe.go) and the socket's, or a pipe made as large as can be.
 */
const MAX_LEFT = 4 * 1024 * 1024;

/**
 * An output of a container as a pipe: each byte goes to one reader, and unread bytes hold the container
 * back. Our end of the connection holds 64 KiB or two of them; what it does not read stays in the socket, in
 * the engine, and in the container's pipe.
 */
export class ContainerOutput implements Source {
  readonly #mutex = new Mutex();
  readonly #unread = new ByteQueue();
  readonly #listeners = new Listeners();
  readonly #framed: boolean;
  #frames = new Frames();
  #socket: Socket | undefined;
  #ended = false;
  #failed = false;
  #catchingUp = false;
  #lastAt = 0;

  /** @param framed Whether the engine sends it in frames: it does without a terminal. */
  constructor(framed: boolean) {
    this.#framed = framed;
  }

  /**
   * Reads from a connection, which becomes this object's, until it ends.
   * @param cut Called when it has ended.
   */
  attach(socket: Socket, cut: () => void): void {
    this.#socket = socket;
    this.#frames = new Frames();
    socket.on('readable', () => this.#onReadable());
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#fill();
      this.#socket = undefined;
      cut();
    });
    // Where only `end` comes, our end is still open.
    socket.on('end', () => socket.destroy());
    if (this.#catchingUp) this.catchUp();
  }

  get attached(): boolean {
    return this.#socket !== undefined;
  }

  /** There will be no more bytes than those that are unread; a reader's own `ended` would say that there are none. */
  get complete(): boolean {
    return this.#ended;
  }

  /** Resolves when the connection has ended, or there is none. */
  async whenCut(): Promise<void> {
    const socket = this.#socket;
    if (socket && !socket.closed) await once(socket, 'close');
  }

  /** The container has ended: takes all that is left, since the engine keeps that for two seconds. */
  catchUp(): void {
    this.#catchingUp = true;
    this.#fill();
  }

  /** The container goes on: what is unread holds it back again. */
  holdBack(): void {
    this.#catchingUp = false;
  }

  /** There will be no more than what has come. */
  end(): void {
    if (this.#ended) return;
    this.#fill();
    this.#ended = true;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
    this.#listeners.tell();
  }

  /** Bytes may have been lost: a reader gets those that come, and then EIO instead of the end. */
  tear(): void {
    this.#failed = true;
  }

  /** Whether bytes have come within so many milliseconds. */
  isFlowing(within: number): boolean {
    return this.#socket !== undefined && performance.now() - this.#lastAt < within;
  }

  open(): Source {
    return this;
  }

  async ready(): Promise<boolean> {
    return this.#isReady;
  }

  async whenReady(signal?: AbortSignal): Promise<void> {
    await until(
      () => this.#isReady,
      (look) => this.#listeners.add(look),
      signal,
    );
  }

  async read(max: number, { signal, nonblock = false }: WaitOptions = {}): Promise<Uint8Array> {
    using _lock = nonblock ? this.#mutex.tryLock() : await this.#mutex.lock(signal);
    for (;;) {
      if (signal?.aborted) throw interrupted();
      if (this.#unread.length === 0) this.#fill();
      if (this.#unread.length > 0) return this.#unread.take(max);
      if (this.#ended && this.#failed) throw lost();
      if (this.#ended) return new Uint8Array();
      if (nonblock) throw wouldWait('nothing has come yet');
      await this.whenReady(signal);
    }
  }

  settled(data: Uint8Array, delivered: boolean): void {
    if (delivered || data.length === 0) return;
    this.#unread.unshift(data);
    this.#listeners.tell();
  }

  /** A reader goes; the others go on. */
  close(): void {}

  get #isReady(): boolean {
    if (this.#unread.length === 0) this.#fill();
    return this.#unread.length > 0 || this.#ended;
  }

  #onReadable(): void {
    if (this.#catchingUp) this.#fill();
    this.#listeners.tell();
  }

  /** Takes from the connection what a reader has asked for: one piece, or all that is left. */
  #fill(): void {
    const most = this.#catchingUp ? MAX_LEFT : 1;
    while (this.#unread.length < most) {
      const piece: Buffer | null | undefined = this.#socket?.read();
      if (!piece) return;
      passed(piece.length);
      this.#lastAt = performance.now();
      this.#unread.push(this.#framed ? this.#frames.contents(piece) : piece);
    }
  }
}

function lost(): CircuitError {
  return new CircuitError(
    'EIO',
    'part of the output may be lost: nobody could read it when the container ended',
  );
}
