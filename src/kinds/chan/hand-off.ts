/**
 * The hand-off of a channel's messages from senders to receivers: Go's channel,
 * with messages that can be given back. No I/O and no bytes, only whose turn it is.
 *
 * A message passes through these states:
 *
 *     entered ──▶ admitted ──▶ (offered) ──▶ taken
 *
 * It is admitted when it has one of the `capacity` places; without a place it is
 * admitted by being taken. It is offered to one receiver at a time, which takes it
 * or gives it back; given back, it is the first that the next receiver gets.
 */

import { Listeners } from '../../base/listeners.js';
import { type Linked, LinkedList } from './linked-list.js';

/** Events for a sender, each at most once, and never in the middle of a step. */
export interface SenderEvents {
  /** The message has a place, or a receiver: the sender may go on. */
  readonly admitted: () => void;
  /** No receiver will get it: the channel was closed before it was admitted, or scrubbed. */
  readonly refused: () => void;
  /** A receiver gave it back, and it has neither a place nor another receiver. */
  readonly returned?: () => void;
  /** It was withdrawn, and no receiver has it. */
  readonly dropped?: () => void;
}

/** Events for a receiver. */
export interface ReceiverEvents<Message> {
  /** There is a message; it waits for `take` or `giveBack`. */
  readonly offered: (message: Message, receiving: Receiving) => void;
  /** There is none, and none will come. */
  readonly drained: () => void;
}

interface Entry<Message> extends Linked<Entry<Message>> {
  readonly message: Message;
  readonly events: SenderEvents;
  /** Nothing once it has been taken, refused or withdrawn. */
  list: LinkedList<Entry<Message>> | undefined;
  /** Its sender has gone before it was complete. */
  withdrawn: boolean;
  offeredTo: Waiting<Message> | undefined;
}

interface Waiting<Message> extends Receiving {
  readonly events: ReceiverEvents<Message>;
  gone: boolean;
  entry: Entry<Message> | undefined;
}

/** A sender's side of one message that has entered. */
export interface Sending {
  /** A receiver has it, and will take it or give it back. */
  readonly offered: boolean;
  /**
   * The sender has gone before the message was complete. A receiver to which it is
   * offered keeps it, to learn from the message itself that it broke off.
   */
  withdraw(): void;
}

/** A receiver's side, from asking until it has taken a message. */
export interface Receiving {
  /** The offered message has arrived. */
  take(): void;
  /** The receiver has gone: it has received nothing. */
  giveBack(): void;
}

export class HandOff<Message> {
  readonly capacity: number;
  /** Messages that have a place and have not been taken, in order; the offered ones are among them. */
  readonly #admitted = new LinkedList<Entry<Message>>();
  /** Those that have entered after them and have no place yet. */
  readonly #entered = new LinkedList<Entry<Message>>();
  /** Receivers without an offer, in order. */
  readonly #waiting: Waiting<Message>[] = [];
  /** Events to tell when the step is over, since a listener may take the next step. */
  readonly #events: (() => void)[] = [];
  #telling = false;
  #closed = false;
  #scrubbed = false;
  #sent = 0;
  #received = 0;

  readonly #listeners = new Listeners();

  /** @param capacity How many messages wait without a receiver; 0 is a rendezvous. */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Told after each step: {@link canSend}, {@link canReceive} and {@link closed} may have changed. */
  onChange(listener: () => void): Disposable {
    return this.#listeners.add(listener);
  }

  get closed(): boolean {
    return this.#closed;
  }

  get scrubbed(): boolean {
    return this.#scrubbed;
  }

  /** Messages admitted so far. */
  get sent(): number {
    return this.#sent;
  }

  /** Messages taken so far. */
  get received(): number {
    return this.#received;
  }

  /** Whether a message that entered now would be admitted or offered at once, or refused. */
  get canSend(): boolean {
    return this.#closed || this.#admitted.length < this.capacity || this.#waiting.length > 0;
  }

  /** Whether a receiver that came now would be told something at once. */
  get canReceive(): boolean {
    return this.#firstFree() !== undefined || this.#isDrained();
  }

  /** A message enters. Its events may come before this returns. */
  enter(message: Message, events: SenderEvents): Sending {
    const entry: Entry<Message> = {
      message,
      events,
      list: undefined,
      withdrawn: false,
      offeredTo: undefined,
    };
    this.#step(() => {
      if (this.#closed) this.#events.push(events.refused);
      else this.#put(entry, this.#entered);
    });
    return {
      get offered() {
        return entry.offeredTo !== undefined;
      },
      withdraw: () => this.#step(() => this.#withdraw(entry)),
    };
  }

  /** A receiver asks for a message. Its events may come before this returns. */
  receive(events: ReceiverEvents<Message>): Receiving {
    const waiting: Waiting<Message> = {
      events,
      gone: false,
      entry: undefined,
      take: () => this.#step(() => this.#take(waiting)),
      giveBack: () => this.#step(() => this.#giveBack(waiting)),
    };
    this.#step(() => this.#waiting.push(waiting));
    return waiting;
  }

  /** No more messages enter; those that were admitted can still be received. */
  close(): void {
    this.#step(() => {
      this.#closed = true;
      for (const entry of this.#entered) this.#refuse(entry);
    });
  }

  /** Nothing is received any more either; a message that is offered already may still be taken. */
  scrub(): void {
    this.#step(() => {
      this.#closed = true;
      this.#scrubbed = true;
      for (const list of [this.#admitted, this.#entered]) {
        for (const entry of list) this.#refuse(entry);
      }
    });
  }

  #step(change: () => void): void {
    change();
    this.#settle();
    if (this.#telling) return;
    this.#telling = true;
    let told = 0;
    try {
      // Events that these lead to come after them.
      for (const tell of this.#events) {
        told += 1;
        tell();
      }
    } finally {
      this.#events.splice(0, told);
      this.#telling = false;
    }
    this.#listeners.tell();
  }

  /** Fills the free places, offers all that it can, and ends waits that are in vain. */
  #settle(): void {
    for (const entry of this.#entered) {
      if (this.#admitted.length >= this.capacity) break;
      this.#put(entry, this.#admitted);
      this.#admit(entry);
    }
    for (;;) {
      const entry = this.#firstFree();
      const waiting = entry && this.#waiting.shift();
      if (!entry || !waiting) break;
      entry.offeredTo = waiting;
      waiting.entry = entry;
      this.#events.push(() => {
        if (waiting.entry === entry) waiting.events.offered(entry.message, waiting);
      });
    }
    if (this.#isDrained()) {
      for (const waiting of this.#waiting.splice(0)) {
        this.#events.push(() => {
          if (!waiting.gone) waiting.events.drained();
        });
      }
    }
  }

  #take(waiting: Waiting<Message>): void {
    const { entry } = waiting;
    if (!entry) return;
    waiting.entry = undefined;
    this.#received += 1;
    if (entry.list === this.#entered) this.#admit(entry);
    this.#put(entry, undefined);
  }

  #giveBack(waiting: Waiting<Message>): void {
    waiting.gone = true;
    const index = this.#waiting.indexOf(waiting);
    if (index >= 0) this.#waiting.splice(index, 1);
    const { entry } = waiting;
    if (!entry) return;
    waiting.entry = undefined;
    entry.offeredTo = undefined;
    const placeless = () => entry.list === this.#entered;
    if (entry.withdrawn) this.#drop(entry);
    else if (this.#scrubbed || (this.#closed && placeless())) this.#refuse(entry);
    else if (placeless()) {
      this.#events.push(() => {
        if (placeless() && !entry.offeredTo) entry.events.returned?.();
      });
    }
  }

  #withdraw(entry: Entry<Message>): void {
    if (entry.withdrawn) return;
    entry.withdrawn = true;
    if (!entry.offeredTo) this.#drop(entry);
  }

  #drop(entry: Entry<Message>): void {
    this.#put(entry, undefined);
    this.#events.push(() => entry.events.dropped?.());
  }

  #admit(entry: Entry<Message>): void {
    this.#sent += 1;
    this.#events.push(entry.events.admitted);
  }

  #refuse(entry: Entry<Message>): void {
    if (entry.offeredTo) return;
    this.#put(entry, undefined);
    this.#events.push(entry.events.refused);
  }

  #put(entry: Entry<Message>, list: LinkedList<Entry<Message>> | undefined): void {
    entry.list?.remove(entry);
    list?.push(entry);
    entry.list = list;
  }

  #firstFree(): Entry<Message> | undefined {
    for (const list of [this.#admitted, this.#entered]) {
      for (const entry of list) if (!entry.offeredTo) return entry;
    }
    return undefined;
  }

  #isDrained(): boolean {
    // A message that is offered can be given back, but after a scrub it is offered no more.
    return this.#scrubbed || (this.#closed && this.#admitted.length + this.#entered.length === 0);
  }
}
