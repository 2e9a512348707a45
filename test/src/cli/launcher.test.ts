import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import test from 'ava';
import { Cluster } from '../../host/cluster.js';

const ROOT = join(import.meta.dirname, '../../../..');
const BIN = join(ROOT, 'dist/bin');

test('this Node takes the code that was compiled for the command', (t) => {
  for (const name of ['command.cache', 'daemon.cache']) {
    const cachedData = readFileSync(join(BIN, name)).subarray(0, -4);
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
  const whole = readFileSync(cache);
  // As a power cut leaves it; V8 would crash.
  const holed = Buffer.from(whole).fill(0, 65_536, 65_536 + 4_096);
  for (const content of ['', 'nonsense', whole.subarray(0, 10_000), holed]) {
    writeFileSync(cache, content);
    t.is((await version()).stdout, stdout);
  }
  t.is((await cluster.sh(`rm ${cache}`)).status, 0);
  t.is((await version()).stdout, stdout);
});

test('an older Node than the package is for is refused in one sentence, and no newer one', async (t) => {
  const cluster = new Cluster(t);
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const [oldest] = /(?<=^>=)\d+\.\d+$/.exec(engines.node) ?? [];
  const preload = join(cluster.directory, 'version.cjs');
  const as = (version: string) => {
    writeFileSync(preload, `Object.defineProperty(process, 'version', { value: '${version}' })`);
    return cluster.circuit(['--version'], { env: { NODE_OPTIONS: `--require=${preload}` } });
  };
  for (const version of ['v18.20.8', 'v20.9.0', 'v8.99.1']) {
    const { status, stdout, stderr } = await as(version);
    t.is(stderr, `circuit needs Node ${oldest} or later; this is ${version}\n`);
    t.deepEqual([status, stdout], [1, '']);
  }
  for (const version of [`v${oldest}.0`, 'v22.0.0', 'v100.1.0-pre']) {
    t.is((await as(version)).status, 0, version);
  }
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
