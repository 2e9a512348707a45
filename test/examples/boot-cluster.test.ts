import { join } from 'node:path';
import test from 'ava';
import { Cluster } from '../host/cluster.js';

const SCRIPT = join(import.meta.dirname, '../../../examples/boot-cluster.sh');

test('the demo boots three daemons, joins them, shows one view from all, and leaves nothing', async (t) => {
  const cluster = new Cluster(t);
  const result = await cluster.run(['sh', SCRIPT], { env: { TMPDIR: cluster.directory } });
  t.is(result.status, 0, result.stderr);
  t.is(result.stderr, '');
  const views = result.stdout.match(/(^X[0-9a-f]{16}\n){3}/gm) ?? [];
  t.is(views.length, 3);
  t.is(new Set(views).size, 1);
  t.regex(result.stdout, /\ndone\n$/);
  t.notRegex(result.stdout.replaceAll('…', ''), /\/Q[0-9a-f]{32}/, 'it shows no secret');
  t.deepEqual((await cluster.run(['ls', cluster.directory])).stdout, '');
});
