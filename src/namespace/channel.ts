import {
  type Awaitable,
  type Caller,
  type File,
  type Handle,
  PollEvents,
} from '../../mount/node.js';
import type {
  Channel,
  ChannelDirection,
  IncomingMessage,
  OutgoingMessage,
} from '../anchor/circuit.js';
import { jsonText, StreamFile } from './control.js';
import { commandFile, type Place, valueFiles, writeStream } from './operation.js';
import { Readiness } from './readiness.js';
import type { Renderings } from './renderings.js';
import { once } from './value.js';

/** The files of a channel, beside those that every element has. */
export function channelFiles(place: Place): ReadonlyArray<readonly [string, File]> {
  const { member, path, context } = place;
  const open = (caller: Caller) => member.channel(path, caller);
  const send = (nonblock: boolean) =>
    new StreamFile('write', async (caller) => new SendHandle(place, await open(caller), nonblock));
  const receive = (nonblock: boolean) =>
    new StreamFile('read', async (caller) => {
      return new ReceiveHandle(await open(caller), nonblock, context.renderings);
    });
  return [
    ['send', send(false)],
    ['trysend', send(true)],
    ['recv', receive(false)],
    ['tryrecv', receive(true)],
    [
      'close',
      commandFile(place, 'close', async (_text, signal) => {
        using channel = await member.channel(path, { signal });
        await channel.close(signal);
      }),
    ],
    ...channelValues(place),
  ];
}

function channelValues(place: Place): ReadonlyArray<readonly [string, File]> {
  return valueFiles(place, 'chan', () => {
    const peek = once(async () => {
      using channel = await place.member.channel(place.path);
      return await channel.peek();
    });
    return {
      cap: async () => `${(await peek()).Cap}\n`,
      peek: async () => jsonText(await peek()),
    };
  });
}

/** One message for each time the file is opened and written to. */
class SendHandle implements Handle {
  readonly io = 'stream';
  readonly #place: Place;
  readonly #channel: Channel;
  readonly #message: OutgoingMessage;
  readonly #nonblock: boolean;
  readonly #readiness: Readiness;
  /** The message has been accepted. */
  #begun = false;
  /** A program that held it open has been killed since the last write: it may not be complete. */
  #abandoned = false;

  constructor(place: Place, channel: Channel, nonblock: boolean) {
    this.#place = place;
    this.#channel = channel;
    this.#message = channel.send();
    this.#nonblock = nonblock;
    this.#readiness = readinessOf('send', channel, () => (this.#begun ? this.#message : undefined));
  }

  poll(notify: (() => void) | undefined): Awaitable<number> {
    return this.#readiness.poll(PollEvents.out, notify);
  }

  async write(data: Uint8Array, nonblock: boolean, { signal }: Caller): Promise<number> {
    this.#abandoned = false;
    // What can fail with EAGAIN is that the message begins: to break it off would lose it.
    const options = { signal, nonblock: nonblock || (this.#nonblock && !this.#begun) };
    const once = this.#nonblock && !nonblock;
    const taken = await writeStream(this.#place, () => this.#message.write(data, options), once);
    this.#begun = true;
    return taken;
  }

  /** The program need not be the last to close it: timeout(1), and a shell, hold it, too. */
  abandon(): void {
    this.#abandoned = true;
  }

  release(): void {
    this.#readiness.end();
    if (this.#abandoned) this.#message.abort();
    else this.#message.end();
    this.#channel[Symbol.dispose]();
  }
}

/** One message for each time the file is opened and read. */
export class ReceiveHandle implements Handle {
  readonly io = 'stream';
  readonly #channel: Channel;
  readonly #nonblock: boolean;
  readonly #renderings: Renderings;
  readonly #readiness: Readiness;
  #message: IncomingMessage | undefined;
  /** Something of the message has reached the reader. */
  #delivered = false;
  #ended = false;
  /** What did not reach the reader, in the middle of the message. */
  #kept: Uint8Array = new Uint8Array();

  constructor(channel: Channel, nonblock: boolean, renderings: Renderings) {
    this.#channel = channel;
    this.#nonblock = nonblock;
    this.#renderings = renderings;
    this.#readiness = readinessOf('recv', channel, () =>
      this.#delivered ? this.#message : undefined,
    );
  }

  poll(notify: (() => void) | undefined): Awaitable<number> {
    const has = this.#ended || this.#kept.length > 0;
    return has ? PollEvents.in : this.#readiness.poll(PollEvents.in, notify);
  }

  async read(
    _offset: number,
    size: number,
    nonblock: boolean,
    { signal }: Caller,
  ): Promise<Uint8Array> {
    if (this.#kept.length > 0) return this.#takeKept(size);
    if (this.#ended) return new Uint8Array();
    this.#message ??= this.#channel.receive();
    const options = { signal, nonblock: nonblock || (this.#nonblock && !this.#delivered) };
    const data = await this.#message.read(size, options);
    this.#renderings.expire();
    this.#ended = data.length === 0;
    return data;
  }

  settled(data: Uint8Array, delivered: boolean): void {
    if (delivered) {
      this.#delivered = true;
      this.#message?.delivered().catch(() => {});
    } else if (this.#delivered) {
      // A signal came in the middle: who reads on has it.
      this.#kept = Buffer.concat([data, this.#kept]);
    } else {
      this.#message?.close();
      this.#message = undefined;
      this.#ended = false;
    }
  }

  release(): void {
    this.#readiness.end();
    this.#message?.close();
    this.#channel[Symbol.dispose]();
  }

  #takeKept(size: number): Uint8Array {
    const taken = this.#kept.subarray(0, size);
    this.#kept = this.#kept.subarray(taken.length);
    return taken;
  }
}

/** Of the channel until a message has begun, and then of that. */
function readinessOf(
  direction: ChannelDirection,
  channel: Channel,
  message: () => IncomingMessage | OutgoingMessage | undefined,
): Readiness {
  return new Readiness(
    (signal) => message()?.ready(signal) ?? channel.ready(direction, signal),
    (signal) => message()?.whenReady(signal) ?? channel.whenReady(direction, signal),
  );
}
