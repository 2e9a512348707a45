import type { Channel } from '../anchor/circuit.js';
import { CircuitError, errorMessage } from '../base/error.js';
import { type DialOptions, dial } from './dial.js';
import { written } from './output.js';
import { anchorAt } from './path.js';

/** How much of a message is asked for at a time, in bytes. */
const CHUNK = 256 * 1024;

/** `circuit mkchan ANCHOR CAPACITY` */
export async function mkchan(path: string, capacity: string, options: DialOptions): Promise<void> {
  if (!/^\d+$/.test(capacity)) {
    throw new CircuitError(
      'EINVAL',
      'the capacity of a channel is a whole number from 0, as in: circuit mkchan /X…/c 3',
    );
  }
  await using client = await dial(options);
  const { member, anchor } = anchorAt(client, path);
  await member.makeChannel(anchor, Number(capacity));
}

/** `circuit send ANCHOR`: standard input is one message, which may be empty. */
export async function send(path: string, options: DialOptions): Promise<void> {
  await withChannel(path, options, async (channel) => {
    const message = channel.send();
    try {
      for await (const chunk of process.stdin) await message.write(chunk);
      await message.write(new Uint8Array(), { last: true });
    } catch (error) {
      message.abort();
      throw error;
    }
  });
}

/** `circuit recv ANCHOR`: one message to standard output; it is received when it is written there. */
export async function recv(path: string, options: DialOptions): Promise<void> {
  // A reader that has gone is a failure here: the message is to go to somebody else.
  process.stdout.removeAllListeners('error').on('error', () => {});
  await withChannel(path, options, async (channel) => {
    const message = channel.receive();
    try {
      for (;;) {
        const data = await message.read(CHUNK);
        await print(data);
        await message.delivered();
        if (data.length === 0) return;
      }
    } finally {
      message.close();
    }
  });
}

/** `circuit close ANCHOR` */
export async function close(path: string, options: DialOptions): Promise<void> {
  await withChannel(path, options, (channel) => channel.close());
}

async function withChannel(
  path: string,
  options: DialOptions,
  run: (channel: Channel) => Promise<void>,
): Promise<void> {
  await using client = await dial(options);
  const { member, anchor } = anchorAt(client, path);
  using channel = await member.channel(anchor);
  await run(channel);
}

/** Resolves when the operating system has the data. */
async function print(data: Uint8Array): Promise<void> {
  try {
    await written(process.stdout, data);
  } catch (error) {
    const why = `cannot write to standard output: ${errorMessage(error)}`;
    throw new CircuitError('EIO', why, { cause: error });
  }
}
