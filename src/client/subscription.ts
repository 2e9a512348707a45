import type * as anchor from '../anchor/circuit.js';
import { subscriptionPeek } from '../anchor/subscription.js';
import { errorCode } from '../base/error.js';
import type { Interruptible } from '../base/interruptible.js';
import type { Anchor } from './anchor.js';
import { Channel } from './channel.js';

/**
 * Tells of the members that are there and then of those that come, or of those that go, as
 * the subscription's member learns of them: in that order, none missed, and each to one receiver.
 * Every call can fail with EHOSTUNREACH, if that member cannot be reached. To
 * dispose of it lets go of it and leaves the subscription as it is.
 */
export class Subscription implements Disposable, AsyncDisposable {
  readonly kind: anchor.SubscriptionKind;
  readonly anchor: Anchor;
  readonly #events: Channel;

  constructor(
    anchor: Anchor,
    kind: anchor.SubscriptionKind,
    channel: anchor.Channel,
    held: Set<Disposable>,
  ) {
    this.kind = kind;
    this.anchor = anchor;
    this.#events = new Channel(anchor, channel, held);
  }

  /**
   * Waits for the next one. If it is interrupted, the next receiver gets it.
   * @returns The path of the member, `/X…`, which {@link CircuitClient.anchor} takes.
   * @throws CircuitError ENODATA (it was scrubbed), ENOBUFS (it ended, because 20,000
   *   had not been received), EINTR
   */
  async recv(options?: Interruptible): Promise<string> {
    const line = await this.#events.recv(options);
    return Buffer.from(line).toString().trimEnd();
  }

  /**
   * Waits for one after the other, until the subscription is scrubbed.
   * @throws CircuitError ENOBUFS, EINTR, as {@link recv}
   */
  async *events(options?: Interruptible): AsyncGenerator<string, void, undefined> {
    for (;;) {
      let member: string;
      try {
        member = await this.recv(options);
      } catch (error) {
        if (errorCode(error) === 'ENODATA') return;
        throw error;
      }
      yield member;
    }
  }

  /** {@link events}, without a signal. */
  [Symbol.asyncIterator](): AsyncGenerator<string, void, undefined> {
    return this.events();
  }

  /** How many have not been received, and whether it has ended because they were too many. */
  async peek(options?: Interruptible): Promise<anchor.SubscriptionPeek> {
    return subscriptionPeek(this.kind, await this.#events.peek(options));
  }

  /** Ends it at once: receivers fail with ENODATA. @throws CircuitError ENOENT, EINTR */
  scrub(options?: Interruptible): Promise<void> {
    return this.anchor.scrub(options);
  }

  [Symbol.dispose](): void {
    this.#events[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
  }
}
