/**
 * A process of its own: `elements ADDRESS /X…` uses the channels and processes of
 * one member through the daemon at ADDRESS, as a program does, and prints a line
 * for each figure: its name, a tab, and how many a second.
 */

import { Address } from '../../src/address.js';
import type { Member } from '../../src/anchor/circuit.js';
import { CircuitClient } from '../../src/client/client.js';

const PEEKS = 4_000;
const MESSAGES = 3_000;
const PROCESSES = 400;
const OUTPUT_BYTES = 1_000_000_000;

const [address = '', name = ''] = process.argv.slice(2);
await using client = await CircuitClient.dial(Address.parse(address));
const member = client.member(name);
print('peek', await rate(PEEKS, () => repeat(PEEKS, () => member.peek())));
print('messages', await channel(member));
print('processes', await rate(PROCESSES, () => repeat(PROCESSES, () => makeAndWait(member))));
print('stdout', await standardOutput(member));

/** Messages of 64 bytes through a channel of capacity 0. */
async function channel(on: Member): Promise<number> {
  const path = ['bench-channel'];
  await on.makeChannel(path, 0);
  using sending = await on.channel(path);
  using receiving = await on.channel(path);
  const data = Buffer.alloc(64, 1);
  const send = async () => {
    const message = sending.send();
    await message.write(data);
    await message.end();
  };
  const receive = async () => {
    const message = receiving.receive();
    await message.read(data.length);
    message.delivered();
    await message.read(data.length);
    message.close();
  };
  const result = await rate(MESSAGES, () =>
    Promise.all([repeat(MESSAGES, send), repeat(MESSAGES, receive)]),
  );
  await on.scrub(path);
  return result;
}

async function makeAndWait(on: Member): Promise<void> {
  const path = ['bench-process'];
  await on.makeProcess(path, '{"Path":"true"}');
  using remote = await on.process(path);
  await remote.wait();
  await on.scrub(path);
}

/** Bytes a second. */
async function standardOutput(on: Member): Promise<number> {
  const path = ['bench-output'];
  const Args = ['-c', String(OUTPUT_BYTES), '/dev/zero'];
  await on.makeProcess(path, JSON.stringify({ Path: 'head', Args }));
  using remote = await on.process(path);
  const output = remote.output('stdout');
  const result = await rate(OUTPUT_BYTES, async () => {
    while ((await output.read(1024 * 1024)).length > 0);
  });
  output.close();
  await on.scrub(path);
  return result;
}

async function repeat(count: number, run: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < count; i += 1) await run();
}

async function rate(count: number, run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return count / ((performance.now() - started) / 1000);
}

function print(what: string, value: number): void {
  process.stdout.write(`${what}\t${value}\n`);
}
