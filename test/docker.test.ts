import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import test from 'ava';
import { DockerEngine } from './docker.js';
import { Cluster, eventually } from './host/cluster.js';

/** The command lines of all programs. */
async function programs(cluster: Cluster): Promise<string> {
  return (await cluster.sh('ps -eo args=')).stdout;
}

test('two engines run at once, and of neither is anything left after the test: also no container that is paused', async (t) => {
  const ends: (() => unknown)[] = [];
  const cluster = new Cluster({ teardown: (end) => ends.push(end) });
  const engines = [DockerEngine.start(cluster, 'first'), DockerEngine.start(cluster, 'second')];
  const directory = dirname(cluster.directory);
  const pids: number[] = [];
  try {
    for (const [i, engine] of (await Promise.all(engines)).entries()) {
      const name = `one${i}`;
      const run = ['run', '--detach', '--network', 'none', '--name', name];
      const made = await engine.docker(...run, 'busybox', 'sleep', '1000');
      t.is(made.status, 0, made.stderr);
      const asked = await engine.docker('inspect', '--format', '{{.State.Pid}}', name);
      pids.push(Number(asked.stdout));
      if (i === 1) t.is((await engine.docker('pause', name)).status, 0);
      t.deepEqual(await engine.containers(), [name]);
    }
    for (const pid of pids) t.is(readFileSync(`/proc/${pid}/comm`, 'utf8'), 'sleep\n');
    t.true((await programs(cluster)).includes(directory));
  } finally {
    for (const end of ends.reverse()) await end();
  }
  const after = new Cluster(t);
  await eventually(
    async () => (await programs(after)).includes(directory),
    (there) => !there,
  );
  // Until they have been reaped.
  await eventually(
    async () => pids.filter((pid) => existsSync(`/proc/${pid}`)),
    ({ length }) => length === 0,
  );
  t.false(existsSync(directory));
  const mark = basename(directory);
  t.is(
    (await after.sh(`find /sys/fs/cgroup -name '${mark}*'; mount | grep -F ${directory}`)).stdout,
    '',
  );
});
