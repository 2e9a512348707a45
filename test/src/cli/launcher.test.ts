import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import test from 'ava';
import { Cluster } from '../../host/cluster.js';

const ROOT = join(import.meta.dirname, '../../../..');
const BIN = join(ROOT, 'dist/bin');

test('this Node takes the code that was compiled for the command', (t) => {
  for (const name of ['command.cache', 'daemon.cache']) {
    const cachedData = readFileSync(join(BIN, name));
    const script = new Script(readFileSync(join(BIN, 'main.cjs'), 'latin1'), { cachedData });
    t.false(script.cachedDataRejected, name);
  }
});

test('where that is missing or of no use, the command runs all the same', async (t) => {
  const cluster = new Cluster(t);
  const copy = join(cluster.directory, 'copy');
  cpSync(BIN, join(copy, 'dist/bin'), { recursive: true });
  symlinkSync(join(ROOT, 'package.json'), join(copy, 'package.json'));
  const cache = join(copy, 'dist/bin/command.cache');
  const version = () =>
    cluster.run([process.execPath, join(copy, 'dist/bin/circuit.cjs'), '--version']);
  const { stdout } = await cluster.circuit(['--version']);
  for (const content of ['', 'nonsense', readFileSync(cache).subarray(0, 10_000)]) {
    writeFileSync(cache, content);
    t.is((await version()).stdout, stdout);
  }
  t.is((await cluster.sh(`rm ${cache}`)).status, 0);
  t.is((await version()).stdout, stdout);
});

test('the command is found through symbolic links, by PATH, and by a path with blanks', async (t) => {
  const cluster = new Cluster(t);
  const { stdout } = await cluster.circuit(['--version']);
  const folder = cluster.mkdir('a folder');
  symlinkSync(join(BIN, 'circuit.cjs'), join(folder, 'installed'));
  symlinkSync('installed', join(folder, 'circuit'));
  const env = { PATH: `${folder}:${process.env.PATH}` };
  t.is((await cluster.sh('circuit --version', { env })).stdout, stdout);
  t.is((await cluster.sh('"./a folder/circuit" --version')).stdout, stdout);
  t.is((await cluster.sh('cd "a folder"; PATH=:$PATH; circuit --version')).stdout, stdout);
});
