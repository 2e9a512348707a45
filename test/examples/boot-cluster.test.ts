import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Cluster, eventually, exitOf } from '../host/cluster.js';
import { EXAMPLES } from './circuit.js';

const SCRIPT = join(EXAMPLES, 'boot-cluster.sh');

/** A directory for the demo's own, and how it is to be run. */
function demo(t: ExecutionContext) {
  const cluster = new Cluster(t);
  const directory = cluster.mkdir('tmp');
  const env = { TMPDIR: directory, SCRIPT };
  const mounts = async () =>
    (await cluster.sh(`grep -c ' ${directory}/' /proc/self/mountinfo`)).stdout;
  return { cluster, directory, env, mounts };
}

test('the demo boots three daemons, joins them, shows one view from all, and leaves nothing', async (t) => {
  const { cluster, directory, env } = demo(t);
  const result = await cluster.run(['sh', SCRIPT], { env });
  t.is(result.status, 0, result.stderr);
  t.is(result.stderr, '');
  const views = result.stdout.match(/(^X[0-9a-f]{16}\n){3}/gm) ?? [];
  t.is(views.length, 3);
  t.is(new Set(views).size, 1);
  t.regex(result.stdout, /\ndone\n$/);
  t.notRegex(result.stdout.replaceAll('…', ''), /\/Q[0-9a-f]{32}/, 'it shows no secret');
  t.notRegex(result.stdout, /can be read by others/);
  t.deepEqual(readdirSync(directory), []);
});

test('the demo whose output nobody reads to its end leaves nothing', async (t) => {
  const { cluster, directory, env, mounts } = demo(t);
  for (const lines of [1, 30]) {
    await cluster.sh(`sh "$SCRIPT" | head -${lines}`, { env });
    t.is(await mounts(), '0\n');
    t.deepEqual(readdirSync(directory), []);
  }
});

for (const signal of ['SIGHUP', 'SIGKILL'] as const) {
  test(`the demo that ${signal} ends leaves no daemon and no mount`, async (t) => {
    const { cluster, env, mounts } = demo(t);
    const script = cluster.spawn(['sh', SCRIPT], { env });
    await eventually(mounts, (count) => count === '3\n');
    const daemons = (await cluster.sh(`ps -o pid= --ppid ${script.pid}`)).stdout;
    script.kill(signal);
    await exitOf(script);
    await eventually(mounts, (count) => count === '0\n');
    const living = () => cluster.sh(`ps -o stat= -p "${daemons.trim().split(/\s+/).join(',')}"`);
    await eventually(living, ({ stdout }) => /^(Z.*\n)*$/.test(stdout));
    t.pass();
  });
}

test('the demo that gets more signals while it takes all down leaves nothing', async (t) => {
  const { cluster, directory, env, mounts } = demo(t);
  const script = cluster.spawn(['sh', SCRIPT], { env });
  const ended = exitOf(script);
  await eventually(mounts, (count) => count === '3\n');
  const hasEnded = async () => {
    for (const signal of ['SIGHUP', 'SIGTERM', 'SIGPIPE'] as const) script.kill(signal);
    return script.exitCode !== null || script.signalCode !== null;
  };
  await eventually(hasEnded, (yes) => yes);
  t.deepEqual([await ended, await mounts(), readdirSync(directory)], [130, '0\n', []]);
});
