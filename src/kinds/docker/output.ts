import { once } from 'node:events';
import type { Socket } from 'node:net';
import { interrupted, wouldWait } from '../../base/error.js';
import { passed } from '../../base/garbage.js';
import { until } from '../../base/interruptible.js';
import { Listeners } from '../../base/listeners.js';
import { Mutex } from '../../base/mutex.js';
import type { Source, WaitOptions } from '../control-file.js';
import { missing, RetainedBytes } from '../retained-bytes.js';
import { Frames } from './frames.js';
import { GappedBytes } from './gapped-bytes.js';
import type { LeftShare } from './left-output.js';

/**
 * The connection to the engine: `broken` is a closed one of which readers are told, since the container
 * has outlived it, or not all has come over it.
 */
type Connection = 'none' | 'open' | 'closed' | 'broken';

/**
 * An output of a container as a pipe: each byte goes to one reader, and unread bytes hold the container
 * back. Our end of the connection holds 64 KiB or two of them; what it does not read stays in the socket, in
 * the engine, and in the container's pipe. A reader that comes to a place where bytes may be missing gets
 * EIO there, once, and then what follows. With `Retain` the last bytes are kept for every reader instead.
 */
export class ContainerOutput implements Source {
  readonly #mutex = new Mutex();
  readonly #unread = new GappedBytes();
  /** With `Retain` bytes are kept here, and none are unread. */
  readonly #retained: RetainedBytes | undefined;
  readonly #listeners = new Listeners();
  readonly #framed: boolean;
  /** Undefined when the element has gone: what its readers still have is not counted. */
  #left: LeftShare | undefined;
  #frames = new Frames();
  #socket: Socket | undefined;
  #connection: Connection = 'none';
  /** The rest of what comes over the connection may be lost. */
  #isDoubtful = false;
  /** The container may have ended. */
  #isDraining = false;
  #ended = false;
  #lastAt = 0;
  #disconnected: () => void = () => {};

  /**
   * @param framed Whether the engine sends it in frames: it does without a terminal.
   * @param left The account of what is read before a reader asks for it.
   * @param retain How many of the last bytes to keep for every reader, instead of holding the container back.
   */
  constructor(framed: boolean, left: LeftShare, retain?: number) {
    this.#retained = retain === undefined ? undefined : new RetainedBytes(retain);
    this.#framed = framed;
    this.#left = left;
  }

  /**
   * Reads from a connection, which becomes this object's, until it ends; of one too many nothing is read.
   * @param disconnected Called when it has ended.
   */
  attach(socket: Socket, disconnected: () => void): void {
    socket.on('error', () => {});
    if (this.#ended || this.attached) return void socket.destroy();
    // Nobody has what was written since the last connection.
    if (this.#connection === 'closed') this.#addGap();
    this.#connection = 'open';
    this.#isDoubtful = false;
    this.#socket = socket;
    this.#disconnected = disconnected;
    this.#frames = new Frames();
    socket.on('readable', () => this.#onReadable());
    socket.on('close', () => this.#onClose(socket));
    // Where only `end` comes, our end is still open.
    socket.on('end', () => socket.destroy());
    this.#fill();
  }

  get attached(): boolean {
    return this.#connection === 'open';
  }

  get wasAttached(): boolean {
    return this.#connection !== 'none';
  }

  /** There will be no more bytes than those that are unread; a reader's own `ended` would say that there are none. */
  get complete(): boolean {
    return this.#ended;
  }

  /** Resolves when the connection has ended, or there is none. */
  async whenDisconnected(): Promise<void> {
    const socket = this.#socket;
    if (socket && !socket.closed) await once(socket, 'close');
  }

  /** The container may have ended: takes what is left, since the engine keeps that for two seconds. */
  drain(): void {
    this.#isDraining = true;
    this.#fill();
  }

  /** The container goes on: unread bytes hold it back again. */
  stopDraining(): void {
    this.#isDraining = false;
  }

  /** The rest of it, which the engine has, is lost, or may be: readers are told, after what has come. */
  breakOff(): void {
    if (this.#ended || this.#connection === 'broken') return;
    if (this.attached) {
      this.#isDoubtful = true;
      this.#fill();
    } else {
      this.#addGap();
    }
  }

  /** Ends a connection of which no more may be held: the engine has waited for us long enough. */
  giveUp(): void {
    this.#fill();
    if (!this.isFull) return;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
    this.#disconnect(true);
    this.#disconnected();
  }

  /** There will be no more than what has come. */
  end(): void {
    if (this.#ended) return;
    const socket = this.#socket;
    if (socket) this.#disconnect(this.#isDoubtful || !socket.readableEnded);
    socket?.destroy();
    this.#ended = true;
    this.#retained?.finish();
    this.#listeners.tell();
  }

  /** The element goes: readers that have it open keep what has come. */
  release(): void {
    this.end();
    this.#left?.hold(0);
    this.#left = undefined;
  }

  /** Whether bytes have come within so many milliseconds. */
  isFlowing(within: number): boolean {
    return this.attached && performance.now() - this.#lastAt < within;
  }

  /** Whether bytes wait in the connection that may not be held. */
  get isFull(): boolean {
    return this.#socket !== undefined && !this.#hasRoom;
  }

  open(): Source {
    return this.#retained?.open() ?? this;
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
      if (this.#isReady) return this.#take(max);
      if (nonblock) throw wouldWait('nothing has come yet');
      await this.whenReady(signal);
    }
  }

  settled(data: Uint8Array, delivered: boolean): void {
    if (delivered) this.#unread.delivered(data.length);
    if (delivered || data.length === 0) return;
    this.#unread.unshift(data);
    this.#account();
    this.#listeners.tell();
  }

  untold(): void {
    this.#unread.untellGap();
    this.#listeners.tell();
  }

  /** A reader goes; the others go on. */
  close(): void {}

  get #isReady(): boolean {
    while (this.#unread.length === 0 && !this.#unread.atGap && this.#readPiece());
    return this.#unread.length > 0 || this.#unread.atGap || this.#ended;
  }

  /** The next bytes; none at the end. @throws CircuitError EIO (a gap) */
  #take(max: number): Uint8Array {
    if (this.#unread.atGap) {
      this.#unread.passGap();
      throw missing();
    }
    const data = this.#unread.take(max);
    this.#account();
    this.#fill();
    return data;
  }

  #onReadable(): void {
    this.#fill();
    this.#listeners.tell();
  }

  #onClose(socket: Socket): void {
    if (this.#socket !== socket) return;
    this.#disconnect(this.#isDoubtful);
    this.#disconnected();
  }

  /** @param isDoubtful Whether bytes may be missing behind those that have come. */
  #disconnect(isDoubtful: boolean): void {
    while (this.#readPiece());
    this.#socket = undefined;
    this.#connection = 'closed';
    if (isDoubtful || !this.#frames.isBetween) this.#addGap();
    this.#listeners.tell();
  }

  #addGap(): void {
    this.#connection = 'broken';
    (this.#retained ?? this.#unread).addGap();
    this.#listeners.tell();
  }

  /** Reads what no reader has asked for, where it is to be read. */
  #fill(): void {
    while (this.#drains && this.#hasRoom && this.#readPiece());
  }

  get #drains(): boolean {
    return this.#isDraining || this.#isDoubtful || this.#retained !== undefined;
  }

  get #hasRoom(): boolean {
    if (this.#retained || this.#left?.hasRoom) return true;
    // The end of the connection comes to be known by a read that gives nothing.
    return this.#socket?.readableLength === 0;
  }

  #readPiece(): boolean {
    const piece: Buffer | null | undefined = this.#socket?.read();
    if (!piece) return false;
    passed(piece.length);
    this.#lastAt = performance.now();
    const contents = this.#framed ? this.#frames.contents(piece) : piece;
    if (this.#retained) this.#retained.append(contents);
    else this.#unread.push(contents);
    this.#account();
    return true;
  }

  #account(): void {
    this.#left?.hold(this.#unread.length);
  }
}
