import { errorCode } from '../../base/error.js';
import type { Interruptible } from '../../base/interruptible.js';
import { MAX_PIECE } from '../control-file.js';
import { type ElementHandle, HeldElement } from '../held-element.js';
import type { SubscriptionKind, SubscriptionPeek } from './subscription-element.js';

/**
 * Tells of the members that are there and then of those that come, or of those that go, as
 * the subscription's member learns of them: in that order, none missed, and each to one receiver.
 */
export class Subscription extends HeldElement {
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
    const line = await this.#next(options);
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
  async peek({ signal }: Interruptible = {}): Promise<SubscriptionPeek> {
    return JSON.parse(await this.files.value('peek', signal));
  }

  /** One event, which is shorter than a piece. */
  async #next(options?: Interruptible): Promise<Uint8Array> {
    const event = this.files.source('recv');
    try {
      const line = await event.read(MAX_PIECE, options);
      await event.settled(line, true);
      return line;
    } finally {
      event.close();
    }
  }
}
