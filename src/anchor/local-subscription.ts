import { CircuitError } from '../base/error.js';
import type { ChannelPeek } from '../kinds/chan/channel.js';
import type { IncomingMessage, OutgoingMessage } from '../kinds/chan/message.js';
import type { SubscriptionElement, SubscriptionKind } from '../kinds/subscription/subscription.js';
import type { Channel, ChannelDirection } from './circuit.js';
import { LocalChannel } from './local-channel.js';

/** A subscription of this member: a channel to which only the network sends. */
export class LocalSubscription implements Channel {
  readonly kind: SubscriptionKind;
  /** Also one that has ended may have events to give. */
  readonly alive = true;
  readonly #element: SubscriptionElement;
  readonly #events: LocalChannel;

  constructor(element: SubscriptionElement) {
    this.kind = element.kind;
    this.#element = element;
    this.#events = new LocalChannel(element.events);
  }

  send(): OutgoingMessage {
    throw new CircuitError('EPERM', 'this is a subscription, to which only the network sends');
  }

  receive(): IncomingMessage {
    return this.#element.receive();
  }

  async close(): Promise<void> {
    throw new CircuitError('EPERM', 'this is a subscription, which scrub ends');
  }

  peek(): Promise<ChannelPeek> {
    return this.#events.peek();
  }

  ready(direction: ChannelDirection): Promise<boolean> {
    return this.#events.ready(direction);
  }

  whenReady(direction: ChannelDirection, signal?: AbortSignal): Promise<void> {
    return this.#events.whenReady(direction, signal);
  }

  async scrub(): Promise<void> {
    this.#element.scrub();
  }

  /** It lives on, as a local channel does. */
  [Symbol.dispose](): void {}
}
