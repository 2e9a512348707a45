import test, { type ExecutionContext } from 'ava';
import { program } from './channels.js';
import { CIRCUIT_ENV, Cluster, eventually } from './cluster.js';

/** A daemon that is the first process of a PID namespace. */
async function pidOne(t: ExecutionContext) {
  const cluster = new Cluster(t);
  const start = `
    exec unshare --pid --fork --kill-child --mount-proc \\
      "$NODE" "$CIRCUIT" start --no-mount -a 127.0.0.1:0 > address 2> log`;
  const init = program(cluster.spawn(['sh', '-c', `umask 077; ${start}`], { env: CIRCUIT_ENV }));
  const printed = await eventually(
    () => cluster.sh('cat address'),
    ({ stdout: seen }) => seen.endsWith('\n'),
  );
  const address = printed.stdout.trim();
  t.regex(address, /\/1\/Q/);
  const name = (await cluster.circuit(['ls', '-d', address])).stdout.trim();
  const children = async () => (await cluster.sh(`ps -o stat=,args= --ppid ${pid}`)).stdout;
  const pid = (await cluster.sh(`ps -o pid= --ppid ${init.pid}`)).stdout.trim();
  const run = (anchor: string, ...argv: readonly string[]) =>
    cluster.circuit(['exec', '-n', '-d', address, `${name}/${anchor}`, '--', ...argv]);
  return { cluster, init, address, name, pid, children, run };
}

test('a daemon that is PID 1 reaps orphans, and takes no exit status from those who wait for it', async (t) => {
  const { cluster, init, address, name, pid, children, run } = await pidOne(t);
  // Each leaves an orphan that ends after it, and has a status of its own.
  const script = 'sleep 0.1 >/dev/null 2>&1 & exit $1';
  const statuses = Array.from({ length: 12 }, (_, status) => status);
  const exits = statuses.map(async (status) => {
    return (await run(`p${status}`, 'sh', '-c', script, 'sh', String(status))).status;
  });
  t.deepEqual(await Promise.all(exits), statuses);
  // A process that has ended stays until somebody waits for it.
  const kept = JSON.stringify({ Path: 'sh', Args: ['-c', 'exit 77'] });
  t.is(
    (await cluster.circuit(['mkproc', '-d', address, `${name}/kept`], { input: kept })).status,
    0,
  );
  await eventually(children, (left) => left === '');
  const { stdout } = await cluster.circuit(['wait', '-d', address, `${name}/kept`]);
  t.is(JSON.parse(stdout).Exit, '77');
  await cluster.sh(`kill -TERM ${pid}`);
  t.is(await init.status, 0);
});

test('a daemon that is PID 1 reaps orphans again after it could not look for them', async (t) => {
  const { cluster, pid, children, run } = await pidOne(t);
  // It is out of the process group, which ends with the exec, when it has become sleep.
  const orphan =
    'setsid sleep 1000 >/dev/null 2>&1 & until grep -q sleep /proc/$!/comm; do :; done';
  t.is((await run('a', 'sh', '-c', orphan)).status, 0);
  await eventually(children, (left) => /^S\w* +sleep 1000\n$/.test(left));
  const before = (await cluster.sh(`prlimit --pid ${pid} --nofile --noheadings -o SOFT`)).stdout;
  await cluster.sh(`prlimit --pid ${pid} --nofile=3: && pkill -P ${pid} -x sleep`);
  await eventually(
    () => cluster.sh('cat log'),
    ({ stdout }) => / orphans are not reaped: .* has reached its limit of open files/.test(stdout),
  );
  t.regex(await children(), /^Z/);
  await cluster.sh(`prlimit --pid ${pid} --nofile=${before.trim()}:`);
  t.is((await run('b', 'true')).status, 0);
  await eventually(children, (left) => left === '');
});
