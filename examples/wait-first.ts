/**
 * Starts the same command on every member, prints which one ends first and what
 * it has printed, and kills the others.
 *
 *   circuit start -a :8822 > address &
 *   node wait-first.js address bash -c 'sleep $((RANDOM % 9)); hostname'
 *
 * The first argument is a file with the address of any daemon of the circuit: an
 * address is a secret and does not belong in arguments, which ps(1) shows.
 */
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { dial, type Process } from 'circuitfs';

const [file, program, ...args] = process.argv.slice(2);
if (file === undefined || program === undefined) {
  console.error('usage: wait-first ADDRESS-FILE COMMAND [ARG…]');
  process.exit(2);
}

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());
process.once('SIGTERM', () => interrupted.abort());

const circuit = await dial(readFileSync(file, 'utf8'));
const racers: Process[] = [];
try {
  for (const { name } of circuit.members()) {
    const anchor = circuit.anchor(`/${name}/wait-first-${process.pid}`);
    racers.push(await anchor.makeProcess({ Path: program, Args: args, Retain: 65536 }));
  }
  const first = await Promise.race(
    racers.map(async (racer) => {
      await racer.wait(interrupted);
      return racer;
    }),
  );
  const { Exit } = await first.peek();
  console.log(`${first.anchor.path} ended first: ${Exit}`);
  process.stdout.write(await text(first.stdout));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await Promise.allSettled(racers.map((racer) => racer.scrub()));
  circuit.close();
}
