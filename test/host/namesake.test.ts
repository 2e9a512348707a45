import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { Cluster, eventually, type TestDaemon } from './cluster.js';
import { areOne, logged, members, newGroup } from './multicast.js';
import { changesFromNow, nameOf } from './network.js';

/** Long enough for a daemon to be taken for failed, and for what it has missed. */
const SUSPENSION = 15_000;
/** What flaps does so once a second, or with the shuffles every ten. */
const QUIET = 12_000;

/** Three daemons of one network; the third keeps its name in `var`. */
async function network(cluster: Cluster, options: readonly string[] = []) {
  const state = join(cluster.directory, 'var');
  const a = await cluster.start(...options);
  const b = await cluster.start(...options, '-j', a.address);
  const c = await cluster.start(...options, '--var', state, '-j', a.address);
  await areOne([a, b, c]);
  const file = join(state, 'members');
  await eventually(
    async () => (existsSync(file) ? readFileSync(file, 'utf8') : ''),
    (kept) => kept.includes(a.address) && kept.includes(b.address),
  );
  return { a, b, c, state, name: await nameOf(c) };
}

/** The address of a member, as a daemon shows it. */
async function addressOf(cluster: Cluster, daemon: TestDaemon, name: string): Promise<string> {
  return (await cluster.sh(`cat ${daemon.mountpoint}/${name}/addr`)).stdout.trim();
}

for (const [when, known] of [
  ['before the others know of it', false],
  ['when the others know of it', true],
] as const) {
  test(`one that was killed and starts again ${when} is shown once, at its new address`, async (t) => {
    const cluster = new Cluster(t);
    const { a, b, c, state, name } = await network(cluster);
    const logs = [a, b].map(changesFromNow);
    if (!known) for (const { process } of [a, b]) process.kill('SIGSTOP');
    await c.stop('SIGKILL');
    if (known) await areOne([a, b]);
    const again = cluster.launch(['--var', state]);
    await logged(again, /listens on/);
    if (!known) for (const { process } of [a, b]) process.kill('SIGCONT');
    await again.ready;
    await areOne([a, b, again]);
    for (const daemon of [a, b]) {
      await eventually(
        () => addressOf(cluster, daemon, name),
        (address) => address === again.address,
      );
    }
    for (const log of logs) t.deepEqual(log(), [`${name} failed`, `${name} joined`]);
  });
}

for (const [how, options] of [
  ['', []],
  ['where they discover each other, too, ', ['--discover', newGroup().text]],
] as const) {
  test(`of two daemons with one name ${how}the one that was started first goes on alone, and says so`, async (t) => {
    const cluster = new Cluster(t);
    const { a, b, c, state, name } = await network(cluster, options);
    const copy = join(cluster.directory, 'copy');
    cpSync(state, copy, { recursive: true });
    const logs = [a, b].map(changesFromNow);
    const second = await cluster.start(...options, '--var', copy, '-j', a.address);
    t.is(await nameOf(second), name);
    await logged(c, new RegExp(`another daemon was started as ${name}; this one goes on alone`));
    t.deepEqual(await members(c), [name]);
    await areOne([a, b, second]);
    await delay(QUIET);
    await areOne([a, b, second], 0);
    t.deepEqual(await members(c), [name]);
    for (const daemon of [a, b]) t.is(await addressOf(cluster, daemon, name), second.address);
    // The first went and the second came, once.
    for (const log of logs) t.deepEqual(log(), [`${name} failed`, `${name} joined`]);
    // Who had heard its last announcement may have joined it once more, and it went again.
    t.true((c.log().match(/goes on alone/g)?.length ?? 0) <= 2);
    t.notRegex(second.log(), /goes on alone/);
  });
}

test('another daemon at the port of one that was killed is another member', async (t) => {
  const cluster = new Cluster(t);
  const { a, b, c, name } = await network(cluster);
  const authority = c.address.split('/')[2] ?? '';
  const logs = [a, b].map(changesFromNow);
  await c.stop('SIGKILL');
  const other = await cluster.start('-a', authority);
  const otherName = await nameOf(other);
  t.not(otherName, name);
  await areOne([a, b]);
  t.deepEqual(await members(other), [otherName]);
  const join = await cluster.sh(`echo ${other.address} > ${a.mountpoint}/.self/join`);
  t.is(join.status, 0, join.stderr);
  await areOne([a, b, other]);
  for (const log of logs) t.deepEqual(log(), [`${name} failed`, `${otherName} joined`]);
});

test('a daemon that was suspended takes nobody for failed, and is back when it goes on', async (t) => {
  const cluster = new Cluster(t);
  const { a, b, c, name } = await network(cluster);
  const logs = [a, b].map(changesFromNow);
  const believes = changesFromNow(c);
  c.process.kill('SIGSTOP');
  await Promise.all([areOne([a, b]), delay(SUSPENSION)]);
  const resumed = performance.now();
  c.process.kill('SIGCONT');
  await areOne([a, b, c]);
  t.log(`back after ${(performance.now() - resumed).toFixed()} ms`);
  for (const log of logs) t.deepEqual(log(), [`${name} failed`, `${name} joined`]);
  t.deepEqual(believes(), []);
  // What it would have done meanwhile it does not make up for.
  await delay(QUIET);
  t.deepEqual(believes(), []);
  for (const log of logs) t.deepEqual(log(), [`${name} failed`, `${name} joined`]);
});
