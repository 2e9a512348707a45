import { hostname } from 'node:os';
import test, { type ExecutionContext } from 'ava';
import { hostNameOf } from '../../src/base/host-name.js';
import { VERSION } from '../../src/base/version.js';
import { connected } from '../src/client/circuit.js';
import { Cluster, eventually, type Result, type TestDaemon } from './cluster.js';
import { areOne } from './multicast.js';

/** So many daemons, with mounts, that all know each other. */
async function network(t: ExecutionContext, count: number) {
  const cluster = new Cluster(t);
  const first = await cluster.start();
  const daemons = [first];
  while (daemons.length < count) daemons.push(await cluster.start('-j', first.address));
  await areOne(daemons);
  const names = new Map<TestDaemon, string>();
  for (const daemon of daemons) {
    const self = await cluster.sh(`readlink ${daemon.mountpoint}/.self`);
    names.set(daemon, self.stdout.trim());
  }
  const nameOf = (daemon: TestDaemon) => names.get(daemon) ?? '';
  /** The JSON of a member's file, in the mount of another, or by the command. */
  const file = async (viewer: TestDaemon, member: TestDaemon, name: string) =>
    parsed(await cluster.sh(`cat ${viewer.mountpoint}/${nameOf(member)}/${name}`));
  const command = async (verb: string, viewer: TestDaemon, member: TestDaemon) =>
    parsed(await cluster.circuit([verb, '-d', viewer.address, `/${nameOf(member)}`]));
  return { cluster, first, daemons, nameOf, file, command };
}

function parsed({ status, stdout, stderr }: Result) {
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

test('peers shows the views of any member from any mount, and by the command', async (t) => {
  const { cluster, first, daemons, nameOf, file, command } = await network(t, 3);
  for (const member of daemons) {
    const others = daemons.filter((other) => other !== member).map(nameOf);
    // So few are all linked to each other.
    const { Active, Passive } = await eventually(
      () => command('peers', first, member),
      (seen) => seen.Active.length === 2,
    );
    t.deepEqual(Active, others.sort());
    t.deepEqual(Passive, []);
    for (const viewer of daemons) {
      t.deepEqual(await file(viewer, member, 'peers'), { Active, Passive });
    }
  }
  const mode = await cluster.sh(`stat -c %a ${first.mountpoint}/.self/peers`);
  t.is(mode.stdout, '400\n');
  const missing = await cluster.circuit(['peers', '-d', first.address, '/X0123456789abcdef']);
  t.deepEqual([missing.status, missing.stdout], [1, '']);
  t.regex(missing.stderr, /^circuit: there is no member X0123456789abcdef\n$/);
});

test('peek and ls -l tell of a member that is well that it is alive', async (t) => {
  const { cluster, first, daemons, nameOf, file, command } = await network(t, 3);
  for (const member of daemons) {
    for (const peek of [await file(first, member, 'peek'), await command('peek', first, member)]) {
      const keys = ['Name', 'Addr', 'Joined', 'State', 'Since', 'Host', 'Pid', 'Version'];
      t.deepEqual(Object.keys(peek), keys);
      t.like(peek, { Name: nameOf(member), Addr: member.address, State: 'alive', Pid: member.pid });
      t.true(Date.parse(peek.Since) <= Date.now());
      t.true(Date.parse(peek.Since) >= Date.now() - 60_000);
    }
  }
  const { stdout } = await cluster.circuit(['ls', '-l', '-d', first.address]);
  const host = hostNameOf(hostname()) || '-';
  const lines = daemons
    .map(nameOf)
    .map((name) => `alive   /${name}  ${host}  127.0.0.1  ${VERSION}`);
  t.is(stdout, `${lines.sort().join('\n')}\n`);
});

test('a frozen member is suspect, to be seen without it, and nobody has left', async (t) => {
  // The third is frozen as well: a suspicion that nobody confirms takes the longest time, 12 s.
  const { cluster, first: a, daemons, nameOf, file, command } = await network(t, 3);
  const [, b = a, ...others] = daemons;
  const self = `${a.mountpoint}/${nameOf(a)}`;
  await cluster.sh(`mkdir ${self}/left && echo > ${self}/left/mk@leave`);
  const client = await connected(t, a);
  const becomes = (state: string) =>
    eventually(
      async () => (await client.refresh()).find(({ name }) => name === nameOf(b))?.state,
      (seen) => seen === state,
    );
  const before = Date.now();
  for (const { process } of [b, ...others]) process.kill('SIGSTOP');
  await becomes('suspect');
  const [list, ...peeks] = await Promise.all([
    cluster.circuit(['ls', '-l', '-d', a.address]),
    file(a, b, 'peek'),
    command('peek', a, b),
  ]);
  for (const { process } of [b, ...others]) process.kill('SIGCONT');
  t.true(list.stdout.includes(`suspect /${nameOf(b)}  `), list.stdout);
  for (const peek of peeks) {
    t.like(peek, { Name: nameOf(b), Addr: b.address, State: 'suspect' });
    t.deepEqual(Object.keys(peek), ['Name', 'Addr', 'Joined', 'State', 'Since']);
    t.true(Date.parse(peek.Since) >= before);
  }
  await becomes('alive');
  t.is((await file(a, b, 'peek')).Pid, b.pid);
  const peek = parsed(await cluster.sh(`cat ${self}/left/peek`));
  t.is(peek.Pending, 0);
});
