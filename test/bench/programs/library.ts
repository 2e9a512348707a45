/**
 * A process of its own: `library MODULE X… ADDRESS ADDRESS` uses the channels and processes of the
 * member X… by the library of a build, as a program does, through the daemons at the two addresses:
 * that member's own, and another one's. It answers for each figure how many a second.
 */
import type { Readable, Writable } from 'node:stream';
import { answerFigures } from '../figures.js';
import { rate, rateFor } from '../rate.js';

/** What is used here of the library; both builds have it. */
interface Library {
  dial(address: string): Promise<Client>;
}

interface Client {
  anchor(path: string): Anchor;
}

interface Anchor {
  makeChannel(capacity: number): Promise<Channel>;
  makeProcess(command: { readonly Path: string; readonly Args?: string[] }): Promise<Process>;
}

interface Element extends Disposable {
  scrub(): Promise<void>;
}

interface Channel extends Element {
  send(message: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  recv(): Promise<Uint8Array>;
  recvStream(): Promise<Readable>;
  peek(): Promise<unknown>;
}

interface Process extends Element {
  readonly stdin: Writable;
  readonly stdout: Readable;
  wait(): Promise<unknown>;
}

/** How long one measurement takes of what is not counted beforehand, in milliseconds. */
const DURATION_MS = 200;
const MESSAGES = 256;
const MANY = 32;
const BYTES = 32_000_000;
const CHUNK = 128_000;

const [module = '', name = '', ownAddress = '', otherAddress = ''] = process.argv.slice(2);
const { dial }: Library = await import(module);
await answerFigures({
  ...figuresOf(await dial(ownAddress), ''),
  ...figuresOf(await dial(otherAddress), ', other'),
});

function figuresOf(client: Client, suffix: string): Record<string, () => Promise<number>> {
  const anchor = client.anchor(`/${name}/bench-library`);
  const figures = {
    peeks,
    messages,
    'messages, many': manyMessages,
    processes,
    out,
    in: input,
    stream,
  };
  return Object.fromEntries(
    Object.entries(figures).map(([figure, run]) => [figure + suffix, () => run(anchor)]),
  );
}

function peeks(anchor: Anchor): Promise<number> {
  return withChannel(anchor, (channel) => rateFor(DURATION_MS, () => channel.peek()));
}

function messages(anchor: Anchor): Promise<number> {
  return withChannel(anchor, (channel) => passMessages(channel, 1));
}

function manyMessages(anchor: Anchor): Promise<number> {
  return withChannel(anchor, (channel) => passMessages(channel, MANY));
}

/** Messages of 64 bytes, from `senders` to as many receivers. */
function passMessages(channel: Channel, senders: number): Promise<number> {
  const data = Buffer.alloc(64, 1);
  const each = MESSAGES / senders;
  const pairs = Array.from({ length: senders }, () => [
    () => repeat(each, () => channel.send(data)),
    () => repeat(each, () => channel.recv()),
  ]);
  return rate(MESSAGES, () => Promise.all(pairs.flat().map((run) => run())));
}

function processes(anchor: Anchor): Promise<number> {
  return rateFor(DURATION_MS, async () => {
    using remote = await anchor.makeProcess({ Path: 'true' });
    await remote.wait();
    await remote.scrub();
  });
}

async function repeat(count: number, run: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < count; i += 1) await run();
}

/** Bytes of standard output. */
async function out(anchor: Anchor): Promise<number> {
  const Args = ['-c', String(BYTES), '/dev/zero'];
  using remote = await anchor.makeProcess({ Path: 'head', Args });
  const result = await rate(BYTES, () => readAll(remote.stdout));
  await remote.scrub();
  return result;
}

/** Bytes of standard input, until the process has read them all. */
async function input(anchor: Anchor): Promise<number> {
  using remote = await anchor.makeProcess({ Path: 'sh', Args: ['-c', 'exec cat > /dev/null'] });
  const result = await rate(BYTES, async () => {
    for (const chunk of chunks()) {
      if (remote.stdin.write(chunk)) continue;
      await new Promise((resolve) => remote.stdin.once('drain', resolve));
    }
    remote.stdin.end();
    await remote.wait();
  });
  await remote.scrub();
  return result;
}

/** Bytes of one long message. */
function stream(anchor: Anchor): Promise<number> {
  return withChannel(anchor, (channel) =>
    rate(BYTES, () => Promise.all([channel.send(message()), receiveAll(channel)])),
  );
}

async function receiveAll(channel: Channel): Promise<void> {
  await readAll(await channel.recvStream());
}

async function readAll(source: Readable): Promise<void> {
  let length = 0;
  for await (const chunk of source) length += chunk.length;
  if (length !== BYTES) throw new Error(`${length} bytes have come instead of ${BYTES}`);
}

async function* message(): AsyncGenerator<Uint8Array> {
  yield* chunks();
}

function* chunks(): Generator<Uint8Array> {
  const chunk = Buffer.alloc(CHUNK);
  for (let sent = 0; sent < BYTES; sent += CHUNK) yield chunk;
}

/** With a channel of capacity 0 that exists meanwhile. */
async function withChannel(
  anchor: Anchor,
  run: (channel: Channel) => Promise<number>,
): Promise<number> {
  using channel = await anchor.makeChannel(0);
  const result = await run(channel);
  await channel.scrub();
  return result;
}
