/**
 * A process of its own: `elements ADDRESS /X…` uses the channels and processes of
 * one member through the daemon at ADDRESS, as a program does, and prints a line
 * for each figure: its name, a tab, and how many a second, when the code has been compiled.
 */

import type { Member } from '../../src/anchor/circuit.js';
import { Address } from '../../src/base/address.js';
import { CircuitClient } from '../../src/client/client.js';

const PEEKS = 4_000;
/** How often a round runs before the one that counts: V8 compiles on for some 15,000 calls. */
const WARM_UPS = 4;
const MESSAGES = 6_400;
const MANY = 32;
const PROCESSES = 1_000;
const OUTPUT_BYTES = 1_000_000_000;

const [address = '', name = ''] = process.argv.slice(2);
await using client = await CircuitClient.dial(Address.parse(address));
const member = client.member(name);
await print('peek', () => rate(PEEKS, () => repeat(PEEKS, () => member.peek())), WARM_UPS);
await print('messages', () => messages(1));
await print('messages, many', () => messages(MANY));
await print('processes', () => rate(PROCESSES, () => repeat(PROCESSES, () => makeAndWait(member))));
await print('stdout', () => standardOutput(member));

/** Messages of 64 bytes through a channel of capacity 0, from `senders` to as many receivers. */
async function messages(senders: number): Promise<number> {
  using channel = await client.anchor(`/${name}/bench-channel`).makeChannel(0);
  const data = Buffer.alloc(64, 1);
  const each = MESSAGES / senders;
  const result = await rate(MESSAGES, async () => {
    await Promise.all(
      Array.from({ length: senders }, () => [
        repeat(each, () => channel.send(data)),
        repeat(each, () => channel.recv()),
      ]).flat(),
    );
  });
  await channel.scrub();
  return result;
}

async function makeAndWait(on: Member): Promise<void> {
  const path = ['bench-process'];
  using remote = await on.makeProcess(path, '{"Path":"true"}');
  await remote.wait();
  await on.scrub(path);
}

/** Bytes a second. */
async function standardOutput(on: Member): Promise<number> {
  const path = ['bench-output'];
  const Args = ['-c', String(OUTPUT_BYTES), '/dev/zero'];
  using remote = await on.makeProcess(path, JSON.stringify({ Path: 'head', Args }));
  const output = remote.output('stdout');
  const result = await rate(OUTPUT_BYTES, async () => {
    for (;;) {
      const { length } = await output.read(1024 * 1024);
      if (length === 0) break;
      output.received(length);
    }
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

async function print(what: string, measure: () => Promise<number>, warmUps = 1): Promise<void> {
  for (let i = 0; i < warmUps; i += 1) await measure();
  process.stdout.write(`${what}\t${await measure()}\n`);
}
