import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { program } from './channels.js';
import { CIRCUIT_ENV, Cluster, NOBODY, type TestDaemon } from './cluster.js';

const { NODE, CIRCUIT } = CIRCUIT_ENV;

/** A start that fails says why in one sentence, prints no address, and ends with 1. */
async function fails(t: ExecutionContext, daemon: TestDaemon, sentence: RegExp): Promise<void> {
  t.is(await daemon.until(daemon.ended), 1);
  const complaints = daemon.log().match(/^circuit: .*$/gm) ?? [];
  t.is(complaints.length, 1, daemon.log());
  t.regex(complaints[0] ?? '', sentence);
  t.notRegex(daemon.log(), /\n {4}at /, 'no stack trace');
  t.is(daemon.address, '');
}

test('without fusermount3 a user other than root is told to install it', async (t) => {
  const cluster = new Cluster(t);
  const directory = cluster.mkdir('own', 0o777);
  const env = { PATH: cluster.directory };
  const daemon = cluster.launch(['-m', directory], { uid: NOBODY, cwd: '/', env });
  await fails(
    t,
    daemon,
    /^circuit: mounting without root needs fusermount3: install fuse3; or start with --no-mount$/,
  );
});

test('a mount point that this user may not use, or not even reach: a sentence for each, exit 1', async (t) => {
  const cluster = new Cluster(t);
  const directory = cluster.mkdir('roots', 0o755);
  const below = join(cluster.mkdir('private', 0o700), 'below');
  mkdirSync(below);
  const start = (mountpoint: string) =>
    cluster.launch(['-m', mountpoint], { uid: NOBODY, cwd: '/' });
  const unusable = `^circuit: ${directory} may not be mounted on by this user: `;
  await fails(t, start(directory), new RegExp(`${unusable}.* to list and to write it$`));
  const unreachable = `^circuit: ${below} is out of this user's reach: `;
  await fails(t, start(below), new RegExp(`${unreachable}.* to enter each directory above it$`));
});

test('a mount point in a file system that is stuck: a sentence, exit 1, though it is stuck still', async (t) => {
  const cluster = new Cluster(t);
  const frozen = await cluster.start();
  frozen.process.kill('SIGSTOP');
  const inside = join(frozen.mountpoint, 'inside');
  const stuck = /^circuit: .*\/host1\/inside does not answer: its file system is stuck$/;
  await fails(t, cluster.launch(['-m', inside]), stuck);
});

test('a daemon that was not told where to mount, and cannot, says so in the log and goes on', async (t) => {
  const cluster = new Cluster(t);
  const argv = [NODE, CIRCUIT, 'start', '-a', '127.0.0.1:0'];
  // Nobody can mount on /circuit here: what is there, if anything is, is root's.
  const env = { PATH: cluster.directory };
  const daemon = program(cluster.spawn(argv, { uid: NOBODY, cwd: '/', env }));
  await daemon.printed('circuit://');
  await daemon.printed('not mounted: /circuit ');
  const [address = ''] = daemon.seen().match(/^circuit:.*$/m) ?? [];
  const ls = await cluster.circuit(['ls', '-d', address]);
  t.is(ls.status, 0, ls.stderr);
  daemon.process.kill('SIGTERM');
  t.is(await daemon.status, 0);
  const reason =
    / - not mounted: \/circuit (does not exist; make it with mkdir|may not be mounted on by this user: .*)$/m;
  t.regex(await daemon.stderr, reason);
  t.regex(await daemon.stderr, / ended$/m);
});
