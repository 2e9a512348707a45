import type { ChannelElement, ChannelPeek } from '../elements/channel.js';
import type { IncomingMessage, OutgoingMessage } from '../elements/message.js';
import { until } from '../interruptible.js';
import type { Channel, ChannelDirection } from './circuit.js';

/** A channel of this member. */
export class LocalChannel implements Channel {
  readonly kind = 'chan';
  /** Only scrub ends a channel. */
  readonly alive = true;
  readonly #element: ChannelElement;

  constructor(element: ChannelElement) {
    this.#element = element;
  }

  send(): OutgoingMessage {
    return this.#element.send();
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
    return until(
      () => this.#isReady(direction),
      (look) => this.#element.onChange(look),
      signal,
    );
  }

  async scrub(): Promise<void> {
    this.#element.scrub();
  }

  /** It lives on: only those who hold a remote channel hold something. */
  [Symbol.dispose](): void {}

  #isReady(direction: ChannelDirection): boolean {
    return direction === 'send' ? this.#element.canSend : this.#element.canReceive;
  }
}
