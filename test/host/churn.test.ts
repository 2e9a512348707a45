import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { Cluster, eventually, PATIENCE } from './cluster.js';
import { MIB, residentSet } from './memory.js';
import { Asked, agree, gone, sockets, startAsked, startMany } from './network.js';

const DAEMONS = 30;
/** One ends and one is started each second for so long, in milliseconds. test/sim/ does it for a minute. */
const CHURN = 30_000;
const SECOND = 1_000;
/**
 * The time that a part of the test may take. It tells ava that this test goes on, and suspends
 * ava's own limit for the whole run: for longer than that is, a test that hangs would not be ended.
 */
const PHASE = 4 * 60_000;
/** How many that were to start each second may be late, before none is ended meanwhile. */
const LATE = 4;
/** Connections that nobody uses close after a minute. */
const IDLE = 60_000 + PATIENCE;
/** Neighbours in the overlay, to each of whom there may be a connection from either side. */
const LINKS = 2 * 5;
/** The listening socket; the connections of this test; the log and standard output are none. */
const OTHER_SOCKETS = 4;
/** The most that a daemon may have grown that has seen thirty come and thirty go. */
const GROWTH = 20 * MIB;

test('thirty daemons of which one ends and one comes each second agree soon after, and nothing is left over of those that went', async (t) => {
  t.timeout(PHASE);
  const cluster = new Cluster(t);
  const first = await cluster.start('--no-mount');
  // These see all of it.
  const witnesses = [
    await Asked.of(first),
    await startAsked(cluster, first),
    await startAsked(cluster, first),
  ];
  const rest = await startMany(cluster, first, DAEMONS - witnesses.length);
  const all = () => [...witnesses, ...rest];
  t.teardown(() => Promise.all(all().map((one) => one[Symbol.asyncDispose]())));
  await agree(all());
  const before = witnesses.map(({ daemon }) => residentSet(daemon));

  t.timeout(PHASE);
  const starting: Promise<unknown>[] = [];
  const killed: string[] = [];
  for (let second = 0; second < CHURN / SECOND; second += 1) {
    const next = delay(SECOND);
    // Where the machine does not start one each second it is as many as it does.
    await eventually(
      async () => DAEMONS - all().length,
      (starting) => starting < LATE,
    );
    const [ended] = rest.splice(Math.floor(Math.random() * rest.length), 1);
    if (!ended) throw new Error('all have ended');
    killed.push(ended.name);
    ended.daemon.process.kill('SIGKILL');
    await ended[Symbol.asyncDispose]();
    const contact = witnesses[second % witnesses.length]?.daemon ?? first;
    const start = startAsked(cluster, contact).then((one) => rest.push(one));
    // It is awaited later; ava ends the whole file where a rejection is not handled until then.
    start.catch(() => {});
    starting.push(start);
    await next;
  }
  await Promise.all(starting);
  t.is(all().length, DAEMONS);
  const ended = performance.now();
  await agree(all());
  t.log(`all agree ${(performance.now() - ended).toFixed()} ms after the last was started`);

  t.timeout(PHASE);
  await eventually(
    async () => witnesses.map(({ daemon }) => sockets(daemon)),
    (open) => open.every((count) => count <= LINKS + OTHER_SOCKETS),
    IDLE,
  );
  const after = witnesses.map(({ daemon }) => residentSet(daemon));
  const grown = after.map((size, i) => size - (before[i] ?? 0));
  t.log(`they have grown by ${grown.map((size) => (size / MIB).toFixed(1)).join(', ')} MiB`);
  for (const size of grown) t.true(size < GROWTH);
  // Each of those that were killed went once for all, and nobody else was taken for gone.
  await agree(all(), 0);
  for (const { daemon } of witnesses) {
    t.deepEqual(gone(daemon, 'failed'), killed.sort());
    const staying = new Set(all().map(({ name }) => name));
    t.false(gone(daemon, 'left').some((name) => staying.has(name)));
  }
});
