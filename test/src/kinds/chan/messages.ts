/** Messages of channels for the tests, as programs send and receive them. */
import type { ChannelElement } from '../../../../src/kinds/chan/channel-element.js';
import { type Source, writeAll } from '../../../../src/kinds/control-file.js';

export function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

export async function send(channel: ChannelElement, text: string): Promise<void> {
  const message = channel.send();
  await writeAll(message, bytes(text));
  message.close();
}

/** Receives one message to its end, as a program does that gets all that it asks for. */
export async function receive(channel: ChannelElement): Promise<string> {
  return (await receiveAll(channel.receive())).toString();
}

/** Receives all of a message, in pieces of up to `max` bytes, and closes it. */
export async function receiveAll(message: Source, max = 1 << 20): Promise<Buffer> {
  const pieces: Buffer[] = [];
  do pieces.push(await take(message, max));
  while (pieces.at(-1)?.length);
  message.close();
  return Buffer.concat(pieces);
}

/** Reads a piece, which is delivered. */
export async function take(message: Source, max: number): Promise<Buffer> {
  const data = await message.read(max);
  await message.settled(data, true);
  return Buffer.from(data);
}

/** Whether a promise is settled already. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  promise.then(note, note);
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}
