import type { Channel, IncomingMessage, OutgoingMessage } from '../../src/anchor/circuit.js';
import type { Attributes, Caller, File, Handle, OpenMode } from '../node.js';
import { ControlError, refuseWrite, STARTED, ValueFile } from './control.js';
import { isBeingKilled } from './killed.js';
import { commandFile, type Place } from './operation.js';

/** The files of a channel, beside those that every element has. */
export function channelFiles(place: Place): ReadonlyArray<readonly [string, File]> {
  const { member, path } = place;
  const open = ({ signal }: Caller) => member.channel(path, signal);
  return [
    ['send', new SendFile(open, false)],
    ['trysend', new SendFile(open, true)],
    ['recv', new ReceiveFile(open, false)],
    ['tryrecv', new ReceiveFile(open, true)],
    [
      'close',
      commandFile(place, 'close', async (_text, signal) => {
        using channel = await member.channel(path, signal);
        await channel.close(signal);
      }),
    ],
    [
      'cap',
      new ValueFile(async ({ signal }) => {
        using channel = await member.channel(path, signal);
        return `${(await channel.peek(signal)).Cap}\n`;
      }),
    ],
    [
      'peek',
      new ValueFile(async ({ signal }) => {
        using channel = await member.channel(path, signal);
        return `${JSON.stringify(await channel.peek(signal), undefined, 2)}\n`;
      }),
    ],
  ];
}

type Open = (caller: Caller) => Promise<Channel>;

/** One message for each time it is opened and written to. */
class SendFile implements File {
  readonly kind = 'file';
  /** So that a writer that waits does not make the next one, in the kernel, immune to signals. */
  readonly ttl = 0;
  readonly #open: Open;
  readonly #nonblock: boolean;

  constructor(open: Open, nonblock: boolean) {
    this.#open = open;
    this.#nonblock = nonblock;
  }

  attributes(): Attributes {
    return { mode: 0o200, size: 0, mtime: STARTED };
  }

  async open(mode: OpenMode, caller: Caller): Promise<Handle> {
    if (mode.read) throw new ControlError('EACCES', 'this file can only be written');
    return new SendHandle(await this.#open(caller), this.#nonblock);
  }
}

class SendHandle implements Handle {
  readonly io = 'stream';
  readonly #channel: Channel;
  readonly #message: OutgoingMessage;
  readonly #nonblock: boolean;
  /** The last who closed it was killed: the message is not complete. */
  #killed = false;

  constructor(channel: Channel, nonblock: boolean) {
    this.#channel = channel;
    this.#message = channel.send();
    this.#nonblock = nonblock;
  }

  async write(data: Uint8Array, nonblock: boolean, { signal }: Caller): Promise<undefined> {
    await this.#message.write(data, { signal, nonblock: nonblock || this.#nonblock });
    return undefined;
  }

  flush({ pid }: Caller): void {
    this.#killed = isBeingKilled(pid);
  }

  release(): void {
    if (this.#killed) this.#message.abort();
    const done = () => this.#channel[Symbol.dispose]();
    // Whoever could be told that it failed has gone.
    this.#message.end().then(done, done);
  }
}

/** One message for each time it is opened and read. */
class ReceiveFile implements File {
  readonly kind = 'file';
  readonly ttl = 0;
  readonly #open: Open;
  readonly #nonblock: boolean;

  constructor(open: Open, nonblock: boolean) {
    this.#open = open;
    this.#nonblock = nonblock;
  }

  attributes(): Attributes {
    return { mode: 0o400, size: 0, mtime: STARTED };
  }

  async open(mode: OpenMode, caller: Caller): Promise<Handle> {
    refuseWrite(mode);
    return new ReceiveHandle(await this.#open(caller), this.#nonblock);
  }
}

class ReceiveHandle implements Handle {
  readonly io = 'stream';
  readonly #channel: Channel;
  readonly #nonblock: boolean;
  #message: IncomingMessage | undefined;
  #ended = false;

  constructor(channel: Channel, nonblock: boolean) {
    this.#channel = channel;
    this.#nonblock = nonblock;
  }

  async read(
    _offset: number,
    size: number,
    nonblock: boolean,
    { signal }: Caller,
  ): Promise<Uint8Array> {
    if (this.#ended) return new Uint8Array();
    this.#message ??= this.#channel.receive();
    const options = { signal, nonblock: nonblock || this.#nonblock };
    const data = await this.#message.read(size, options);
    this.#ended = data.length === 0;
    return data;
  }

  settled(_data: Uint8Array, delivered: boolean): void {
    if (delivered) {
      this.#message?.delivered().catch(() => {});
    } else {
      this.#message?.close();
      this.#message = undefined;
      this.#ended = false;
    }
  }

  release(): void {
    this.#message?.close();
    this.#channel[Symbol.dispose]();
  }
}
