import { CircuitError, interrupted, wouldWait } from '../../base/error.js';
import { onAbort } from '../../base/interruptible.js';
import { Mutex } from '../../base/mutex.js';
import type { HandOff, Receiving } from './hand-off.js';
import type { IncomingMessage, WaitOptions } from './message.js';
import type { MessageBody } from './message-body.js';

/** The receiver's side of a message of this member's channel. */
export class Incoming implements IncomingMessage {
  readonly #handOff: HandOff<MessageBody>;
  #receiving: Receiving | undefined;
  #body: MessageBody | undefined;
  /** What was read before it was delivered. */
  readonly #undelivered: Uint8Array[] = [];
  #state: 'new' | 'offered' | 'delivered' | 'closed' = 'new';
  readonly #mutex = new Mutex();
  /** Ends the wait for a message. */
  #interrupt: (() => void) | undefined;

  constructor(handOff: HandOff<MessageBody>) {
    this.#handOff = handOff;
  }

  async read(max: number, { signal, nonblock }: WaitOptions = {}): Promise<Uint8Array> {
    // At once where it can be: who asked first is first.
    const now = nonblock || this.#mutex.isFree;
    using _lock = now ? this.#mutex.tryLock() : await this.#mutex.lock(signal);
    if (this.#isClosed()) throw interrupted();
    if (nonblock && !(this.#body?.readable ?? this.#handOff.canReceive)) {
      throw wouldWait('there is no message');
    }
    // Asking for more, the receiver has dealt with what it had.
    if (this.#state === 'delivered') this.#body?.settle();
    const body = this.#body ?? (await this.#offer(signal));
    await body.until(() => body.readable || this.#isClosed(), signal);
    // Who has gone meanwhile has given the message back: its bytes are another's.
    if (this.#isClosed()) throw interrupted();
    const data = body.take(max);
    if (this.#state === 'offered') this.#undelivered.push(data);
    return data;
  }

  get complete(): boolean {
    return this.#body?.isRead ?? false;
  }

  async ready(): Promise<boolean> {
    return this.#body?.readable ?? false;
  }

  async whenReady(signal?: AbortSignal): Promise<void> {
    const body = this.#body;
    if (!body) return;
    await body.until(() => body.readable, signal);
  }

  async delivered(): Promise<void> {
    if (this.#state !== 'offered') return;
    this.#state = 'delivered';
    this.#undelivered.length = 0;
    this.#body?.settle();
    this.#receiving?.take();
  }

  close(): void {
    if (this.#isClosed()) return;
    const wasDelivered = this.#state === 'delivered';
    this.#state = 'closed';
    this.#interrupt?.();
    if (wasDelivered) {
      this.#body?.abandon();
    } else {
      for (const data of this.#undelivered.splice(0).reverse()) this.#body?.unread(data);
      this.#receiving?.giveBack();
    }
    // A read of ours that waits in the message sees that it is closed.
    this.#body?.changed();
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #offer(signal: AbortSignal | undefined): Promise<MessageBody> {
    return new Promise((resolve, reject) => {
      let stop = () => {};
      this.#interrupt = () => reject(interrupted());
      this.#receiving = this.#handOff.receive({
        offered: (body) => {
          stop();
          this.#interrupt = undefined;
          this.#body = body;
          this.#state = 'offered';
          resolve(body);
        },
        drained: () => {
          stop();
          const why = this.#handOff.scrubbed
            ? 'the channel was scrubbed'
            : 'the channel is closed, and nothing is left in it';
          reject(new CircuitError('ENODATA', why));
        },
      });
      if (this.#body) return;
      stop = onAbort(signal, (error) => {
        this.#receiving?.giveBack();
        this.#receiving = undefined;
        reject(error);
      });
    });
  }
}
