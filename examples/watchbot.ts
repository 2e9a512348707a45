/**
 * Two guards on two members: when one of them is killed, the other starts it again.
 *
 *   node watchbot.js ADDRESS-FILE [MEMBER MEMBER]
 *
 * runs until Ctrl-C, which takes both down. This file and Node have to be at the
 * same place on both hosts. A guard is given the address of its own daemon on
 * standard input: arguments are seen by everyone.
 */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type CircuitClient, CircuitError, dial, type Process } from 'circuitfs';

const ANCHOR = 'watchbot-ts';

async function main([first, ...rest]: readonly string[]): Promise<void> {
  if (first === undefined) {
    console.error('usage: watchbot ADDRESS-FILE [MEMBER MEMBER]');
    process.exitCode = 2;
  } else if (first === '--guard') {
    const [own = '', other = ''] = rest;
    const circuit = await dial(await text(process.stdin));
    await guard(circuit, own, other);
  } else {
    const circuit = await dial(readFileSync(first, 'utf8'));
    try {
      await launch(circuit, rest.length > 0 ? rest : circuit.members().map(({ name }) => name));
    } finally {
      circuit.close();
    }
  }
}

/** Starts the first guard, who starts the second, and at the end removes both. */
async function launch(circuit: CircuitClient, names: readonly string[]): Promise<void> {
  const [a, b] = names;
  if (a === undefined || b === undefined) throw new Error('two members are needed');
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  (await start(circuit, a, b))[Symbol.dispose]();
  console.log(`guards on /${a}/${ANCHOR} and /${b}/${ANCHOR}`);
  await stopped;
  // Who is stopped restarts nobody.
  for (const name of [a, b]) {
    using other = await find(circuit, name);
    await other?.signal('STOP').catch(() => {});
  }
  for (const name of [a, b]) {
    using other = await find(circuit, name);
    await other?.scrub();
  }
}

/** Watches the guard on the member `other`, for ever. */
async function guard(circuit: CircuitClient, own: string, other: string): Promise<void> {
  for (;;) {
    using watched = (await find(circuit, other)) ?? (await start(circuit, other, own));
    console.log(`watching /${other}/${ANCHOR}`);
    await watched.wait();
    await watched.scrub();
  }
}

async function find(circuit: CircuitClient, member: string): Promise<Process | undefined> {
  try {
    const element = await circuit.anchor(`/${member}/${ANCHOR}`).get();
    return element?.kind === 'proc' ? element : undefined;
  } catch (error) {
    if (error instanceof CircuitError && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Starts a guard on `member` that watches the one on `other`. */
async function start(circuit: CircuitClient, member: string, other: string): Promise<Process> {
  const started = await circuit.anchor(`/${member}/${ANCHOR}`).makeProcess({
    Path: process.execPath,
    Args: [fileURLToPath(import.meta.url), '--guard', member, other],
    Retain: 65536,
  });
  started.stdin.end(await circuit.member(member).addr());
  await once(started.stdin, 'finish');
  return started;
}

await main(process.argv.slice(2));
