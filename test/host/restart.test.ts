import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { AT_ONCE, Cluster, eventually, type TestDaemon } from './cluster.js';
import { areOne, logged, members, newGroup } from './multicast.js';

/** Three daemons of one network; the third keeps whom it knows in `var`. */
async function network(cluster: Cluster) {
  const state = join(cluster.directory, 'var');
  const [a, b, c] = [
    await cluster.start(),
    await cluster.start(),
    await cluster.start('--var', state),
  ];
  await cluster.sh(`echo "${b.address} ${c.address}" > ${a.mountpoint}/.self/join`);
  await areOne([a, b, c]);
  return { a, b, c, state, file: join(state, 'members') };
}

/** Waits until the file has the addresses of these, and no others. */
async function kept(file: string, daemons: readonly TestDaemon[]): Promise<string[]> {
  const addresses = daemons.map(({ address }) => address).sort();
  return await eventually(
    async () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').sort() : []),
    (lines) => `${lines}` === `${addresses}`,
  );
}

test('after SIGKILL a daemon with --var joins again by itself, under its old name', async (t) => {
  const cluster = new Cluster(t);
  const { a, b, c, state, file } = await network(cluster);
  const before = await members(a);
  await kept(file, [a, b]);
  t.is(statSync(file).mode & 0o777, 0o600);
  t.false(existsSync(`${file}.new`));
  await c.stop('SIGKILL');
  const again = await cluster.start('--var', state);
  t.deepEqual(await areOne([a, b, again]), before);
  t.regex(
    await logged(again, /joined again, by 127/),
    /trying to join again; members known before: 2$/m,
  );
  t.notRegex(again.log(), /Q[0-9a-f]{32}/);
});

test('after SIGTERM, and when only one of those that it knew still runs, it joins again', async (t) => {
  const cluster = new Cluster(t);
  const { a, b, c, state, file } = await network(cluster);
  // At once: what is not written yet is written at the end.
  t.is(await c.stop('SIGTERM'), 0);
  await kept(file, [a, b]);
  await a.stop('SIGKILL');
  const again = await cluster.start('--var', state);
  t.is((await areOne([b, again])).length, 2);
});

test('after leave it does not join again, however it ends', async (t) => {
  const cluster = new Cluster(t);
  const { a, b, c, state, file } = await network(cluster);
  await kept(file, [a, b]);
  t.is((await cluster.sh(`echo > ${c.mountpoint}/.self/leave`)).status, 0);
  t.is(readFileSync(file, 'utf8'), '');
  await c.stop('SIGKILL');
  const second = await cluster.start('--var', state);
  t.is((await members(second)).length, 1);
  t.notRegex(second.log(), /join again/);
  await second.stop('SIGTERM');
  const third = await cluster.start('--var', state);
  t.notRegex(third.log(), /join again/);
  // Who is joined after that is kept again.
  await cluster.sh(`echo "${a.address}" > ${third.mountpoint}/.self/join`);
  t.is((await areOne([a, b, third])).length, 3);
  await kept(file, [a, b]);
});

test('one that left in order is forgotten, one that failed is kept', async (t) => {
  const cluster = new Cluster(t);
  const { a, b, c, file } = await network(cluster);
  await kept(file, [a, b]);
  await a.stop('SIGKILL');
  await areOne([b, c]);
  await kept(file, [a, b]);
  await b.stop('SIGTERM');
  await kept(file, [a]);
  t.is((await members(c)).length, 1);
});

test('a start neither waits nor fails where nobody answers, and joins who answers later', async (t) => {
  const cluster = new Cluster(t);
  const { a, b, c, state, file } = await network(cluster);
  await kept(file, [a, b]);
  await c.stop('SIGKILL');
  await b.stop('SIGKILL');
  a.process.kill('SIGSTOP');
  const begun = performance.now();
  const again = await cluster.start('--var', state);
  // To ask the one that is stopped takes 5 s.
  t.true(performance.now() - begun < AT_ONCE);
  await logged(again, /not joined again yet: .*; trying again from time to time/);
  t.is((await members(again)).length, 1);
  // It forgets nobody meanwhile.
  await again.stop('SIGKILL');
  const third = await cluster.start('--var', state);
  await kept(file, [a, b]);
  a.process.kill('SIGCONT');
  t.is((await areOne([a, third])).length, 2);
});

test('when all have restarted at once their addresses are of no use, and the log says so', async (t) => {
  const cluster = new Cluster(t);
  const state = join(cluster.directory, 'var');
  const a = await cluster.start();
  const b = await cluster.start('--var', state, '-j', a.address);
  await kept(join(state, 'members'), [a]);
  await b.stop('SIGTERM');
  await a.stop('SIGTERM');
  const authority = a.address.split('/')[2] ?? '';
  const other = await cluster.start('-a', authority);
  const again = await cluster.start('--var', state);
  await logged(again, /: all daemons that were known before have ended, or 127.* by a cluster key/);
  t.is((await members(again)).length, 1);
  t.is((await members(other)).length, 1);
  const { stdout } = await cluster.sh(`cat ${again.mountpoint}/.self/stk`);
  t.regex(
    JSON.parse(stdout).search.failures.join(),
    /^not joined again: all daemons .* have ended/,
  );
});

test('when all restart at once, those with --discover are one network again', async (t) => {
  const cluster = new Cluster(t);
  const { text } = newGroup();
  const start = (host: string) =>
    cluster.start('--discover', text, '--var', join(cluster.directory, host));
  const hosts = ['one', 'two', 'three'];
  const before = await Promise.all(hosts.map(start));
  const names = await areOne(before);
  await Promise.all(before.map((daemon) => daemon.stop('SIGKILL')));
  t.deepEqual(await areOne(await Promise.all(hosts.map(start))), names);
});

test('a list that is damaged is no failure: what is good of it is used', async (t) => {
  const cluster = new Cluster(t);
  const { a, b, c, state, file } = await network(cluster);
  await kept(file, [a, b]);
  await c.stop('SIGKILL');
  // As if the disk had lost the end of it.
  writeFileSync(file, `\0\xff junk\n${a.address}\n${b.address.slice(0, -3)}`);
  const again = await cluster.start('--var', state);
  t.is((await areOne([a, b, again])).length, 3);
  t.regex(again.log(), /members: 2 of 3 lines are not addresses, and are ignored/);
  t.notRegex(again.log(), /junk|Q[0-9a-f]{29}/);
  await kept(file, [a, b]);
});

test('a list that cannot be read or written is no failure, and the log says so', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  const cases = [
    ['is too large', `head -c 100000 /dev/zero > $FILE`, /members is ignored: it has 100000 bytes/],
    ['is a directory', `mkdir -p $FILE/x`, /members is ignored: it is not a regular file/],
  ] as const;
  for (const [what, damage, sentence] of cases) {
    const state = cluster.mkdir(what);
    const FILE = join(state, 'members');
    await cluster.sh(damage.replace('$FILE', '"$FILE"'), { env: { FILE } });
    const daemon = await cluster.start('--var', state, '-j', a.address);
    t.regex(daemon.log(), sentence);
    if (what === 'is a directory') await logged(daemon, /the members are not kept for the next/);
    else await kept(FILE, [a]);
    t.is(await daemon.stop(), 0);
  }
});
