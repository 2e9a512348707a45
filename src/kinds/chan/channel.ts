import { CircuitError } from '../../base/error.js';
import { HandOff } from './hand-off.js';
import { Incoming } from './incoming-message.js';
import type { IncomingMessage, OutgoingMessage } from './message.js';
import type { MessageBody } from './message-body.js';
import { type MessageShare, UNBOUNDED } from './message-memory.js';
import { Outgoing } from './outgoing-message.js';

/** The most places that a channel can have. */
export const MAX_CAPACITY = 1_000_000;

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

  get closed(): boolean {
    return this.#handOff.closed;
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

  /** @param share The memory that the sender may use. */
  send(share: MessageShare = UNBOUNDED): OutgoingMessage {
    return new Outgoing(this.#handOff, share, (look) => this.onChange(look));
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
