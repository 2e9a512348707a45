import { readdirSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { Cluster, eventually, type TestDaemon } from './cluster.js';

/** How many descriptors a process takes while it starts: six ends of pipes, and three more. */
const OF_A_START = 9;

function descriptors({ pid }: TestDaemon): Set<number> {
  return new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
}

/** Lets a daemon open so many descriptors more; any number where none is given. */
async function leave(t: ExecutionContext, cluster: Cluster, daemon: TestDaemon, count?: number) {
  const used = descriptors(daemon);
  let limit = 0;
  for (let free = count ?? 0; free > 0 || used.has(limit); limit += 1) {
    if (!used.has(limit)) free -= 1;
  }
  const soft = count === undefined ? 4096 : limit;
  const { stderr } = await cluster.sh(`prlimit --pid ${daemon.pid} --nofile=${soft}:`);
  t.is(stderr, '');
}

test('a process for which no descriptor is left is EMFILE, and the sentence names ulimit -n', async (t) => {
  const cluster = new Cluster(t);
  const daemon = await cluster.start();
  const run = (script: string) =>
    cluster.run(['bash', '-c', `cd ${daemon.mountpoint}/.self; ${script}`]);
  const make = `mkdir -p p && echo '{"Path":"sleep","Args":["1000"]}' > p/mkproc`;
  t.is((await run(make)).stderr, '');
  t.is((await run('echo > p/scrub; mkdir -p p')).stderr, '');
  const before = descriptors(daemon).size;
  for (let left = 0; left < OF_A_START; left += 1) {
    await leave(t, cluster, daemon, left);
    const { status, stderr } = await run(make);
    t.is(status, 1, `${left} left`);
    t.regex(stderr, /Too many open files/, `${left} left`);
    t.regex((await run('cat p/error')).stdout, new RegExp(`^process ${daemon.pid} on .*ulimit -n`));
    t.is((await run('ls p')).stdout.includes('stdin'), false);
    await eventually(
      async () => descriptors(daemon).size,
      (size) => size <= before,
    );
  }
  await leave(t, cluster, daemon);
  t.is((await run(`${make} && cat p/phase`)).stdout, 'running\n');
});

test('a daemon that has no descriptor left says so of what it was asked, stays up, and goes on when it has some', async (t) => {
  const cluster = new Cluster(t);
  const [daemon, other] = [await cluster.start(), await cluster.start('--no-mount')];
  const { mountpoint } = daemon;
  const join = () =>
    cluster.run(['bash', '-c', `echo ${other.address} > ${mountpoint}/.self/join`]);
  const ls = () => cluster.circuit(['ls', '-d', daemon.address, '/']);
  const nowhere = `circuit://127.0.0.1:1/1/Q${'0'.repeat(32)}`;
  // Descriptors that were open for a moment are free at the next look: then it is refused.
  await eventually(
    async () => {
      await leave(t, cluster, daemon, 0);
      const argv = ['bash', '-c', `echo ${nowhere} > ${mountpoint}/.self/join`];
      return (await cluster.run(argv)).stderr;
    },
    (stderr) => stderr.includes('Too many open files'),
  );
  const { stdout } = await cluster.sh(`cat ${mountpoint}/.self/error`);
  t.regex(stdout, new RegExp(`process ${daemon.pid} on .*ulimit -n`));
  // Descriptors that were open for a moment are free by now.
  const refused = await eventually(
    async () => {
      await leave(t, cluster, daemon, 0);
      return await ls();
    },
    ({ status }) => status !== 0,
  );
  t.regex(refused.stderr, /ulimit -n/);
  await leave(t, cluster, daemon);
  t.is((await join()).stderr, '');
  const listed = await eventually(ls, ({ status }) => status === 0);
  t.is(listed.stdout.trim().split('\n').length, 2);
  t.notRegex(daemon.log(), /ended/);
});
