import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { CIRCUIT_ENV, Cluster, eventually, type TestDaemon } from './cluster.js';
import { areOne } from './multicast.js';

const ADDRESS = /^circuit:\/\/127\.0\.0\.1:\d+\/\d+\/Q[0-9a-f]{32}\n$/;
const NAME = /^X[0-9a-f]{16}$/;

async function members(cluster: Cluster, daemon: TestDaemon): Promise<string[]> {
  const { stdout } = await cluster.run(['ls', daemon.mountpoint]);
  return stdout.split('\n').filter((line) => line !== '');
}

test('the seed: start with redirections, ls, join two others, ls from every host', async (t) => {
  const cluster = new Cluster(t);
  const circuit = (...args: string[]) => cluster.circuit(args);
  const hosts = [await cluster.start(), await cluster.start(), await cluster.start()] as const;
  const [h1, h2, h3] = [hosts[0].address, hosts[1].address, hosts[2].address];
  const alone = await circuit('ls', '-d', h1, '/');
  t.regex(alone.stdout, /^\/X[0-9a-f]{16}\n$/);
  const name = alone.stdout.trim();
  // The seed's own lines: joining oneself changes nothing.
  t.is((await circuit('join', '-d', h1, name, h1)).status, 0);
  t.is((await circuit('ls', '-d', h1, '/')).stdout, alone.stdout);
  t.is((await circuit('join', '-d', h1, name, h2)).status, 0);
  t.is((await circuit('join', '-d', h1, name, h3)).status, 0);
  await areOne(hosts);
  const listings = [
    await circuit('ls', '-d', h1, '/'),
    await circuit('ls', '-d', h2, '/'),
    await circuit('ls', '-d', h3, '/'),
  ] as const;
  for (const { stdout } of listings) t.regex(stdout, /^(\/X[0-9a-f]{16}\n){3}$/);
  t.is(new Set(listings.map(({ stdout }) => stdout)).size, 1);
  for (const host of hosts) {
    const listed = (await members(cluster, host)).map((member) => `/${member}\n`).join('');
    t.is(listed, listings[0].stdout);
  }
});

test('start prints its address, one line, and nothing else on standard output', async (t) => {
  const cluster = new Cluster(t);
  const result = await cluster.sh(
    `"$NODE" "$CIRCUIT" start -a 127.0.0.1:0 --no-mount 1> address 2> log & pid=$!
     touch "$PIDS/$pid"
     until [ -s address ]; do sleep 0.02; done
     kill $pid; wait $pid; cat address`,
    {
      env: { ...CIRCUIT_ENV, PIDS: cluster.pids },
    },
  );
  t.regex(result.stdout, ADDRESS);
  t.is(result.status, 0);
});

test('members join through the mount: echo $H2 > /circuit/.self/join', async (t) => {
  const cluster = new Cluster(t);
  const [a, b] = [await cluster.start(), await cluster.start()];
  const join = await cluster.sh(`echo "${b.address}" > ${a.mountpoint}/.self/join`);
  t.is(join.status, 0, join.stderr);
  const [ofA, ofB] = [await members(cluster, a), await members(cluster, b)];
  t.is(ofA.length, 2);
  t.deepEqual(ofA, ofB);
  t.true(ofA.every((name) => NAME.test(name)));
});

test('ten daemons joined in a chain all list all ten', async (t) => {
  const cluster = new Cluster(t);
  const daemons = await Promise.all(Array.from({ length: 10 }, () => cluster.start()));
  for (const [index, daemon] of daemons.slice(1).entries()) {
    const join = await cluster.sh(`cat > ${daemon.mountpoint}/.self/join`, {
      input: `${daemons[index]?.address}\n`,
    });
    t.is(join.status, 0, join.stderr);
  }
  t.is((await areOne(daemons)).length, 10);
});

test('a join merges two networks: who joined sees all of both at once, and so do all in a moment', async (t) => {
  const cluster = new Cluster(t);
  const daemons = await Promise.all(Array.from({ length: 4 }, () => cluster.start()));
  const [a, b, c, d] = daemons as [TestDaemon, TestDaemon, TestDaemon, TestDaemon];
  const join = (from: TestDaemon, to: TestDaemon) =>
    cluster.sh(`echo "${to.address}" > ${from.mountpoint}/.self/join`);
  await join(a, b);
  await join(c, d);
  t.is((await join(b, c)).status, 0);
  t.is((await members(cluster, b)).length, 4);
  t.is((await members(cluster, c)).length, 4);
  t.is((await areOne(daemons)).length, 4);
});

test('two daemons that join each other at the same moment end in one network', async (t) => {
  const cluster = new Cluster(t);
  const [a, b] = [await cluster.start(), await cluster.start()];
  const joins = await Promise.all([
    cluster.sh(`echo "${b.address}" > ${a.mountpoint}/.self/join`),
    cluster.sh(`echo "${a.address}" > ${b.mountpoint}/.self/join`),
  ]);
  t.deepEqual(
    joins.map((join) => join.status),
    [0, 0],
  );
  t.is((await members(cluster, a)).length, 2);
  t.deepEqual(await members(cluster, a), await members(cluster, b));
});

test('a daemon killed with SIGKILL leaves every listing', async (t) => {
  const cluster = new Cluster(t);
  const [a, b, c] = [await cluster.start(), await cluster.start(), await cluster.start()];
  await cluster.sh(`echo "${b.address} ${c.address}" > ${a.mountpoint}/.self/join`);
  await areOne([a, b, c]);
  await c.stop('SIGKILL');
  for (const daemon of [a, b]) {
    await eventually(
      () => members(cluster, daemon),
      (view) => view.length === 2,
    );
  }
  t.regex(a.log(), /X[0-9a-f]{16} failed/);
});

test('a daemon that was frozen until the others gave it up is taken back when it goes on', async (t) => {
  const cluster = new Cluster(t);
  const [a, b, c] = [await cluster.start(), await cluster.start(), await cluster.start()];
  await cluster.sh(`echo "${b.address} ${c.address}" > ${a.mountpoint}/.self/join`);
  await areOne([a, b, c]);
  c.process.kill('SIGSTOP');
  for (const daemon of [a, b]) {
    await eventually(
      () => members(cluster, daemon),
      (view) => view.length === 2,
    );
  }
  t.is((await members(cluster, a)).length, 2);
  c.process.kill('SIGCONT');
  for (const daemon of [a, b, c]) {
    await eventually(
      () => members(cluster, daemon),
      (view) => view.length === 3,
    );
  }
});

test('leave: the others forget the member, it goes on alone, and can come back', async (t) => {
  const cluster = new Cluster(t);
  const [a, b, c] = [await cluster.start(), await cluster.start(), await cluster.start()];
  await cluster.sh(`echo "${b.address} ${c.address}" > ${a.mountpoint}/.self/join`);
  await areOne([a, b, c]);
  const leave = await cluster.sh(`echo > ${b.mountpoint}/.self/leave`);
  t.is(leave.status, 0, leave.stderr);
  t.is((await members(cluster, b)).length, 1);
  await areOne([a, c]);
  t.is((await members(cluster, b)).length, 1);
  t.is((await cluster.sh(`echo "${b.address}" > ${c.mountpoint}/.self/join`)).status, 0);
  t.is((await areOne([a, b, c])).length, 3);
});

test('start -j joins before it prints the address, and fails if it cannot', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  const b = await cluster.start('-j', a.address);
  t.is((await members(cluster, b)).length, 2);
  await a.stop();
  const c = cluster.launch(['-j', a.address]);
  t.is(await c.ended, 1);
  t.regex(c.log(), /^circuit: nobody listens on 127\.0\.0\.1:\d+$/m);
  t.deepEqual(readdirSync(c.mountpoint), []);
});

test('--var keeps the name from one run to the next, and keeps a second daemon out', async (t) => {
  const cluster = new Cluster(t);
  const state = `${cluster.directory}/var`;
  const first = await cluster.start('--var', state);
  const [name] = await members(cluster, first);
  const second = cluster.launch(['--var', state]);
  t.is(await second.ended, 1);
  t.regex(second.log(), /another daemon keeps its state in/);
  await first.stop('SIGKILL');
  const third = await cluster.start('--var', state);
  t.deepEqual(await members(cluster, third), [name]);
  await third.stop();
  // As a crash of the machine may leave it, where it was just being written.
  writeFileSync(`${state}/name`, '');
  const fourth = await cluster.start('--var', state);
  const [anew = ''] = await members(cluster, fourth);
  t.is(readFileSync(`${state}/name`, 'utf8'), `${anew}\n`);
});
