import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { CIRCUIT_ENV, Cluster, NOBODY } from './cluster.js';

const { NODE, CIRCUIT } = CIRCUIT_ENV;
const REPOSITORY = join(import.meta.dirname, '../../..');

test('a port that this user may not listen on is told, with those that they may', async (t) => {
  const cluster = new Cluster(t);
  const netns = await cluster.namespace();
  const script = `sysctl -qw net.ipv4.ip_unprivileged_port_start=1024
    exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups "$@"`;
  const within = ['nsenter', `--net=/run/netns/${netns}`, 'sh', '-c', script, 'sh'];
  for (const where of ['127.0.0.1:80', ':1023']) {
    const argv = [...within, NODE, CIRCUIT, 'start', '-a', where, '--no-mount'];
    const { stdout, stderr, status } = await cluster.run(argv, { cwd: '/' });
    const port = where.split(':')[1];
    const sentence = `circuit: this user may not listen on port ${port}; take one of 1024 or more\n`;
    t.deepEqual([stdout, stderr, status], ['', sentence, 1]);
  }
});

test('a host that is not there, and one that is not this host, cannot be listened on', async (t) => {
  const cluster = new Cluster(t);
  const netns = await cluster.namespace();
  for (const [host, sentence] of [
    ['nobody.invalid', 'there is no host named nobody.invalid'],
    ['192.0.2.1', '192.0.2.1 is not an address of this host'],
  ]) {
    const command = [NODE, CIRCUIT, 'start', '-a', `${host}:0`, '--no-mount'];
    const argv = ['nsenter', `--net=/run/netns/${netns}`, ...command];
    const { stdout, stderr, status } = await cluster.run(argv);
    t.deepEqual([stdout, stderr, status], ['', `circuit: ${sentence}\n`, 1]);
  }
});

test('an addon that cannot be loaded is told with what was looked for, the reason and what helps; what needs none works', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start('--no-mount');
  const copy = cluster.mkdir('copy');
  const circuit = join(copy, 'dist/bin/circuit.cjs');
  cpSync(join(REPOSITORY, 'dist/bin'), join(copy, 'dist/bin'), { recursive: true });
  cpSync(join(REPOSITORY, 'package.json'), join(copy, 'package.json'));
  const folder = join(copy, 'dist/native');
  const own = join(folder, 'fuse.node');
  const prebuilt = (arch: string) => join(folder, `prebuilt/linux-${arch}/fuse.node`);
  const aPackage = (arch: string) =>
    `this is linux-${arch}, and the package has addons for linux-x64 and linux-arm64, with glibc 2.28 or later, or musl; elsewhere run "npm ci" in a clone of the repository, with a C compiler`;
  const mountpoint = cluster.mkdir('mnt');
  const fails = async (sentence: string, env: NodeJS.ProcessEnv = {}) => {
    for (const args of [
      ['start', '-a', '127.0.0.1:0', '-m', mountpoint],
      ['mount', '-d', a.address, mountpoint],
    ]) {
      const { stdout, stderr, status } = await cluster.run([NODE, circuit, ...args], { env });
      const why = `circuit's FUSE addon cannot be loaded: ${sentence}`;
      const other =
        'fuse-native cannot be loaded: it is not installed beside circuitfs: npm install -g --ignore-scripts fuse-native@2.2.6';
      const last = stderr.trimEnd().split('\n').at(-1);
      const isStart = args[0] === 'start';
      const without = isStart ? '; or start with --no-mount' : '';
      t.deepEqual([stdout, last, status], ['', `circuit: ${why}; ${other}${without}`, 1]);
      t.is(stderr.includes(` - no processes: ${why}\n`), isStart);
    }
    const ls = await cluster.run([NODE, circuit, 'ls', '-d', a.address]);
    t.deepEqual([ls.stderr, ls.status], ['', 0]);
  };

  const arch = process.arch;
  await fails(`there is no ${own}, there is no ${prebuilt(arch)}; ${aPackage(arch)}`);

  mkdirSync(dirname(prebuilt(arch)), { recursive: true });
  writeFileSync(prebuilt(arch), 'no addon');
  const tooShort = `${prebuilt(arch)}: file too short`;
  await fails(`there is no ${own}, ${tooShort}; ${aPackage(arch)}`);

  // As on a machine that no package serves.
  const other = join(copy, 'riscv64.cjs');
  writeFileSync(other, "Object.defineProperty(process, 'arch', { value: 'riscv64' });");
  const none = `there is no ${own}, there is no ${prebuilt('riscv64')}; ${aPackage('riscv64')}`;
  await fails(none, { NODE_OPTIONS: `--require=${other}` });

  // A clone builds its own, and can do so again.
  mkdirSync(join(copy, 'native'));
  writeFileSync(join(copy, 'native/build.mjs'), '');
  writeFileSync(own, '');
  await fails(`${own}: file too short, ${tooShort}; run "npm run addon" in ${copy}/`);
});
