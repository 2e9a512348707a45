import { together, until } from '../base/interruptible.js';
import type { ChannelElement, ChannelPeek } from '../kinds/chan/channel.js';
import type { IncomingMessage, OutgoingMessage } from '../kinds/chan/message.js';
import { type MessageShare, UNBOUNDED } from '../kinds/chan/message-memory.js';
import type { Channel, ChannelDirection } from './circuit.js';

/** A channel of this member. */
export class LocalChannel implements Channel {
  readonly kind = 'chan';
  /** Only scrub ends a channel. */
  readonly alive = true;
  readonly #element: ChannelElement;
  readonly #share: MessageShare;

  /** @param share The memory that messages sent through this may use. */
  constructor(element: ChannelElement, share: MessageShare = UNBOUNDED) {
    this.#element = element;
    this.#share = share;
  }

  /** The same channel, for senders with another share of the memory. */
  sharing(share: MessageShare): LocalChannel {
    return new LocalChannel(this.#element, share);
  }

  send(): OutgoingMessage {
    return this.#element.send(this.#share);
  }

  receive(): IncomingMessage {
    return this.#element.receive();
  }

  async close(): Promise<void> {
    this.#element.close();
  }

  async peek(): Promise<ChannelPeek> {
    return this.#element.peek();
  }

  async ready(direction: ChannelDirection): Promise<boolean> {
    return this.#isReady(direction);
  }

  whenReady(direction: ChannelDirection, signal?: AbortSignal): Promise<void> {
    const watch = (look: () => void) =>
      together(this.#element.onChange(look), this.#share.onRoom(look));
    return until(() => this.#isReady(direction), watch, signal);
  }

  async scrub(): Promise<void> {
    this.#element.scrub();
  }

  /** It lives on: only those who hold a remote channel hold something. */
  [Symbol.dispose](): void {}

  #isReady(direction: ChannelDirection): boolean {
    if (direction === 'recv') return this.#element.canReceive;
    const { closed, canSend } = this.#element;
    return closed || (canSend && this.#share.roomFor(false) > 0);
  }
}
