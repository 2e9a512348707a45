import type { Interruptible } from '../../base/interruptible.js';
import { MAX_PIECE } from '../control-file.js';
import { type ElementHandle, HeldElement, untilDrained } from '../held-element.js';
import type { SubscriptionKind, SubscriptionPeek } from './subscription-element.js';

/**
 * Tells of the members that are there and then of those that come, or of those that go, as
 * the subscription's member learns of them: in that order, none missed, and each to one receiver.
 */
export class Subscription extends HeldElement<SubscriptionPeek> {
  readonly kind: SubscriptionKind;

  constructor(kind: SubscriptionKind, handle: ElementHandle) {
    super(handle);
    this.kind = kind;
  }

  /**
   * Waits for the next one. If it is interrupted, the next receiver gets it.
   * @returns The path of the member, `/X…`, which {@link CircuitClient.anchor} takes.
   * @throws CircuitError ENODATA (it was scrubbed), ENOBUFS (it ended, because 20,000
   *   had not been received), EINTR
   */
  async recv(options?: Interruptible): Promise<string> {
    const event = this.files.source('recv');
    try {
      // It is shorter than a piece.
      const line = await event.read(MAX_PIECE, options);
      await event.settled(line, true);
      return Buffer.from(line).toString().trimEnd();
    } finally {
      event.close();
    }
  }

  /**
   * Waits for one after the other, until the subscription is scrubbed.
   * @throws CircuitError ENOBUFS, EINTR, as {@link recv}
   */
  events(options?: Interruptible): AsyncGenerator<string, void, undefined> {
    return untilDrained(() => this.recv(options));
  }

  /** {@link events}, without a signal. */
  [Symbol.asyncIterator](): AsyncGenerator<string, void, undefined> {
    return this.events();
  }
}
