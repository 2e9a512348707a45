import test, { type ExecutionContext } from 'ava';
import { connected } from '../src/client/circuit.js';
import { Cluster, eventually, type Result, type TestDaemon } from './cluster.js';

/** Three daemons with mounts that all know each other. */
async function three(t: ExecutionContext) {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  const [b, c] = [await cluster.start('-j', a.address), await cluster.start('-j', a.address)];
  const names = new Map<TestDaemon, string>();
  for (const daemon of [a, b, c]) {
    await eventually(
      () => cluster.run(['ls', daemon.mountpoint]),
      ({ stdout }) => stdout.split('\n').length === 4,
    );
    const self = await cluster.sh(`readlink ${daemon.mountpoint}/.self`);
    names.set(daemon, self.stdout.trim());
  }
  const nameOf = (daemon: TestDaemon) => names.get(daemon) ?? '';
  /** The JSON of a member's file, in the mount of another, or by the command. */
  const file = async (viewer: TestDaemon, member: TestDaemon, name: string) =>
    parsed(await cluster.sh(`cat ${viewer.mountpoint}/${nameOf(member)}/${name}`));
  const command = async (verb: string, viewer: TestDaemon, member: TestDaemon) =>
    parsed(await cluster.circuit([verb, '-d', viewer.address, `/${nameOf(member)}`]));
  return { cluster, a, b, c, nameOf, file, command };
}

function parsed({ status, stdout, stderr }: Result) {
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

test('peers shows the views of any member from any mount, and by the command', async (t) => {
  const { cluster, a, b, c, nameOf, file, command } = await three(t);
  const all = [a, b, c];
  for (const member of all) {
    const others = all.filter((other) => other !== member).map(nameOf);
    // So few are all linked to each other.
    const { Active, Passive } = await eventually(
      () => command('peers', a, member),
      (seen) => seen.Active.length === 2,
    );
    t.deepEqual(Active, others.sort());
    t.deepEqual(Passive, []);
    for (const viewer of all) {
      t.deepEqual(await file(viewer, member, 'peers'), { Active, Passive });
    }
  }
  const mode = await cluster.sh(`stat -c %a ${b.mountpoint}/${nameOf(a)}/peers`);
  t.is(mode.stdout, '400\n');
  const missing = await cluster.circuit(['peers', '-d', a.address, '/X0123456789abcdef']);
  t.deepEqual([missing.status, missing.stdout], [1, '']);
  t.regex(missing.stderr, /^circuit: there is no member X0123456789abcdef\n$/);
});

test('peek and ls -l tell of a member that is well that it is alive', async (t) => {
  const { cluster, a, b, c, nameOf, file, command } = await three(t);
  for (const member of [a, b, c]) {
    for (const peek of [await file(b, member, 'peek'), await command('peek', b, member)]) {
      const keys = ['Name', 'Addr', 'Joined', 'State', 'Since', 'Host', 'Pid', 'Version'];
      t.deepEqual(Object.keys(peek), keys);
      t.like(peek, { Name: nameOf(member), Addr: member.address, State: 'alive', Pid: member.pid });
      t.true(Date.parse(peek.Since) <= Date.now());
      t.true(Math.abs(Date.parse(peek.Since) - Date.now()) < 60_000);
    }
  }
  const { stdout } = await cluster.circuit(['ls', '-l', '-d', b.address]);
  t.regex(stdout, /^(alive {3}\/X[0-9a-f]{16}\n){3}$/);
});

test('a frozen member is suspect, to be seen without it, and nobody has left', async (t) => {
  const { cluster, a, c, nameOf, file, command } = await three(t);
  const self = `${a.mountpoint}/${nameOf(a)}`;
  await cluster.sh(`mkdir ${self}/left && echo > ${self}/left/mk@leave`);
  const client = await connected(t, a);
  const becomes = (state: string) =>
    eventually(
      async () => (await client.refresh()).find(({ name }) => name === nameOf(c))?.state,
      (seen) => seen === state,
      30_000,
    );
  const before = Date.now();
  c.process.kill('SIGSTOP');
  await becomes('suspect');
  // All at once: it is not suspected for long.
  const [list, ...peeks] = await Promise.all([
    cluster.circuit(['ls', '-l', '-d', a.address]),
    file(a, c, 'peek'),
    command('peek', a, c),
  ]);
  c.process.kill('SIGCONT');
  t.true(list.stdout.split('\n').includes(`suspect /${nameOf(c)}`), list.stdout);
  for (const peek of peeks) {
    t.like(peek, { Name: nameOf(c), Addr: c.address, State: 'suspect' });
    t.deepEqual(Object.keys(peek), ['Name', 'Addr', 'Joined', 'State', 'Since']);
    t.true(Date.parse(peek.Since) >= before);
  }
  await becomes('alive');
  t.is((await file(a, c, 'peek')).Pid, c.pid);
  const peek = parsed(await cluster.sh(`cat ${self}/left/peek`));
  t.is(peek.Pending, 0);
});
