import type { Socket } from 'node:net';
import { CircuitError, interrupted, wouldWait } from '../../base/error.js';
import { interruptible } from '../../base/interruptible.js';
import { Listeners } from '../../base/listeners.js';
import { Mutex } from '../../base/mutex.js';
import type { Sink, SinkOptions, WaitOptions, WriteOptions } from '../control-file.js';

const PIECE = 64 * 1024;

/** The standard input of a container. It is connected when it is first written to, or closed. */
export class ContainerInput {
  readonly #connect: () => Promise<Socket>;
  readonly #mutex = new Mutex();
  readonly #listeners = new Listeners();
  #connecting: Promise<Socket> | undefined;
  #socket: Socket | undefined;
  #writing = false;
  #closed = false;
  #writers = 0;

  constructor(connect: () => Promise<Socket>) {
    this.#connect = connect;
  }

  /**
   * A writer. The container sees the end of its input when a writer closes that was not opened for
   * append, and no other is open: as with a FIFO. A write fails with EPIPE when the container has ended.
   */
  open({ append = false }: SinkOptions = {}): Sink {
    let open = true;
    this.#writers += 1;
    const close = () => {
      if (!open) return;
      open = false;
      this.#writers -= 1;
      if (!append && this.#writers === 0) this.#finish();
    };
    return {
      accept: async (data: Uint8Array, options: WriteOptions = {}) => {
        const taken = await this.#write(data, options);
        if (options.last && taken === data.length) close();
        return taken;
      },
      full: false,
      drained: async () => {},
      ready: async () => this.#isReady,
      whenReady: async (signal) => {
        while (!this.#isReady) await this.#change(signal);
      },
      close,
      abort: close,
    };
  }

  /** The container has ended. Its writers get EPIPE. */
  close(): void {
    this.#closed = true;
    this.#socket?.destroy();
    this.#listeners.tellOnce();
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
        while (this.#writing && !this.#closed) await this.#change(signal);
        const socket = await this.#connected(signal);
        // A copy: the bytes are the writer's again when we return.
        const piece = new Uint8Array(data.subarray(done, done + PIECE));
        this.#send(socket, piece);
        done += piece.length;
      }
      while (!nonblock && this.#writing && !this.#closed) await this.#change(signal);
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
      this.#listeners.tellOnce();
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
    this.#listeners.tellOnce();
  }

  async #change(signal: AbortSignal | undefined): Promise<void> {
    let waiting: Disposable | undefined;
    const change = new Promise<void>((resolve) => {
      waiting = this.#listeners.add(resolve);
    });
    try {
      await interruptible(change, signal);
    } finally {
      waiting?.[Symbol.dispose]();
    }
  }
}

function ended(): CircuitError {
  return new CircuitError('EPIPE', 'the container has ended or has closed its standard input');
}
