import { CircuitError } from '../../base/error.js';
import { type MessageShare, UNBOUNDED } from '../message-memory.js';
import type { Element } from '../table.js';
import { HandOff } from './hand-off.js';
import { IncomingMessage } from './incoming-message.js';
import type { MessageBody } from './message-body.js';
import { OutgoingMessage } from './outgoing-message.js';

/** The most places that a channel can have. */
const MAX_CAPACITY = 1_000_000;

/** The keys are the Go circuit's. */
export interface ChannelPeek {
  readonly Cap: number;
  readonly Closed: boolean;
  /** Messages that were accepted, by a receiver or by a place in the buffer. */
  readonly NumSend: number;
  /** Messages that receivers have taken. */
  readonly NumRecv: number;
}

/** Go's channel, whose values are messages of any length. */
export class ChannelElement implements Element {
  /** Only scrub ends a channel. */
  readonly alive = true;
  readonly #handOff: HandOff<MessageBody>;

  /** @throws CircuitError EINVAL */
  constructor(capacity: number) {
    if (!Number.isSafeInteger(capacity) || capacity < 0 || capacity > MAX_CAPACITY) {
      throw new CircuitError(
        'EINVAL',
        `the capacity of a channel is a whole number from 0 to ${MAX_CAPACITY}, such as 3`,
      );
    }
    this.#handOff = new HandOff(capacity);
  }

  get capacity(): number {
    return this.#handOff.capacity;
  }

  get canSend(): boolean {
    return this.#handOff.canSend;
  }

  /**
   * One message, which enters the channel with its first bytes.
   * @param share The memory that the sender may use.
   * @param isTry Whether it fails with EAGAIN where it would have to wait to be accepted.
   */
  send(share: MessageShare = UNBOUNDED, isTry = false): OutgoingMessage {
    return new OutgoingMessage(this.#handOff, share, isTry);
  }

  /**
   * One message, which is asked for with the first read.
   * @param isTry Whether that fails with EAGAIN where there is none.
   * @param ended Why there is none, and will be none.
   */
  receive(isTry = false, ended = () => this.#drained()): IncomingMessage {
    return new IncomingMessage(this.#handOff, isTry, ended);
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
  async scrub(): Promise<void> {
    this.#handOff.scrub();
  }

  #drained(): CircuitError {
    const why = this.#handOff.scrubbed
      ? 'the channel was scrubbed'
      : 'the channel is closed, and nothing is left in it';
    return new CircuitError('ENODATA', why);
  }
}
