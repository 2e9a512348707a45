import type { RpcStub } from 'capnweb';
import { asCircuitError, CircuitError, errorCode, wouldWait } from '../base/error.js';
import { interruptible } from '../base/interruptible.js';
import { Mutex } from '../base/mutex.js';
import { writeInPieces } from '../kinds/chan/write-in-pieces.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import type {
  ChannelTarget,
  IncomingTarget,
  MessagePiece,
  OutgoingTarget,
} from './channel-target.js';
import type {
  Channel,
  ChannelDirection,
  ChannelPeek,
  IncomingMessage,
  OutgoingMessage,
  WaitOptions,
  WriteOptions,
} from './circuit.js';
import { type Asked, asked, call, letGo } from './remote-call.js';

/** A channel of another member. Its calls take as long as they take: a channel waits. */
export class RemoteChannel implements Channel {
  readonly kind = 'chan';
  readonly #stub: RpcStub<ChannelTarget>;
  readonly #held: Disposable;

  /** @param connection Over which it is called; held as long as the channel. */
  constructor(stub: RpcStub<ChannelTarget>, connection: PeerConnection<unknown>) {
    this.#stub = stub;
    this.#held = connection.hold();
  }

  send(): OutgoingMessage {
    return new RemoteOutgoing(this.#stub);
  }

  receive(): IncomingMessage {
    return new RemoteIncoming(this.#stub);
  }

  close(signal?: AbortSignal): Promise<void> {
    return call(this.#stub.close(), signal);
  }

  peek(signal?: AbortSignal): Promise<ChannelPeek> {
    return call(this.#stub.peek(), signal);
  }

  ready(direction: ChannelDirection, signal?: AbortSignal): Promise<boolean> {
    return call(this.#stub.ready(direction), signal);
  }

  whenReady(direction: ChannelDirection, signal?: AbortSignal): Promise<void> {
    return call(this.#stub.whenReady(direction), signal);
  }

  [Symbol.dispose](): void {
    letGo(this.#stub);
    this.#held[Symbol.dispose]();
  }
}

class RemoteOutgoing implements OutgoingMessage {
  readonly #channel: RpcStub<ChannelTarget>;
  #stub: RpcStub<OutgoingTarget> | undefined;
  /** It was accepted. */
  #begun = false;
  #ended = false;
  /** Resolves when there is room for more, where there was none. */
  #drained: Promise<void> | undefined;
  /** Bytes whose writer was told that they are taken are still on their way. */
  #onTheirWay: Promise<void> | undefined;

  constructor(channel: RpcStub<ChannelTarget>) {
    this.#channel = channel;
  }

  async write(data: Uint8Array, options: WriteOptions = {}): Promise<number> {
    const taken = await writeInPieces(this, data, options, this.#begun);
    if (options.last && taken === data.length) this.#finish();
    return taken;
  }

  async accept(data: Uint8Array, options: WriteOptions = {}): Promise<boolean> {
    const { signal, nonblock = false, last = false } = options;
    if (this.#ended) throw new CircuitError('EPIPE', 'the message has ended');
    if (!this.#begun && data.length === 0 && !last) return false;
    // It could overtake what is on its way, which may have to be sent again.
    if (this.#onTheirWay) throw wouldWait('what was written before is on its way');
    this.#stub ??= this.#channel.send();
    const stub = this.#stub;
    const begun = this.#begun;
    const accepted = Promise.resolve(stub.accept(data, nonblock, last));
    try {
      const isFull = await call(accepted, signal, begun);
      this.#begun = true;
      if (isFull && !this.#ended) this.#wait(stub.drained());
      return isFull;
    } catch (error) {
      const { code } = asCircuitError(error);
      if (code === 'EINTR' && begun) {
        this.#send(stub, accepted, new Uint8Array(data), last);
        return true;
      }
      // There was no room, or no memory, and nothing has been taken: it can be tried again.
      if (code === 'EAGAIN' || code === 'EINTR') this.#retryLater();
      else this.abort();
      throw error;
    }
  }

  async drained(signal?: AbortSignal): Promise<void> {
    try {
      await interruptible(this.#drained ?? Promise.resolve(), signal);
      this.#drained = undefined;
    } catch (error) {
      if (errorCode(error) !== 'EINTR') this.abort();
      throw error;
    }
  }

  /** Sees to it that bytes arrive whose writer was told that they are taken. */
  #send(
    stub: RpcStub<OutgoingTarget>,
    first: PromiseLike<boolean>,
    data: Uint8Array,
    last: boolean,
  ): void {
    const arrived = this.#getAccepted(stub, first, data, last).finally(() => {
      this.#onTheirWay = undefined;
    });
    this.#onTheirWay = arrived;
    this.#wait(arrived.then(() => stub.drained()));
  }

  /** Its writer has gone on, so that there is nobody else to try again where there is no room. */
  async #getAccepted(
    stub: RpcStub<OutgoingTarget>,
    first: PromiseLike<boolean>,
    data: Uint8Array,
    last: boolean,
  ): Promise<void> {
    try {
      await first;
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') throw error;
      const message = {
        accept: async (piece: Uint8Array, options: WriteOptions = {}) =>
          await stub.accept(piece, false, options.last ?? false),
        drained: async () => await stub.drained(),
        ready: async () => await stub.ready(),
        whenReady: async () => await stub.whenReady(),
      };
      await writeInPieces(message, data, { last }, true);
    }
  }

  /**
   * Lets go of a message that is complete, or is by what `complete` sends: it goes out ahead of the
   * letting go, and is there first; both go out after what is on its way.
   */
  #finish(complete: (stub: RpcStub<OutgoingTarget>) => void = () => {}): void {
    const stub = this.#stub;
    this.#ended = true;
    this.#stub = undefined;
    if (!stub) return;
    const finish = () => {
      complete(stub);
      letGo(stub);
    };
    if (this.#onTheirWay) this.#onTheirWay.then(finish, () => letGo(stub));
    else finish();
  }

  #wait(drained: PromiseLike<void>): void {
    this.#drained = call(drained, undefined, true);
    this.#drained.catch(() => {});
  }

  async ready(signal?: AbortSignal): Promise<boolean> {
    if (this.#onTheirWay) return false;
    return this.#stub ? await call(this.#stub.ready(), signal, true) : true;
  }

  async whenReady(signal?: AbortSignal): Promise<void> {
    // Also one that has not begun, and had no room to: to answer at once would make its writer spin.
    const settled = this.#onTheirWay?.then(nothing, nothing);
    if (settled) await interruptible(settled, signal);
    if (!this.#ended) this.#stub ??= this.#channel.send();
    if (this.#stub) await call(this.#stub.whenReady(), signal, this.#begun);
  }

  end(): void {
    this.#finish((stub) => letGo(stub.end()));
  }

  abort(): void {
    this.#ended = true;
    letGo(this.#stub);
    this.#stub = undefined;
  }

  /** A message that was not accepted does not exist yet. */
  #retryLater(): void {
    if (this.#begun) return;
    letGo(this.#stub);
    this.#stub = undefined;
  }
}

class RemoteIncoming implements IncomingMessage {
  readonly #channel: RpcStub<ChannelTarget>;
  readonly #mutex = new Mutex();
  #stub: RpcStub<IncomingTarget> | undefined;
  #delivery: Promise<void> | undefined;
  /** A read that was interrupted in the middle of the message: the next one has its answer. */
  #asked: Asked<MessagePiece> | undefined;
  /** Bytes that came and were not read, since less was asked for. */
  #rest: Uint8Array = NOTHING;
  /** The other side has no more. */
  #ended = false;
  #closed = false;

  constructor(channel: RpcStub<ChannelTarget>) {
    this.#channel = channel;
  }

  async read(max: number, { signal, nonblock = false }: WaitOptions = {}): Promise<Uint8Array> {
    const now = nonblock || this.#mutex.isFree;
    using _lock = now ? this.#mutex.tryLock() : await this.#mutex.lock(signal);
    if (this.#closed) throw new CircuitError('EIO', 'the message was broken off');
    if (this.#rest.length === 0 && !this.#ended) await this.#next(max, nonblock, signal);
    // The end must not be seen before the message is known to be ours.
    else await this.#delivery;
    const data = this.#rest.subarray(0, max);
    this.#rest = this.#rest.subarray(data.length);
    return data;
  }

  get complete(): boolean {
    return this.#ended && this.#rest.length === 0;
  }

  async ready(signal?: AbortSignal): Promise<boolean> {
    if (this.#asked) return this.#asked.there;
    if (this.#rest.length > 0 || this.#ended || !this.#stub) return true;
    return await call(this.#stub.ready(), signal, true);
  }

  async whenReady(signal?: AbortSignal): Promise<void> {
    const coming = this.#asked?.answer.then(nothing, nothing);
    await call(coming ?? this.#stub?.whenReady() ?? Promise.resolve(), signal, true);
  }

  delivered(): Promise<void> {
    this.#delivery ??= call(this.#stub?.delivered() ?? Promise.resolve(), undefined, true);
    this.#delivery.catch(() => {});
    return this.#delivery;
  }

  close(): void {
    this.#letGo(true);
  }

  async #next(max: number, nonblock: boolean, signal: AbortSignal | undefined): Promise<void> {
    if (nonblock && this.#asked && !this.#asked.there) {
      throw wouldWait('nothing has come yet');
    }
    const begun = this.#delivery !== undefined;
    this.#stub ??= this.#channel.receive();
    const reading = this.#asked ?? asked(this.#stub.read(max, nonblock));
    try {
      // Is it ours? The end must not be seen before.
      await this.#delivery;
      const { data, complete } = await call(reading.answer, signal, begun);
      this.#asked = undefined;
      this.#rest = data;
      this.#ended = complete || data.length === 0;
    } catch (error) {
      const { code } = asCircuitError(error);
      // One that is interrupted before it begins is given back, for the next receiver.
      this.#asked = begun && code === 'EINTR' ? reading : undefined;
      if (code !== 'EAGAIN' && !this.#asked) this.#letGo(begun);
      throw asCircuitError(error);
    }
  }

  /** Ends the call over there; a message that was not delivered can be asked for again. */
  #letGo(forGood: boolean): void {
    this.#closed ||= forGood;
    this.#asked = undefined;
    this.#rest = NOTHING;
    letGo(this.#stub);
    this.#stub = undefined;
  }
}

const NOTHING = new Uint8Array();

function nothing(): void {}
