import { CircuitError, errorCode } from '../error.js';
import { until } from '../interruptible.js';
import { HandOff, type Receiving, type Sending } from './hand-off.js';
import { MessageBody, onAbort } from './message-body.js';
import { interrupted, Turns } from './turns.js';

/** The most places that a channel can have. */
export const MAX_CAPACITY = 1_000_000;

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Fail with EAGAIN where the call would wait. */
  readonly nonblock?: boolean | undefined;
}

/** The keys are the Go circuit's. */
export interface ChannelPeek {
  readonly Cap: number;
  readonly Closed: boolean;
  /** Messages that were accepted, by a receiver or by a place in the buffer. */
  readonly NumSend: number;
  /** Messages that receivers have taken. */
  readonly NumRecv: number;
}

export interface WriteOptions extends WaitOptions {
  /** These bytes, which may be none, complete the message. */
  readonly last?: boolean | undefined;
}

/** A message on its way into a channel. */
export interface OutgoingMessage {
  /**
   * {@link accept}, and then {@link drained}, which may be interrupted: the bytes have been
   * taken, and the next write waits.
   * @throws CircuitError as these
   */
  write(data: Uint8Array, options?: WriteOptions): Promise<void>;
  /**
   * Adds bytes. The first of them wait until the message is accepted, by a receiver or by a
   * free place.
   * @returns Whether there is no room for more, so that {@link drained} would wait.
   * @throws CircuitError EPIPE (closed, or the receiver has gone), EAGAIN, EINTR (not
   *   accepted; a message written in one piece may have been in that very moment)
   */
  accept(data: Uint8Array, options?: WriteOptions): Promise<boolean>;
  /** Resolves when no more than 64 KiB wait for the receiver. @throws CircuitError EPIPE, EINTR */
  drained(signal?: AbortSignal): Promise<void>;
  /** Whether more of a message that was accepted would be taken at once. */
  ready(signal?: AbortSignal): Promise<boolean>;
  /** Resolves when it may be. */
  whenReady(signal?: AbortSignal): Promise<void>;
  /**
   * Completes the message, for a sender that could not be told of a failure; one that
   * wants to know writes its last bytes as `last`. One that was never written to is not sent.
   */
  end(): void;
  /**
   * The sender has gone: a receiver that has begun to read fails with EIO. So does whatever
   * waits here, or with EINTR before the message was accepted. One that is complete, and
   * accepted, stays.
   */
  abort(): void;
}

/** A message on its way out of a channel. */
export interface IncomingMessage {
  /**
   * The first read waits for a message. It is this receiver's only when
   * {@link delivered} is called; until then, {@link close} gives it to the next one.
   * @returns Up to `max` bytes; none at the end of the message.
   * @throws CircuitError ENODATA (closed and drained), EIO (the sender has gone), EAGAIN, EINTR
   */
  read(max: number, options?: WaitOptions): Promise<Uint8Array>;
  /** Whether what was read is known to be the whole message: another read would give its end. */
  readonly complete: boolean;
  /** Whether a read of a message that has begun would be answered at once. */
  ready(signal?: AbortSignal): Promise<boolean>;
  /** Resolves when it may be. */
  whenReady(signal?: AbortSignal): Promise<void>;
  /** What the first read gave has reached whom it was for. */
  delivered(): Promise<void>;
  /** The receiver has gone, or has had enough. A read that waits fails with EINTR. */
  close(): void;
}

/** Go's channel, whose values are messages of any length. */
export class ChannelElement {
  readonly kind = 'chan';
  readonly #handOff: HandOff<MessageBody>;
  readonly #listeners = new Set<() => void>();

  /** @throws CircuitError EINVAL */
  constructor(capacity: number) {
    if (!Number.isSafeInteger(capacity) || capacity < 0 || capacity > MAX_CAPACITY) {
      throw new CircuitError(
        'EINVAL',
        `the capacity of a channel is a whole number from 0 to ${MAX_CAPACITY}`,
      );
    }
    this.#handOff = new HandOff(capacity, () => {
      for (const listener of this.#listeners) listener();
    });
  }

  get capacity(): number {
    return this.#handOff.capacity;
  }

  /** Whether the first write of a message would be answered at once. */
  get canSend(): boolean {
    return this.#handOff.canSend;
  }

  /** Whether the first read of a message would be answered at once. */
  get canReceive(): boolean {
    return this.#handOff.canReceive;
  }

  /** Told whenever {@link canSend} or {@link canReceive} may have changed. */
  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  send(): OutgoingMessage {
    return new Outgoing(this.#handOff);
  }

  receive(): IncomingMessage {
    return new Incoming(this.#handOff);
  }

  /** No more sends; what is buffered can still be received. */
  close(): void {
    this.#handOff.close();
  }

  peek(): ChannelPeek {
    const { capacity, closed, sent, received } = this.#handOff;
    return { Cap: capacity, Closed: closed, NumSend: sent, NumRecv: received };
  }

  /** Ends everything at once: senders fail with EPIPE, receivers with ENODATA. */
  scrub(): void {
    this.#handOff.scrub();
  }
}

/** After these a message that was not accepted can be tried again: it has not begun. */
const RETRIABLE: ReadonlySet<string> = new Set(['EAGAIN', 'EINTR']);

class Outgoing implements OutgoingMessage {
  readonly #handOff: HandOff<MessageBody>;
  #body = new MessageBody();
  #sending: Sending | undefined;
  #state: 'new' | 'entered' | 'admitted' | 'refused' | 'ended' = 'new';
  #decided: (() => void) | undefined;
  #returned: (() => void) | undefined;
  /** Ends the wait until it is accepted. */
  #interrupt: (() => void) | undefined;

  constructor(handOff: HandOff<MessageBody>) {
    this.#handOff = handOff;
  }

  async write(data: Uint8Array, options: WriteOptions = {}): Promise<void> {
    await this.accept(data, options);
    if (options.nonblock === true) return;
    try {
      await this.drained(options.signal);
    } catch (error) {
      // The bytes have been taken: to fail now would have them written twice.
      if (errorCode(error) !== 'EINTR') throw error;
    }
  }

  async accept(data: Uint8Array, options: WriteOptions = {}): Promise<boolean> {
    if (this.#state === 'new') await this.#enter(data, options);
    else this.#append(data, options);
    this.#body.checkReceiver();
    return this.#body.isFull;
  }

  drained(signal?: AbortSignal): Promise<void> {
    return this.#body.drained(signal);
  }

  async ready(): Promise<boolean> {
    return this.#body.writable;
  }

  whenReady(signal?: AbortSignal): Promise<void> {
    const body = this.#body;
    return until(
      () => body.writable,
      (look) => body.onChange(look),
      signal,
    );
  }

  end(): void {
    if (this.#state === 'ended') return;
    if (!this.#isRefused()) this.#body.end();
    this.#state = 'ended';
  }

  abort(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#body.breakOff('EIO', 'the sender has gone in the middle of the message');
    this.#sending?.withdraw();
    this.#interrupt?.();
  }

  /** The first write: gets the message accepted. */
  async #enter(data: Uint8Array, { signal, nonblock, last }: WriteOptions): Promise<void> {
    if (nonblock && !this.#handOff.canSend) throw wouldWait('no receiver and no place is free');
    this.#body.push(data);
    if (last) this.#body.end();
    this.#state = 'entered';
    const body = this.#body;
    // What becomes of one that was interrupted, and begun anew, is nothing to the new one.
    const ifOurs = (tell: () => void) => () => {
      if (this.#body === body) tell();
    };
    this.#sending = this.#handOff.enter(body, {
      admitted: ifOurs(() => this.#decide('admitted')),
      refused: ifOurs(() => this.#decide('refused')),
      returned: ifOurs(() => this.#returned?.()),
    });
    try {
      await this.#decision(signal, nonblock ?? false);
    } catch (error) {
      this.abort();
      if (RETRIABLE.has(errorCode(error) ?? '')) this.#startAnew();
      throw error;
    }
    if (this.#isRefused()) throw new CircuitError('EPIPE', 'the channel is closed');
  }

  #startAnew(): void {
    this.#body = new MessageBody();
    this.#sending = undefined;
    this.#state = 'new';
  }

  #append(data: Uint8Array, { nonblock, last }: WriteOptions): void {
    if (this.#isRefused()) throw scrubbed();
    if (nonblock && !this.#body.writable) throw wouldWait('the receiver is behind');
    this.#body.push(data);
    if (!last) return;
    this.#state = 'ended';
    this.#body.end();
  }

  #decision(signal: AbortSignal | undefined, nonblock: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#state !== 'entered') return resolve();
      const stop = onAbort(signal, reject);
      this.#decided = () => {
        stop();
        resolve();
      };
      this.#interrupt = () => reject(interrupted());
      if (nonblock) this.#returned = () => reject(wouldWait('the receiver has gone'));
    });
  }

  #decide(state: 'admitted' | 'refused'): void {
    if (this.#state !== 'ended') {
      // One that was written in one piece is complete when it is accepted: nobody can abort it then.
      this.#state = state === 'admitted' && this.#body.ended ? 'ended' : state;
    }
    if (state === 'refused') this.#body.abandon();
    this.#interrupt = undefined;
    this.#decided?.();
  }

  #isRefused(): boolean {
    return this.#state === 'refused';
  }
}

class Incoming implements IncomingMessage {
  readonly #handOff: HandOff<MessageBody>;
  #receiving: Receiving | undefined;
  #body: MessageBody | undefined;
  #first: Uint8Array | undefined;
  #state: 'new' | 'offered' | 'delivered' | 'closed' = 'new';
  readonly #turns = new Turns();
  /** Ends the wait for a message. */
  #interrupt: (() => void) | undefined;

  constructor(handOff: HandOff<MessageBody>) {
    this.#handOff = handOff;
  }

  async read(max: number, { signal, nonblock }: WaitOptions = {}): Promise<Uint8Array> {
    // At once where it can be: who asked first is first.
    const now = nonblock || this.#turns.free;
    using _turn = now ? this.#turns.takeNow() : await this.#turns.take(signal);
    if (this.#isClosed()) throw interrupted();
    if (nonblock && !(this.#body?.readable ?? this.#handOff.canReceive)) {
      throw wouldWait('there is no message');
    }
    const body = this.#body ?? (await this.#offer(signal));
    await body.untilReadable(signal);
    // Who has gone meanwhile has given the message back: its bytes are another's.
    if (this.#isClosed()) throw interrupted();
    const data = body.take(max);
    if (this.#state === 'offered') this.#first = data;
    return data;
  }

  get complete(): boolean {
    return this.#body?.isRead ?? false;
  }

  async ready(): Promise<boolean> {
    return this.#body?.readable ?? false;
  }

  async whenReady(signal?: AbortSignal): Promise<void> {
    const body = this.#body;
    if (!body) return;
    await until(
      () => body.readable,
      (look) => body.onChange(look),
      signal,
    );
  }

  async delivered(): Promise<void> {
    if (this.#state !== 'offered') return;
    this.#state = 'delivered';
    this.#receiving?.take();
  }

  close(): void {
    if (this.#isClosed()) return;
    this.#interrupt?.();
    // Before the message is another's, who may wait for it as we did.
    this.#body?.interruptReader();
    if (this.#state === 'offered' && this.#first) this.#body?.unread(this.#first);
    if (this.#state === 'delivered') this.#body?.abandon();
    else this.#receiving?.giveBack();
    this.#state = 'closed';
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #offer(signal: AbortSignal | undefined): Promise<MessageBody> {
    return new Promise((resolve, reject) => {
      let stop = () => {};
      this.#interrupt = () => reject(interrupted());
      this.#receiving = this.#handOff.receive({
        offered: (body) => {
          stop();
          this.#interrupt = undefined;
          this.#body = body;
          this.#state = 'offered';
          resolve(body);
        },
        drained: () => {
          stop();
          reject(new CircuitError('ENODATA', 'the channel is closed, and nothing is left in it'));
        },
      });
      if (this.#body) return;
      stop = onAbort(signal, (error) => {
        this.#receiving?.giveBack();
        this.#receiving = undefined;
        reject(error);
      });
    });
  }
}

function scrubbed(): CircuitError {
  return new CircuitError('EPIPE', 'the channel was scrubbed');
}

function wouldWait(why: string): CircuitError {
  return new CircuitError('EAGAIN', `would have to wait: ${why}`);
}
