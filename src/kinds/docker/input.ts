import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { CircuitError, interrupted, wouldWait } from '../../base/error.js';
import { interruptible, until } from '../../base/interruptible.js';
import { Listeners } from '../../base/listeners.js';
import { Mutex } from '../../base/mutex.js';
import type { Sink, SinkOptions, WaitOptions } from '../control-file.js';
import { FifoWriters } from '../fifo-writers.js';
import type { Engine } from './engine.js';

const PIECE = 64 * 1024;
/** How often the end of the input is tried again that could not be told. */
const RETRY_MS = 1000;

/**
 * A sequence that detaches from a terminal, of bytes that no UTF-8 has: the engine's own begins with ^P,
 * and would hold each ^P back until the next byte comes.
 */
const NEVER_DETACH = `detachKeys=${Array(8).fill('%FF').join('%2C')}`;

/** The standard input of a container. It is connected when it is first written to, polled, or closed. */
export class ContainerInput {
  readonly #engine: Engine;
  readonly #container: string;
  readonly #mutex = new Mutex();
  readonly #listeners = new Listeners();
  readonly #writers = new FifoWriters({
    write: (data, options) => this.#write(data, options),
    isReady: () => this.#isReady,
    whenReady: (signal) => this.#until(() => this.#isReady, signal),
    finish: () => this.#finish(),
  });
  #connecting: Promise<Socket> | undefined;
  /** Why there is no connection, which a writer that does not wait learns from its next write. */
  #failure: unknown;
  #socket: Socket | undefined;
  #writing = false;
  /** Nobody writes to it any more: its last writer has closed, or the container has ended. */
  #closed = false;
  #hasEnded = false;
  /** The engine has ended the connection: the container has ended or has closed its input, or the engine has gone. */
  #isCutOff = false;
  /** The engine has gone while there was a connection: its end tells nothing of the container. */
  #isDoubtful = false;
  /** The engine has gone with bytes that it had not taken. The next write fails with this. */
  #loss: CircuitError | undefined;

  /** @param container Its id. */
  constructor(engine: Engine, container: string) {
    this.#engine = engine;
    this.#container = container;
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

  /** The engine has gone. Where the container goes on without it, the next write connects to it again. */
  engineLost(): void {
    this.#isDoubtful = this.#socket !== undefined;
    if (this.#isCutOff) this.#disconnect();
  }

  /** Whether a write is answered at once. One that polls is about to write, so it is connected. */
  get #isReady(): boolean {
    if (this.#isOver || this.#failure !== undefined || this.#loss) return true;
    if (!this.#socket) this.#connect();
    return this.#socket !== undefined && !this.#writing;
  }

  async #write(data: Uint8Array, { signal, nonblock }: WaitOptions = {}): Promise<number> {
    using _lock = nonblock ? this.#mutex.tryLock() : await this.#mutex.lock(signal);
    let done = 0;
    try {
      // A write of nothing tells whether there is a reader.
      if (data.length === 0 && this.#isOver) throw ended();
      while (done < data.length) {
        if (signal?.aborted) throw interrupted();
        const socket = nonblock ? this.#socketNow() : await this.#socketInTime(signal);
        // A copy: the bytes are the writer's again when we return.
        const piece = new Uint8Array(data.subarray(done, done + PIECE));
        this.#send(socket, piece);
        done += piece.length;
      }
      if (!nonblock) await this.#whenWritten(signal);
    } catch (error) {
      // As write(2): a write that has written something tells how much, and the next one fails.
      if (done > 0) return done;
      if (error === this.#loss) this.#loss = undefined;
      throw error;
    }
    return done;
  }

  #send(socket: Socket, piece: Uint8Array): void {
    this.#writing = true;
    socket.write(piece, (error) => {
      // The connection ends, and with it what is written: net tells that not always as an error.
      if (error || socket.destroyed || this.#socket !== socket) return;
      this.#writing = false;
      this.#listeners.tell();
    });
  }

  /** @throws CircuitError EPIPE, EIO, EAGAIN, and why it could not be connected */
  #socketNow(): Socket {
    const failure = this.#failure;
    this.#failure = undefined;
    this.#checkOpen();
    if (failure !== undefined) throw failure;
    if (!this.#socket) {
      this.#connect();
      throw wouldWait('the Docker engine has not connected it yet');
    }
    if (this.#writing) throw wouldWait('the container has not read its input');
    return this.#socket;
  }

  /** @throws CircuitError EPIPE, EIO, EINTR, ETIMEDOUT, and why it could not be connected */
  async #socketInTime(signal: AbortSignal | undefined): Promise<Socket> {
    await this.#whenWritten(signal);
    this.#checkOpen();
    const socket = await interruptible(this.#engine.inTime(this.#connect()), signal).catch(
      (error) => {
        // This writer learns it, and it may not be so any more when another one writes.
        if (error === this.#failure) this.#failure = undefined;
        throw error;
      },
    );
    if (this.#hasEnded) throw ended();
    return socket;
  }

  /**
   * Begins to connect, if that has not begun. An engine that is late is never left waiting: it would take the
   * end of the connection for the end of the input (`StdinOnce`) when it goes on.
   */
  #connect(): Promise<Socket> {
    if (this.#connecting) return this.#connecting;
    this.#failure = undefined;
    const connecting = this.#engine.attach(this.#container, `stdin=1&${NEVER_DETACH}`);
    this.#connecting = connecting;
    connecting.then(
      (socket) => this.#use(socket),
      (error) => {
        this.#connecting = undefined;
        this.#failure = error;
        this.#listeners.tell();
      },
    );
    return connecting;
  }

  #use(socket: Socket): void {
    this.#socket = socket;
    socket.on('error', () => {});
    // The container has ended meanwhile.
    if (this.#hasEnded) return void socket.destroy();
    socket.on('close', () => this.#cutOff(socket));
    // The engine tells in this way that the container has ended.
    socket.on('end', () => this.#cutOff(socket));
    socket.resume();
    this.#listeners.tell();
  }

  #cutOff(socket: Socket): void {
    if (this.#socket !== socket) return;
    this.#isCutOff = true;
    socket.destroy();
    if (this.#isDoubtful) this.#disconnect();
    this.#listeners.tell();
  }

  #disconnect(): void {
    if (this.#writing) this.#loss = lost();
    this.#connecting = undefined;
    this.#socket = undefined;
    this.#writing = false;
    this.#isCutOff = false;
    this.#isDoubtful = false;
    // The end may not have come to the container.
    if (this.#closed && !this.#hasEnded) void this.#finishLater();
  }

  /** Whether a write is EPIPE. */
  get #isOver(): boolean {
    return this.#closed || this.#isCutOff;
  }

  /** @throws CircuitError EPIPE, EIO */
  #checkOpen(): void {
    if (this.#isOver) throw ended();
    if (this.#loss) throw this.#loss;
  }

  /**
   * The last writer has closed: the container sees the end of its input, and where the engine does not take
   * that now, as soon as it does.
   * @throws CircuitError Why the engine has not taken it yet
   */
  async #finish(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#listeners.tell();
    const connected = this.#connect();
    connected.then(
      (socket) => socket.end(),
      () => this.#finishLater(),
    );
    await this.#engine.inTime(connected);
  }

  async #finishLater(): Promise<void> {
    while (!this.#hasEnded) {
      await delay(RETRY_MS, undefined, { ref: false });
      if (this.#hasEnded) return;
      try {
        return void (await this.#connect()).end();
      } catch {
        // The engine is not there, or does not connect to a container that is paused.
      }
    }
  }

  #whenWritten(signal?: AbortSignal): Promise<void> {
    return this.#until(() => this.#isOver || !this.#writing, signal);
  }

  #until(condition: () => boolean, signal?: AbortSignal): Promise<void> {
    return until(condition, (look) => this.#listeners.add(look), signal);
  }
}

function ended(): CircuitError {
  return new CircuitError('EPIPE', 'the container has ended or has closed its standard input');
}

function lost(): CircuitError {
  return new CircuitError(
    'EIO',
    'the Docker engine went away: the last bytes may not have come to the container',
  );
}
