import { type CircuitError, interrupted, wouldWait } from '../../base/error.js';
import { onAbort, until } from '../../base/interruptible.js';
import { Mutex } from '../../base/mutex.js';
import type { Source, WaitOptions } from '../control-file.js';
import type { HandOff, Receiving } from './hand-off.js';
import type { MessageBody } from './message-body.js';

type State = 'new' | 'offered' | 'delivered' | 'closed';

/**
 * An open `recv`: one message. It is this receiver's when something of it has been delivered; until
 * then it can be given back, whole, and is the next receiver's.
 */
export class IncomingMessage implements Source {
  readonly claimed = true;
  readonly #handOff: HandOff<MessageBody>;
  readonly #isTry: boolean;
  readonly #drained: () => CircuitError;
  #receiving: Receiving | undefined;
  #body: MessageBody | undefined;
  /** The pieces that were read before the first was delivered. */
  readonly #undelivered: Uint8Array[] = [];
  #state: State = 'new';
  readonly #mutex = new Mutex();
  /** Ends the wait for a message. */
  #interrupt: (() => void) | undefined;

  /**
   * @param isTry Whether a read fails with EAGAIN where it would block, until the message has begun.
   * @param drained Why there is no message, and will be none.
   */
  constructor(handOff: HandOff<MessageBody>, isTry: boolean, drained: () => CircuitError) {
    this.#handOff = handOff;
    this.#isTry = isTry;
    this.#drained = drained;
  }

  async read(max: number, { signal, nonblock = false }: WaitOptions = {}): Promise<Uint8Array> {
    // A reader that need not wait locks at once: they read in the order in which they came.
    const now = nonblock || this.#mutex.isFree;
    using _lock = now ? this.#mutex.tryLock() : await this.#mutex.lock(signal);
    if (this.#is('closed')) throw interrupted();
    // A receiver that asks for more has got what it read before.
    if (this.#is('delivered')) this.#body?.settle();
    for (;;) {
      const isTry = nonblock || (this.#isTry && !this.#is('delivered'));
      if (isTry && !this.#isReady) throw wouldWait('there is no message');
      const body = this.#body ?? (await this.#offer(signal));
      const isOver = () => this.#is('closed') || this.#body !== body;
      await body.until(() => body.readable || isOver(), signal);
      // The message was given back meanwhile: its bytes are another receiver's.
      if (this.#is('closed')) throw interrupted();
      if (isOver()) continue;
      const data = body.take(max);
      if (this.#is('offered')) this.#undelivered.push(data);
      return data;
    }
  }

  settled(data: Uint8Array, delivered: boolean): void {
    if (this.#is('offered')) {
      if (delivered) this.#take();
      else this.#askAnew();
    } else if (this.#is('delivered') && !delivered) {
      // A signal came in the middle of the message: the same reader reads on.
      this.#body?.unread(data);
    }
  }

  get ended(): boolean {
    return this.#body?.isRead ?? false;
  }

  async ready(): Promise<boolean> {
    return this.#isReady;
  }

  async whenReady(signal?: AbortSignal): Promise<void> {
    const watch = (look: () => void) => (this.#body ?? this.#handOff).onChange(look);
    if (!this.#isReady) await until(() => this.#isReady, watch, signal);
  }

  close(): void {
    if (this.#is('closed')) return;
    const wasDelivered = this.#is('delivered');
    this.#state = 'closed';
    this.#interrupt?.();
    if (!wasDelivered) this.#giveBack();
    // A sender that is still to be told that it was accepted would take that for a failure.
    else if (this.#body?.isRead) this.#body.drop();
    else this.#body?.abandon();
    // A read of ours that waits in the message sees that it is closed.
    this.#body?.changed();
  }

  get #isReady(): boolean {
    return this.#body?.readable ?? this.#handOff.canReceive;
  }

  #is(state: State): boolean {
    return this.#state === state;
  }

  #take(): void {
    this.#state = 'delivered';
    this.#undelivered.length = 0;
    this.#body?.settle();
    this.#receiving?.take();
  }

  /** The whole message is the next receiver's. */
  #giveBack(): void {
    for (const data of this.#undelivered.splice(0).reverse()) this.#body?.unread(data);
    this.#receiving?.giveBack();
    this.#receiving = undefined;
  }

  #askAnew(): void {
    const body = this.#body;
    this.#giveBack();
    this.#state = 'new';
    this.#body = undefined;
    body?.changed();
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
          reject(this.#drained());
        },
      });
      if (this.#body) return;
      stop = onAbort(signal, (error) => {
        this.#giveBack();
        reject(error);
      });
    });
  }
}
