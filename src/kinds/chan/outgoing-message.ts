import { CircuitError, errorCode, interrupted, wouldWait } from '../../base/error.js';
import { onAbort, together, until } from '../../base/interruptible.js';
import type { HandOff, Sending } from './hand-off.js';
import type { OutgoingMessage, WriteOptions } from './message.js';
import { MessageBody } from './message-body.js';
import type { MessageShare } from './message-memory.js';
import { writeInPieces } from './write-in-pieces.js';

/** After these a message that was not accepted can be tried again: it has not begun. */
const RETRIABLE: ReadonlySet<string> = new Set(['EAGAIN', 'EINTR']);

type State = 'new' | 'entered' | 'admitted' | 'refused' | 'ended';

/** The sender's side of a message of this member's channel. */
export class Outgoing implements OutgoingMessage {
  readonly #handOff: HandOff<MessageBody>;
  readonly #share: MessageShare;
  readonly #onChange: (look: () => void) => Disposable;
  #body: MessageBody;
  #sending: Sending | undefined;
  #state: State = 'new';
  #decided: (() => void) | undefined;
  #returned: (() => void) | undefined;
  /** Ends the wait until it is accepted. */
  #interrupt: (() => void) | undefined;

  /**
   * @param share The memory that its sender may use.
   * @param onChange Tells when the channel may have been closed.
   */
  constructor(
    handOff: HandOff<MessageBody>,
    share: MessageShare,
    onChange: (look: () => void) => Disposable,
  ) {
    this.#handOff = handOff;
    this.#share = share;
    this.#onChange = onChange;
    this.#body = new MessageBody(share);
  }

  async write(data: Uint8Array, options: WriteOptions = {}): Promise<number> {
    return await writeInPieces(this, data, options, this.#state !== 'new');
  }

  async accept(data: Uint8Array, options: WriteOptions = {}): Promise<boolean> {
    // Without a byte, or an end, there is nothing yet to wait for a receiver.
    if (this.#state === 'new' && data.length === 0 && !options.last) return false;
    if (this.#state === 'new') await this.#enter(data, options);
    else this.#append(data, options);
    this.#body.checkReceiver();
    return this.#body.isFull;
  }

  drained(signal?: AbortSignal): Promise<void> {
    return this.#body.drained(signal);
  }

  async ready(): Promise<boolean> {
    return this.#isReady;
  }

  async whenReady(signal?: AbortSignal): Promise<void> {
    const watch = (look: () => void) =>
      together(this.#body.onChange(look), this.#share.onRoom(look), this.#onChange(look));
    if (!this.#isReady) await until(() => this.#isReady, watch, signal);
  }

  end(): void {
    if (this.#state === 'ended') return;
    if (!this.#is('refused')) this.#body.end();
    this.#state = 'ended';
  }

  abort(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#body.breakOff('EIO', 'the sender has gone in the middle of the message');
    this.#sending?.withdraw();
    this.#interrupt?.();
  }

  /** Whether there is room for a piece, and memory; none is needed where it will be refused. */
  get #isReady(): boolean {
    if (this.#body.isOver) return true;
    if (this.#state === 'new' && this.#handOff.closed) return true;
    return this.#body.writable && this.#share.roomFor(this.#body.isAwaited) > 0;
  }

  /** The first write: gets the message accepted. */
  async #enter(data: Uint8Array, { signal, nonblock, last }: WriteOptions): Promise<void> {
    if (nonblock && !this.#handOff.canSend) throw wouldWait('no receiver and no place is free');
    if (!this.#handOff.closed) this.#share.checkRoom(data.length, false);
    this.#body.enter();
    this.#body.push(data);
    if (last) this.#body.end();
    this.#state = 'entered';
    const body = this.#body;
    // A message that was interrupted and begun anew is another one: the events of the old are not its.
    const ifOurs = (tell: () => void) => () => {
      if (this.#body === body) tell();
    };
    this.#sending = this.#handOff.enter(body, {
      admitted: ifOurs(() => this.#decide('admitted')),
      refused: ifOurs(() => this.#decide('refused')),
      returned: ifOurs(() => this.#returned?.()),
      dropped: () => body.drop(),
    });
    try {
      await this.#decision(signal, nonblock ?? false);
    } catch (error) {
      const aborted = this.#is('ended');
      this.abort();
      if (!aborted && RETRIABLE.has(errorCode(error) ?? '')) this.#startAnew();
      throw error;
    }
    if (this.#is('refused')) throw this.#refusal();
  }

  #startAnew(): void {
    this.#body = new MessageBody(this.#share);
    this.#sending = undefined;
    this.#state = 'new';
  }

  #append(data: Uint8Array, { nonblock, last }: WriteOptions): void {
    if (this.#is('refused')) throw this.#refusal();
    this.#body.checkReceiver();
    if (nonblock && !this.#body.writable) throw wouldWait('the receiver is behind');
    if (data.length > 0) {
      // To wait here would be to hold what the wait is to keep out.
      if (this.#body.isFull) throw wouldWait('64 KiB of the message wait for its receiver');
      this.#share.checkRoom(data.length, this.#body.isAwaited);
    }
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

  #refusal(): CircuitError {
    const why = this.#handOff.scrubbed ? 'was scrubbed' : 'is closed';
    return new CircuitError('EPIPE', `the channel ${why}`);
  }

  #is(state: State): boolean {
    return this.#state === state;
  }
}
