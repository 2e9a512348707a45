import { join } from 'node:path';
import test from 'ava';
import { Cluster } from '../host/cluster.js';
import { EXAMPLES } from './circuit.js';

const SCRIPT = join(EXAMPLES, 'openrc/circuit');

test('the script for OpenRC is right, say sh and shellcheck', async (t) => {
  const cluster = new Cluster(t);
  for (const argv of [
    ['sh', '-n', SCRIPT],
    ['busybox', 'sh', '-n', SCRIPT],
    ['shellcheck', SCRIPT],
  ]) {
    const { stdout, stderr, status } = await cluster.run(argv);
    t.deepEqual([stdout, stderr, status], ['', '', 0], argv[0]);
  }
});
