import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { CIRCUIT_ENV, Cluster, exitOf } from './cluster.js';

const README = join(import.meta.dirname, '../../../README.md');

/** Each line of a log begins with the time. */
const LINES = /^(\d{4}-\d\d-\d\dT[^\n\0]*\n)+$/;

/** Starts a daemon by a line of shell, as on a host that has these directories and `circuit`. */
async function started(cluster: Cluster, line: string) {
  const { directory: dir } = cluster;
  const here = line
    .replace('start ', 'start --no-mount ')
    .replaceAll('/var/circuit', dir)
    .replace('11022', '0');
  const begin = 'circuit() { exec "$NODE" "$CIRCUIT" "$@"; }; ip_address=127.0.0.1';
  await cluster.sh('rm -f address');
  const script = `${begin}; ${here} touch ${cluster.pids}/$!; wait`;
  const child = cluster.spawn(['sh', '-c', script], { env: CIRCUIT_ENV });
  const read = await cluster.sh('until [ -s address ]; do sleep 0.05; done; cat address');
  const address = read.stdout.trim();
  const [name = ''] = (await cluster.circuit(['ls', '-d', address])).stdout.split('\n');
  return {
    log: () => readFileSync(join(dir, 'log'), 'utf8'),
    /** Has it log a line. */
    note: () => cluster.circuit(['join', '-d', address, name, 'junk']),
    stop: async () => {
      process.kill(Number(address.split('/')[3]));
      await exitOf(child);
    },
  };
}

test('a log that is truncated, also by copytruncate, has the next line at its beginning', async (t) => {
  const cluster = new Cluster(t);
  // With 2>, as many have it, and not 2>>.
  const line = 'circuit start -a $ip_address:11022 1> /var/circuit/address 2> /var/circuit/log &';
  const { log, note, stop } = await started(cluster, line);
  for (const truncate of [': > log', 'cp log log.1 && truncate -s 0 log']) {
    await note();
    const before = log();
    t.regex(before, LINES);
    await cluster.sh(truncate);
    t.is(log(), '');
    await note();
    t.regex(log(), LINES);
    t.true(log().length < before.length);
  }
  await stop();
  t.regex(log(), LINES);
});

test('a restart by the recipe of the README keeps the log', async (t) => {
  const [line = ''] = /circuit start -a .* &$/m.exec(readFileSync(README, 'utf8')) ?? [];
  const cluster = new Cluster(t);
  for (const starts of [1, 2]) {
    const { log, stop } = await started(cluster, line);
    await stop();
    t.is(log().match(/ listens on /g)?.length, starts);
    t.regex(log(), LINES);
  }
});
