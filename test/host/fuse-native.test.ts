import { cpSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { blocked, program } from './channels.js';
import { CIRCUIT_ENV, Cluster, TestDaemon } from './cluster.js';

const { NODE, CIRCUIT } = CIRCUIT_ENV;
const REPOSITORY = join(import.meta.dirname, '../../..');

/** A time-out of two seconds, since tests wait for it. */
const BY_LIBRARY = ['--fuse', 'fuse-native', '--fuse-timeout', '2'];

function isMounted(directory: string): boolean {
  return readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${directory} `);
}

test('by fuse-native the files of members, channels and processes do as they promise', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start(...BY_LIBRARY);
  const directory = join(a.mountpoint, '.self');
  const sh = (script: string) => cluster.sh(script, { cwd: directory });
  const start = (...argv: string[]) => program(cluster.spawn(argv, { cwd: directory }));
  t.regex(a.log(), / - mounted on \S+\/host1 \(fuse-native\)$/m);
  const status = await cluster.circuit(['status', '-d', a.address]);
  t.regex(status.stdout, /^mount +\S+\/host1 \(fuse-native\), which answers$/m);

  t.is((await sh('cat addr')).stdout, `${a.address}\n`);
  t.regex((await sh('ls')).stdout, /^addr\nerror\nhelp\njoin\n/);
  const archived = await sh('tar cf - addr peek | tar xOf - addr');
  t.deepEqual([archived.stdout, archived.stderr], [`${a.address}\n`, '']);
  const bad = await sh('echo nonsense > join; cat error');
  t.regex(bad.stderr, /Invalid argument|I\/O error/);
  t.regex(bad.stdout, /circuit address/);

  await sh('mkdir c p && echo 0 > c/mkchan');
  const receiver = start('cat', 'c/recv');
  await blocked(receiver);
  t.is((await sh('echo hello > c/send')).status, 0);
  t.is(await receiver.stdout, 'hello\n');
  const interrupted = start('cat', 'c/recv');
  await blocked(interrupted);
  interrupted.process.kill('SIGINT');
  t.is(await interrupted.status, 'SIGINT');
  const kept = await sh('echo kept > c/send & cat c/recv; wait');
  t.is(kept.stdout, 'kept\n', 'no message goes to a reader that has gone');

  const tail = start('tail', '-n', '+1', '-f', 'log');
  const command = `{"Path":"sh","Args":["-c","cat; echo $0","end"]}`;
  t.is((await sh(`echo '${command}' > p/mkproc`)).status, 0);
  await tail.printed('p/mkproc');
  tail.process.kill();
  const output = start('cat', 'p/stdout');
  t.is((await sh('echo typed > p/stdin')).status, 0);
  t.is(await output.stdout, 'typed\nend\n');
  t.regex((await sh('cat p/wait')).stdout, /"Exit": "0"/);

  const left = start('cat', 'c/recv');
  await blocked(left);
  t.is(await a.stop(), 0);
  t.not(await left.status, 0);
  t.regex(await left.stderr, /Transport endpoint is not connected/);
  t.false(isMounted(a.mountpoint));
});

test('after SIGKILL the next start clears what fuse-native has left, by whichever host', async (t) => {
  const cluster = new Cluster(t);
  const directory = cluster.mkdir('mnt');
  const start = (...how: string[]) => cluster.start('-m', directory, ...how);
  for (const how of [['--fuse', 'native'], BY_LIBRARY]) {
    const first = await start(...BY_LIBRARY);
    await first.stop('SIGKILL');
    t.regex((await cluster.run(['ls', directory])).stderr, /not connected/);
    const second = await start(...how);
    t.is((await cluster.run(['ls', directory])).status, 0);
    t.is(await second.stop(), 0);
  }
});

test('circuit mount takes --fuse, too', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start('--no-mount');
  const directory = cluster.mkdir('client');
  const argv = [NODE, CIRCUIT, 'mount', '-d', a.address, ...BY_LIBRARY, directory];
  const client = program(cluster.spawn(argv, { cwd: '/' }));
  await client.printed(`${directory}\n`);
  t.is((await cluster.sh('cat .self/addr', { cwd: directory })).stdout, `${a.address}\n`);
  client.process.kill();
  t.is(await client.status, 0);
  t.false(isMounted(directory));
});

for (const [option, value, sentence] of [
  ['--fuse', 'libfuse', /argument 'libfuse' is invalid. Allowed choices are auto, native, fuse-/],
  ['--fuse-timeout', '0', /argument '0' is invalid. It must be 1 to 86400 seconds/],
] as const) {
  test(`${option} ${value} is wrong usage`, async (t) => {
    const { stderr, status } = await new Cluster(t).circuit(['start', option, value]);
    t.regex(stderr, sentence);
    t.is(status, 2);
  });
}

test('where the addon cannot be loaded a daemon mounts by fuse-native, and says what it cannot do', async (t) => {
  const cluster = new Cluster(t);
  const copy = cluster.mkdir('copy');
  cpSync(join(REPOSITORY, 'dist/bin'), join(copy, 'dist/bin'), { recursive: true });
  cpSync(join(REPOSITORY, 'package.json'), join(copy, 'package.json'));
  symlinkSync(join(REPOSITORY, 'node_modules'), join(copy, 'node_modules'));
  const mountpoint = cluster.mkdir('mnt');
  const circuit = join(copy, 'dist/bin/circuit.cjs');
  const log = join(cluster.directory, 'log');
  const script = `exec "$0" "$1" start -a 127.0.0.1:0 -m "$2" 2> "$3"`;
  const child = cluster.spawn(['sh', '-c', script, NODE, circuit, mountpoint, log]);
  const daemon = new TestDaemon(child, mountpoint, log);
  await daemon.ready;
  const directory = join(mountpoint, '.self');
  const sh = (line: string) => cluster.sh(line, { cwd: directory });
  const channel = await sh('mkdir c && echo 1 > c/mkchan && echo hi > c/send && cat c/recv');
  t.is(channel.stdout, 'hi\n');
  const made = await sh(`mkdir p && echo '{"Path":"true"}' > p/mkproc; cat p/error`);
  t.regex(made.stderr, /Exec format error|I\/O error/);
  t.regex(made.stdout, /^circuit's FUSE addon cannot be loaded: there is no /);
  t.regex(daemon.log(), / - no processes: circuit's FUSE addon cannot be loaded: /);
  t.regex(daemon.log(), / - no address left for commands: only the addon can lock its file; /);
  t.is(await daemon.stop(), 0);
  t.false(isMounted(mountpoint));
});
