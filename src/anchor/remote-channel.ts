import type { RpcStub } from 'capnweb';
import { asCircuitError, CircuitError } from '../error.js';
import type {
  ChannelTarget,
  IncomingTarget,
  MessagePiece,
  OutgoingTarget,
} from './channel-target.js';
import { MAX_CHUNK } from './channel-target.js';
import type {
  Channel,
  ChannelDirection,
  ChannelPeek,
  IncomingMessage,
  OutgoingMessage,
  WaitOptions,
  WriteOptions,
} from './circuit.js';
import { call, letGo } from './remote-call.js';

/** A channel of another member. Its calls take as long as they take: a channel waits. */
export class RemoteChannel implements Channel {
  readonly kind = 'chan';
  readonly #stub: RpcStub<ChannelTarget>;
  readonly #connection: Disposable;

  /** @param connection Is let go with the channel. */
  constructor(stub: RpcStub<ChannelTarget>, connection: Disposable) {
    this.#stub = stub;
    this.#connection = connection;
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
    this.#stub[Symbol.dispose]();
    this.#connection[Symbol.dispose]();
  }
}

class RemoteOutgoing implements OutgoingMessage {
  readonly #channel: RpcStub<ChannelTarget>;
  #stub: RpcStub<OutgoingTarget> | undefined;
  #begun = false;
  #ended = false;

  constructor(channel: RpcStub<ChannelTarget>) {
    this.#channel = channel;
  }

  async write(data: Uint8Array, options: WriteOptions = {}): Promise<void> {
    const { signal, nonblock = false, last = false } = options;
    if (this.#ended) throw new CircuitError('EPIPE', 'the message has ended');
    this.#stub ??= this.#channel.send();
    try {
      for (let at = 0; at === 0 || at < data.length; at += MAX_CHUNK) {
        const chunk = data.subarray(at, at + MAX_CHUNK);
        const completes = last && at + MAX_CHUNK >= data.length;
        await call(this.#stub.write(chunk, nonblock, completes), signal, this.#begun);
        this.#begun = true;
      }
    } catch (error) {
      const { code } = asCircuitError(error);
      if (code === 'EAGAIN' || (code === 'EINTR' && !this.#begun)) this.#retryLater();
      else this.abort();
      throw error;
    }
    if (last) this.abort();
  }

  /** It goes out ahead of the letting go, and is there first. */
  end(): void {
    if (!this.#ended && this.#stub) letGo(this.#stub.end());
    this.abort();
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

const END: Promise<MessagePiece> = Promise.resolve({ data: new Uint8Array(), complete: true });

class RemoteIncoming implements IncomingMessage {
  readonly #channel: RpcStub<ChannelTarget>;
  #stub: RpcStub<IncomingTarget> | undefined;
  #delivery: Promise<void> | undefined;
  #complete = false;
  #closed = false;

  constructor(channel: RpcStub<ChannelTarget>) {
    this.#channel = channel;
  }

  async read(max: number, { signal, nonblock = false }: WaitOptions = {}): Promise<Uint8Array> {
    if (this.#closed) throw new CircuitError('EIO', 'the message was broken off');
    this.#stub ??= this.#channel.receive();
    const begun = this.#delivery !== undefined;
    try {
      const reading = this.#complete ? END : this.#stub.read(max, nonblock);
      // The end must not be seen before the message is known to be ours.
      await this.#delivery;
      const { data, complete } = await call(reading, signal, begun);
      this.#complete = complete;
      return data;
    } catch (error) {
      if (!nonblock) this.#letGo(begun);
      throw asCircuitError(error);
    }
  }

  get complete(): boolean {
    return this.#complete;
  }

  delivered(): Promise<void> {
    this.#delivery ??= call(this.#stub?.delivered() ?? Promise.resolve(), undefined, true);
    this.#delivery.catch(() => {});
    return this.#delivery;
  }

  close(): void {
    this.#letGo(true);
  }

  /** Ends the call over there; a message that was not delivered can be asked for again. */
  #letGo(forGood: boolean): void {
    this.#closed ||= forGood;
    letGo(this.#stub);
    this.#stub = undefined;
  }
}
