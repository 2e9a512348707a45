import { CircuitError, errorCode } from '../../base/error.js';
import { ChannelElement } from '../chan/channel.js';
import type { IncomingMessage, WaitOptions } from '../chan/message.js';

/**
 * The most events that wait for a reader: twice what the largest network has of members, since
 * a list of all can be followed by as many that come. Each takes about 1.5 kB.
 */
export const MAX_PENDING = 20_000;

/** It tells of the members that are there and then of those that come, or of those that go. */
export type SubscriptionKind = '@join' | '@leave';

/** Tells of each event, in order, until the result is disposed. */
export type EventSource = (tell: (event: string) => void) => Disposable;

/**
 * A channel to which only the network sends. It keeps what nobody has received
 * yet; where that becomes too much it ends, and its readers fail once they have
 * received the rest, rather than miss an event without knowing. A netlink socket
 * does the same (netlink(7), ENOBUFS).
 */
export class SubscriptionElement {
  readonly kind: SubscriptionKind;
  /** What nobody has received yet, to look at; {@link receive} gives it. */
  readonly events: ChannelElement;
  #source: Disposable | undefined;
  #overflowed = false;

  /** @param limit How many events wait for a reader. */
  constructor(kind: SubscriptionKind, limit = MAX_PENDING) {
    this.kind = kind;
    this.events = new ChannelElement(limit);
  }

  /** Takes what a source tells at once, and from now on. */
  follow(source: EventSource): void {
    this.#source = source((event) => this.#enter(event));
    // The list may have been too long already.
    if (this.#overflowed) this.#source[Symbol.dispose]();
  }

  /**
   * One event, which is a line.
   * @throws CircuitError as {@link IncomingMessage.read}: ENOBUFS (too many events
   *   had waited; it has ended), ENODATA (it was scrubbed)
   */
  receive(): IncomingMessage {
    return new IncomingEvent(this.events.receive(), () =>
      this.#overflowed
        ? new CircuitError(
            'ENOBUFS',
            `events were lost, because ${this.events.capacity} had not been received; make a new subscription`,
          )
        : new CircuitError('ENODATA', 'the subscription was scrubbed'),
    );
  }

  /** Ends it at once: receivers fail with ENODATA, also those that wait. */
  scrub(): void {
    this.#source?.[Symbol.dispose]();
    this.events.scrub();
  }

  #enter(event: string): void {
    if (this.#overflowed) return;
    if (!this.events.canSend) {
      this.#overflowed = true;
      this.#source?.[Symbol.dispose]();
      this.events.close();
      return;
    }
    const message = Buffer.from(`${event}\n`);
    // It has a place, and its order, before this returns; only a scrub can refuse it.
    this.events
      .send()
      .write(message, { last: true })
      .catch(() => {});
  }
}

/** A message of the channel of events; that there will be none has another reason here. */
class IncomingEvent implements IncomingMessage {
  readonly #message: IncomingMessage;
  readonly #ended: () => CircuitError;

  constructor(message: IncomingMessage, ended: () => CircuitError) {
    this.#message = message;
    this.#ended = ended;
  }

  async read(max: number, options?: WaitOptions): Promise<Uint8Array> {
    try {
      return await this.#message.read(max, options);
    } catch (error) {
      throw errorCode(error) === 'ENODATA' ? this.#ended() : error;
    }
  }

  get complete(): boolean {
    return this.#message.complete;
  }

  ready(): Promise<boolean> {
    return this.#message.ready();
  }

  whenReady(signal?: AbortSignal): Promise<void> {
    return this.#message.whenReady(signal);
  }

  delivered(): Promise<void> {
    return this.#message.delivered();
  }

  close(): void {
    this.#message.close();
  }
}
