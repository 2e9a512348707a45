import { CircuitError, interrupted, wouldWait } from '../../base/error.js';
import { onAbort, together, until } from '../../base/interruptible.js';
import { isRetriable, MAX_PIECE, type Sink, type WriteOptions } from '../control-file.js';
import { MAX_WAITING, type MessageShare } from '../message-memory.js';
import type { HandOff, Sending } from './hand-off.js';
import { MessageBody } from './message-body.js';

/**
 * How long, in milliseconds, an interrupted sender waits for a receiver that has the first bytes, and has not
 * told of it yet: the mount waits 300 ms for us, and RemoteSink 250 ms.
 */
const LAST_WORD_MS = 200;

type State = 'new' | 'entered' | 'admitted' | 'refused' | 'ended';

/** An open `send`: one message, which enters the channel with the first bytes, or its end. */
export class OutgoingMessage implements Sink {
  readonly #handOff: HandOff<MessageBody>;
  readonly #share: MessageShare;
  readonly #isTry: boolean;
  #body: MessageBody;
  #sending: Sending | undefined;
  #state: State = 'new';
  /** Memory was wanting when it was tried last, by a writer that blocks until a receiver comes. */
  #lacksMemory = false;
  /** The piece with which it began was not all that its sender has: the rest waits for a receiver. */
  #isBeginning = false;
  /** Ends the wait until it is accepted, which fails with the error if there is one. */
  #decided: ((error?: CircuitError) => void) | undefined;
  /** Why its sender gives up, if the receiver that has it gives it back. */
  #interruption: CircuitError | undefined;

  /**
   * @param share The memory that its sender may use.
   * @param isTry Whether a write fails with EAGAIN where it would block until the message is accepted.
   */
  constructor(handOff: HandOff<MessageBody>, share: MessageShare, isTry: boolean) {
    this.#handOff = handOff;
    this.#share = share;
    this.#isTry = isTry;
    this.#body = new MessageBody(share);
  }

  /**
   * The first bytes wait until the message is accepted: by a receiver, or by a free place. A message
   * that was given whole is complete then; if it is interrupted, it may have been received in that
   * very moment. Memory is not waited for here: a peer's call that waited would hold as much.
   */
  async accept(data: Uint8Array, options: WriteOptions = {}): Promise<number | undefined> {
    const { signal, last = false } = options;
    const isNew = this.#is('new');
    // A message begins with its first byte, or with its end.
    if (isNew && data.length === 0 && !last) return 0;
    const nonblock = options.nonblock === true || (isNew && this.#isTry);
    const room = isNew ? this.#roomToBegin(nonblock) : this.#roomFor(data.length, nonblock);
    if (room === undefined) return undefined;
    const piece = data.subarray(0, room);
    const ends = last && piece.length === data.length;
    this.#isBeginning = isNew && piece.length < data.length;
    if (isNew) await this.#enter(piece, { signal, nonblock, last: ends });
    else this.#append(piece, ends);
    this.#body.checkReceiver();
    return piece.length;
  }

  get full(): boolean {
    return this.#body.isFull || (this.#isBeginning && !this.#body.writable);
  }

  drained(signal?: AbortSignal): Promise<void> {
    return this.#body.drained(signal);
  }

  async ready(): Promise<boolean> {
    return this.#isReady;
  }

  async whenReady(signal?: AbortSignal): Promise<void> {
    const watch = (look: () => void) =>
      together(this.#body.onChange(look), this.#share.onRoom(look), this.#handOff.onChange(look));
    if (!this.#isReady) await until(() => this.#isReady, watch, signal);
  }

  /** Completes the message; one that was never written to is not sent. */
  close(): void {
    if (this.#is('ended')) return;
    if (!this.#is('refused')) this.#body.end();
    this.#state = 'ended';
  }

  /**
   * A receiver that has begun to read fails with EIO, and so does a write that waits, or with EINTR
   * before the message was accepted. A message that is complete, and accepted, stays.
   */
  abort(): void {
    if (this.#is('ended')) return;
    this.#state = 'ended';
    this.#body.breakOff('EIO', 'the sender has gone in the middle of the message');
    this.#sending?.withdraw();
    this.#decided?.(interrupted());
  }

  /** Whether a write would be answered at once; one that will be refused needs no memory. */
  get #isReady(): boolean {
    if (this.#body.isOver) return true;
    const { closed, canSend } = this.#handOff;
    const hasMemory = this.#share.roomFor(this.#body.isAwaited) > 0;
    if (!this.#is('new')) return this.#body.writable && hasMemory;
    return closed || ((canSend || this.#lacksMemory) && hasMemory);
  }

  /** The first bytes: gets the message accepted. */
  async #enter(data: Uint8Array, { signal, nonblock, last }: WriteOptions): Promise<void> {
    this.#body.enter();
    this.#body.push(data);
    if (last) this.#body.end();
    this.#state = 'entered';
    const body = this.#body;
    // A message that was interrupted and begun anew is another one, which ignores the events of the old.
    const ifOurs = (tell: () => void) => () => {
      if (this.#body === body) tell();
    };
    this.#sending = this.#handOff.enter(body, {
      admitted: ifOurs(() => this.#decide('admitted')),
      refused: ifOurs(() => this.#decide('refused')),
      returned: ifOurs(() => {
        if (this.#interruption) this.#giveUp(this.#interruption);
        else if (nonblock) this.#giveUp(wouldWait('the receiver has gone'));
      }),
      dropped: () => body.drop(),
    });
    try {
      await this.#decision(signal);
    } catch (error) {
      const aborted = this.#is('ended');
      this.abort();
      if (!aborted && isRetriable(error)) this.#startAnew();
      throw error;
    }
    if (this.#is('refused')) throw this.#refusal();
  }

  #startAnew(): void {
    this.#body = new MessageBody(this.#share);
    this.#sending = undefined;
    this.#state = 'new';
  }

  /** How many bytes a message may begin with; undefined where it lacks memory. @throws CircuitError EAGAIN */
  #roomToBegin(nonblock: boolean): number | undefined {
    const { closed, canSend } = this.#handOff;
    const hasMemory = closed || this.#share.roomFor(false) > 0;
    this.#lacksMemory = !nonblock && !hasMemory;
    if (nonblock && !canSend) throw wouldWait('no receiver and no place is free');
    if (hasMemory) return nonblock ? MAX_PIECE : MAX_WAITING;
    if (nonblock) throw this.#share.full();
    return undefined;
  }

  /** How many more bytes of a message that has begun there is room for. @throws CircuitError EAGAIN, EPIPE, EIO */
  #roomFor(bytes: number, nonblock: boolean): number | undefined {
    if (this.#is('refused')) throw this.#refusal();
    this.#body.checkReceiver();
    if (this.#is('ended')) throw new CircuitError('EPIPE', 'the message has ended');
    if (nonblock && !this.#body.writable) throw wouldWait('the receiver is behind');
    if (bytes === 0) return 0;
    const room = this.#body.isFull ? 0 : this.#share.roomFor(this.#body.isAwaited);
    if (room > 0) return Math.min(MAX_PIECE, room);
    if (nonblock) throw this.#share.full();
    return undefined;
  }

  #append(data: Uint8Array, last: boolean): void {
    this.#body.push(data);
    if (!last) return;
    this.#state = 'ended';
    this.#body.end();
  }

  #decision(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#is('entered')) return resolve();
      let timer: NodeJS.Timeout | undefined;
      let stop = () => {};
      this.#decided = (error) => {
        stop();
        clearTimeout(timer);
        this.#decided = undefined;
        this.#interruption = undefined;
        if (error) reject(error);
        else resolve();
      };
      stop = onAbort(signal, (error) => {
        this.#interruption = error;
        if (this.#sending?.offered) timer = setTimeout(() => this.#giveUp(error), LAST_WORD_MS);
        else this.#giveUp(error);
      });
    });
  }

  /** At once: a receiver that came now would get the beginning of a message that breaks off. */
  #giveUp(error: CircuitError): void {
    this.#sending?.withdraw();
    this.#decided?.(error);
  }

  #decide(state: 'admitted' | 'refused'): void {
    if (!this.#is('ended')) {
      // One that was written in one piece is complete when it is accepted, and cannot be aborted.
      this.#state = state === 'admitted' && this.#body.ended ? 'ended' : state;
    }
    if (state === 'refused') this.#body.abandon();
    this.#decided?.();
  }

  #refusal(): CircuitError {
    const why = this.#handOff.scrubbed ? 'was scrubbed' : 'is closed';
    return new CircuitError('EPIPE', `the channel ${why}`);
  }

  #is(state: State): boolean {
    return this.#state === state;
  }
}
