import type { Socket } from 'node:net';
import { CircuitError, interrupted, wouldWait } from '../../base/error.js';
import { interruptible, until } from '../../base/interruptible.js';
import { Listeners } from '../../base/listeners.js';
import { Mutex } from '../../base/mutex.js';
import type { Sink, SinkOptions, WaitOptions } from '../control-file.js';
import { FifoWriters } from '../fifo-writers.js';

const PIECE = 64 * 1024;

/** The standard input of a container. It is connected when it is first written to, or closed. */
export class ContainerInput {
  readonly #connect: () => Promise<Socket>;
  readonly #mutex = new Mutex();
  readonly #listeners = new Listeners();
  readonly #writers = new FifoWriters({
    write: (data, options) => this.#write(data, options),
    isReady: () => this.#isReady,
    whenReady: (signal) => this.#whenReady(signal),
    finish: () => this.#finish(),
  });
  #connecting: Promise<Socket> | undefined;
  #socket: Socket | undefined;
  #writing = false;
  #closed = false;
  #hasEnded = false;

  constructor(connect: () => Promise<Socket>) {
    this.#connect = connect;
  }

  /** A writer. A write fails with EPIPE when the container has ended. */
  open(options?: SinkOptions): Sink {
    return this.#writers.open(options);
  }

  /** The container has ended. Its writers get EPIPE. */
  close(): void {
    this.#closed = true;
    this.#hasEnded = true;
    this.#socket?.destroy();
    this.#listeners.tell();
  }

  get #isReady(): boolean {
    return this.#closed || !this.#writing;
  }

  async #write(data: Uint8Array, { signal, nonblock }: WaitOptions = {}): Promise<number> {
    using _lock = nonblock ? this.#mutex.tryLock() : await this.#mutex.lock(signal);
    let done = 0;
    try {
      // A write of nothing tells whether there is a reader.
      if (data.length === 0 && this.#closed) throw ended();
      while (done < data.length) {
        if (signal?.aborted) throw interrupted();
        if (nonblock && this.#writing) throw wouldWait('the container has not read its input');
        await this.#whenReady(signal);
        const socket = await this.#connected(signal);
        // A copy: the bytes are the writer's again when we return.
        const piece = new Uint8Array(data.subarray(done, done + PIECE));
        this.#send(socket, piece);
        done += piece.length;
      }
      if (!nonblock) await this.#whenReady(signal);
    } catch (error) {
      // As write(2): a write that has written something tells how much, and the next one fails.
      if (done === 0) throw error;
    }
    return done;
  }

  #send(socket: Socket, piece: Uint8Array): void {
    this.#writing = true;
    socket.write(piece, () => {
      this.#writing = false;
      this.#listeners.tell();
    });
  }

  async #connected(signal: AbortSignal | undefined): Promise<Socket> {
    if (this.#closed) throw ended();
    if (!this.#connecting) {
      const connecting = this.#connect();
      this.#connecting = connecting;
      connecting.then(
        (socket) => this.#use(socket),
        () => {
          this.#connecting = undefined;
        },
      );
    }
    return await interruptible(this.#connecting, signal);
  }

  #use(socket: Socket): void {
    this.#socket = socket;
    socket.on('error', () => {});
    // The container has ended meanwhile.
    if (this.#hasEnded) return void socket.destroy();
    socket.on('close', () => this.close());
    // The engine tells in this way that the container has ended.
    socket.on('end', () => this.close());
    socket.resume();
  }

  /** The last writer has closed: the container sees the end of its input. */
  #finish(): void {
    if (this.#closed) return;
    const connected = this.#connected(undefined);
    this.#closed = true;
    connected.then(
      (socket) => socket.end(),
      () => {},
    );
    this.#listeners.tell();
  }

  #whenReady(signal?: AbortSignal): Promise<void> {
    return until(
      () => this.#isReady,
      (look) => this.#listeners.add(look),
      signal,
    );
  }
}

function ended(): CircuitError {
  return new CircuitError('EPIPE', 'the container has ended or has closed its standard input');
}
