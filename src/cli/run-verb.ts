import { pipeline } from 'node:stream/promises';
import { CircuitError, errorCode, errorMessage } from '../base/error.js';
import type { Anchor } from '../client/anchor.js';
import type { CircuitClient } from '../client/client.js';
import { type Log, MAX_PIECE, type Source } from '../kinds/control-file.js';
import { SinkStream } from '../kinds/streams.js';
import { type DialOptions, dial } from './dial.js';
import { written } from './output.js';
import { anchorAt, memberAt } from './path.js';
import type { Verb } from './verbs.js';

/** As much as a pipe takes at once: of more, it would not be known whether its reader had some. */
const FIRST_PIECE = 64 * 1024;

/**
 * `circuit VERB ANCHOR`: reads or writes the control file of that name, and prints what it gives.
 * @param command The text that is written to a command file.
 */
export async function run(
  verb: Verb,
  path: string,
  command: string,
  options: DialOptions,
): Promise<void> {
  const { name, type } = verb;
  await using client = await dial(options);
  const place = placeOf(client, verb, path);
  if (verb.of.includes('anchor')) {
    using _made = await place.make(name, command);
    return;
  }
  using files = await place.files();
  switch (type) {
    case 'value':
      return await written(process.stdout, await files.value(name));
    case 'command':
      return await files.command(name, command);
    case 'source':
      return await print(files.source(name));
    case 'sink':
      return await pipeline(process.stdin, new SinkStream(files.sink(name)));
    case 'log':
      return await printLog(files.log(name));
    default:
      throw new TypeError(`unknown type ${String(type satisfies never)}`);
  }
}

function placeOf(client: CircuitClient, { of }: Verb, path: string): Anchor {
  if (!of.includes('member')) return anchorAt(client, path);
  return of.length === 1 ? memberAt(client, path) : client.anchor(path);
}

/**
 * Prints a source. Its bytes are delivered when the operating system has them. A reader that has had
 * enough, as in `circuit stdout /X…/p | head`, ends it. A reader that had nothing is a failure, and the
 * bytes are pushed back.
 */
async function print(source: Source): Promise<void> {
  // To exit on the error would take the bytes along.
  process.stdout.removeAllListeners('error').on('error', () => {});
  let isDelivered = false;
  try {
    for (;;) {
      const data = await source.read(isDelivered ? MAX_PIECE : FIRST_PIECE);
      await written(process.stdout, data);
      await source.settled(data, true);
      isDelivered = true;
      if (data.length === 0) return;
    }
  } catch (error) {
    if (error instanceof CircuitError) throw error;
    if (isDelivered && errorCode(error) === 'EPIPE') return;
    const why = `cannot write to standard output: ${errorMessage(error)}`;
    throw new CircuitError('EIO', why, { cause: error });
  } finally {
    source.close();
  }
}

async function printLog(log: Log): Promise<void> {
  for (let offset = 0; ; ) {
    const piece = await log.read(offset, MAX_PIECE);
    if (piece.data.length === 0) return;
    await written(process.stdout, piece.data);
    offset = piece.offset + piece.data.length;
  }
}
