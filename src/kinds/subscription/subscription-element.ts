import { CircuitError } from '../../base/error.js';
import { ChannelElement } from '../chan/channel-element.js';
import type { Source } from '../control-file.js';
import type { Element } from '../table.js';

/**
 * The most events that wait for a reader: twice what the largest network has of members, since
 * a list of all can be followed by as many that come. Each takes about 1.5 kB.
 */
export const MAX_PENDING = 20_000;

/** It tells of the members that are there and then of those that come, or of those that go. */
export type SubscriptionKind = '@join' | '@leave';

/** Tells of each event, in order, until the result is disposed. */
export type EventSource = (tell: (event: string) => void) => Disposable;

/** The keys are the Go circuit's. */
export interface SubscriptionPeek {
  /** Whether it tells of members that come or of those that go. */
  readonly Source: SubscriptionKind;
  /** Events that nobody has received yet. */
  readonly Pending: number;
  /** It has ended, because too many events waited. */
  readonly Closed: boolean;
}

/**
 * A channel to which only the network sends. It keeps the events that nobody has received yet. Where
 * they become too many it ends, and its readers fail once they have received the rest, rather than
 * miss an event without knowing. A netlink socket does the same (netlink(7), ENOBUFS).
 */
export class SubscriptionElement implements Element {
  /** One that has ended may have events to give. */
  readonly alive = true;
  readonly #kind: SubscriptionKind;
  readonly #events: ChannelElement;
  readonly #follow: EventSource;
  #source: Disposable | undefined;
  #overflowed = false;

  /**
   * @param follow Its source, which it follows from when it is placed.
   * @param limit How many events may wait for a reader.
   */
  constructor(kind: SubscriptionKind, follow: EventSource, limit = MAX_PENDING) {
    this.#kind = kind;
    this.#follow = follow;
    this.#events = new ChannelElement(limit);
  }

  placed(): void {
    this.#source = this.#follow((event) => this.#enter(event));
    // The list may have been too long already.
    if (this.#overflowed) this.#source[Symbol.dispose]();
  }

  /** One event, which is a line. A read fails with ENOBUFS when it has ended, with ENODATA when it was scrubbed. */
  receive(): Source {
    return this.#events.receive(false, () => this.#ended());
  }

  peek(): SubscriptionPeek {
    const { NumSend, NumRecv, Closed } = this.#events.peek();
    return { Source: this.#kind, Pending: NumSend - NumRecv, Closed };
  }

  async scrub(): Promise<void> {
    this.#source?.[Symbol.dispose]();
    await this.#events.scrub();
  }

  #enter(event: string): void {
    if (this.#overflowed) return;
    if (!this.#events.canSend) {
      this.#overflowed = true;
      this.#source?.[Symbol.dispose]();
      this.#events.close();
      return;
    }
    const message = Buffer.from(`${event}\n`);
    // It has its place, in order, before this returns. Only a scrub can refuse it.
    this.#events
      .send()
      .accept(message, { last: true })
      .catch(() => {});
  }

  #ended(): CircuitError {
    if (!this.#overflowed) return new CircuitError('ENODATA', 'the subscription was scrubbed');
    const sentence = `events were lost, because ${this.#events.capacity} had not been received; make a new subscription`;
    return new CircuitError('ENOBUFS', sentence);
  }
}
