import { RpcTarget } from 'capnweb';
import { CircuitError, interrupted } from '../base/error.js';
import type { FlowControl } from '../transport/flow-control.js';
import { MAX_CHUNK } from '../transport/limits.js';
import { sizeFrom } from './arguments.js';
import type {
  Channel,
  ChannelDirection,
  ChannelPeek,
  IncomingMessage,
  OutgoingMessage,
} from './circuit.js';
import type { ElementContext } from './element-context.js';
import { Release } from './release.js';

/** A channel, as a peer may call it. A peer that lets it go, or is cut off, ends what it waits for. */
export class ChannelTarget extends RpcTarget implements Disposable {
  readonly #channel: Channel;
  readonly #context: ElementContext;
  readonly #release = new Release();

  constructor(channel: Channel, context: ElementContext) {
    super();
    this.#channel = channel;
    this.#context = context;
  }

  send(): OutgoingTarget {
    return new OutgoingTarget(this.#channel.send());
  }

  receive(): IncomingTarget {
    return new IncomingTarget(this.#channel.receive(), this.#context.flow);
  }

  close(): Promise<void> {
    return this.#context.logged('close', () => this.#channel.close());
  }

  peek(): Promise<ChannelPeek> {
    return this.#channel.peek();
  }

  async ready(direction: ChannelDirection): Promise<boolean> {
    return this.#channel.ready(checkDirection(direction));
  }

  async whenReady(direction: ChannelDirection): Promise<void> {
    const checked = checkDirection(direction);
    await this.#release.whileHeld((signal) => this.#channel.whenReady(checked, signal));
  }

  [Symbol.dispose](): void {
    this.#release.run();
    this.#channel[Symbol.dispose]();
  }
}

/** A message that a peer sends. */
export class OutgoingTarget extends RpcTarget implements Disposable {
  readonly #message: OutgoingMessage;

  constructor(message: OutgoingMessage) {
    super();
    this.#message = message;
  }

  async accept(data: Uint8Array, nonblock: boolean, last: boolean): Promise<boolean> {
    if (!(data instanceof Uint8Array)) throw new CircuitError('EINVAL', 'a message is bytes');
    if (data.length > MAX_CHUNK) {
      throw new CircuitError('EINVAL', `a piece of a message has at most ${MAX_CHUNK} bytes`);
    }
    return await this.#message.accept(data, { nonblock: nonblock === true, last: last === true });
  }

  drained(): Promise<void> {
    return this.#message.drained();
  }

  ready(): Promise<boolean> {
    return this.#message.ready();
  }

  whenReady(): Promise<void> {
    return this.#message.whenReady();
  }

  end(): void {
    this.#message.end();
  }

  [Symbol.dispose](): void {
    this.#message.abort();
  }
}

/** The bytes that a peer reads at once. */
export interface MessagePiece {
  readonly data: Uint8Array;
  /** The message ends here, so that nobody need ask. */
  readonly complete: boolean;
}

/** A message that a peer receives. */
export class IncomingTarget extends RpcTarget implements Disposable {
  readonly #message: IncomingMessage;
  readonly #flow: FlowControl;
  #closed = false;

  constructor(message: IncomingMessage, flow: FlowControl) {
    super();
    this.#message = message;
    this.#flow = flow;
  }

  async read(max: number, nonblock: boolean): Promise<MessagePiece> {
    const data = await this.#message.read(sizeFrom(max), { nonblock: nonblock === true });
    const { complete } = this.#message;
    await this.#flow.room(data.length);
    // A peer that has gone meanwhile has given it back.
    if (this.#closed) throw interrupted();
    return { data, complete };
  }

  ready(): Promise<boolean> {
    return this.#message.ready();
  }

  whenReady(): Promise<void> {
    return this.#message.whenReady();
  }

  async delivered(): Promise<void> {
    await this.#message.delivered();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#message.close();
  }
}

function checkDirection(direction: unknown): ChannelDirection {
  if (direction === 'send' || direction === 'recv') return direction;
  throw new CircuitError('EINVAL', 'the direction is send or recv');
}
