/** One network of ten hosts on two switches. */
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { Cluster, eventually, PATIENCE } from './cluster.js';
import { changesFromNow, listed, networkOn } from './network.js';

/**
 * By then the other half is gone, and back, in milliseconds. In the simulator the one takes up to
 * 20 s: few links led across, and few are left to confirm a suspicion. Those that failed are
 * dialled again from time to time, which takes 40 s.
 */
const CHANGE = 2 * PATIENCE;
/** The longest that a suspicion takes in a small network, with the probes before it. */
const SUSPICION = 17_000;

const teardowns: (() => unknown)[] = [];
const cluster = new Cluster({ teardown: (run) => teardowns.push(run) });
test.after.always(async () => {
  for (const run of teardowns) await run();
});

let network: Awaited<ReturnType<typeof networkOn>>;

test.before(async () => {
  network = await networkOn(cluster, 10, {
    env: { ...process.env, DEBUG: 'circuit:membership' },
  });
});

test.serial(
  'a network that is cut in two halves is two networks, and heals by itself',
  async (t) => {
    const { all, lan } = network;
    const halves = [all.slice(0, 5), all.slice(5)];
    const logs = all.map(({ daemon }) => changesFromNow(daemon));
    for (const round of [1, 2]) {
      const started = performance.now();
      await lan.split();
      await Promise.all(halves.map((half) => listed(half, half, CHANGE))).finally(() => lan.heal());
      const cut = performance.now();
      await listed(all, all, CHANGE);
      const [apart, together] = [cut - started, performance.now() - cut];
      t.log(`${round}: two after ${apart.toFixed()} ms, one after ${together.toFixed()} ms`);
    }
    // Each of the other half went, and came, once in each round.
    for (const [i, log] of logs.entries()) {
      const others = halves[i < 5 ? 1 : 0] ?? [];
      const events = others.flatMap(({ name }) => [`${name} failed`, `${name} joined`]);
      t.deepEqual(log().sort(), [...events, ...events].sort());
    }
  },
);

test.serial(
  'two that cannot reach each other, though all others can, stay members for all',
  async (t) => {
    const { lan, all } = network;
    // Three, so that some of them are neighbours in the overlay.
    const apart = [0, 1, 2];
    const logs = all.map(({ daemon }) => changesFromNow(daemon));
    const silences = () =>
      all.flatMap(({ daemon }) => [...daemon.log().matchAll(/a link is down: silent/g)]).length;
    const before = silences();
    await lan.separate(...apart);
    await eventually(
      async () => silences(),
      (seen) => seen > before,
    );
    // That nothing follows from it can only be seen when it would have.
    await delay(SUSPICION);
    for (const log of logs) t.deepEqual(log(), []);
    await listed(all, all, 0);
  },
);
