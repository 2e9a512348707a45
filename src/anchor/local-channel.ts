import type {
  ChannelElement,
  ChannelPeek,
  IncomingMessage,
  OutgoingMessage,
} from '../elements/channel.js';
import { CircuitError } from '../error.js';
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
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!this.#isReady(direction)) return;
        stop();
        resolve();
      };
      const interrupt = () => {
        stop();
        reject(new CircuitError('EINTR', 'interrupted'));
      };
      const watch = this.#element.onChange(look);
      const stop = () => {
        watch[Symbol.dispose]();
        signal?.removeEventListener('abort', interrupt);
      };
      if (signal?.aborted) interrupt();
      signal?.addEventListener('abort', interrupt, { once: true });
      look();
    });
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
