import { once } from 'node:events';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  AT_ONCE,
  CIRCUIT_ENV,
  Cluster,
  collect,
  eventually,
  NOBODY,
  type TestDaemon,
} from './cluster.js';
import { areOne } from './multicast.js';

function isMounted(directory: string): boolean {
  return readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${directory} `);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} unmounts and exits 0 at once, also while a shell is inside`, async (t) => {
    const cluster = new Cluster(t);
    const [a, b] = [await cluster.start(), await cluster.start()];
    await cluster.sh(`echo "${b.address}" > ${a.mountpoint}/.self/join`);
    const inside = cluster.spawn(['sh', '-c', 'cd .self && echo in && exec sleep 60'], {
      cwd: a.mountpoint,
    });
    await new Promise((resolve) => inside.stdout?.once('data', resolve));
    t.is(await a.stop(signal), 0);
    t.true(a.loggedAt(/ ended$/) - a.loggedAt(/ left the network /) < AT_ONCE);
    t.false(isMounted(a.mountpoint));
    t.deepEqual(await readdir(a.mountpoint), []);
    inside.kill('SIGKILL');
  });
}

/** A daemon that joins one that never answers. */
async function joinsTheDeaf(t: ExecutionContext, cluster: Cluster) {
  const deaf = createServer(() => {}).listen(0, '127.0.0.1');
  t.teardown(() => deaf.close());
  await once(deaf, 'listening');
  const connected = once(deaf, 'connection');
  const { port } = deaf.address() as { port: number };
  const joining = cluster.launch(['-j', `circuit://127.0.0.1:${port}/1/Q${'0'.repeat(32)}`]);
  return { joining, connected: joining.until(connected) };
}

for (const [name, end] of [
  ['SIGINT', async (daemon) => daemon.process.kill('SIGINT')],
  ['shutdown', ({ mountpoint }) => writeFile(`${mountpoint}/.self/shutdown`, '\n')],
] as const satisfies readonly (readonly [string, (daemon: TestDaemon) => Promise<unknown>])[]) {
  test(`${name} while it still joins: nothing is left mounted, exit 0`, async (t) => {
    const cluster = new Cluster(t);
    const { joining: daemon, connected } = await joinsTheDeaf(t, cluster);
    await connected;
    t.true(isMounted(daemon.mountpoint));
    await end(daemon);
    t.is(await daemon.ended, 0, daemon.log());
    t.notRegex(daemon.log(), /did not answer/, 'it has not waited for that');
    t.false(isMounted(daemon.mountpoint));
    await t.throwsAsync(daemon.ready, undefined, 'it prints no address');
  });
}

test('what cannot be unmounted is told, and the exit status is 1', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  await cluster.run(['mount', '-t', 'tmpfs', 'none', a.mountpoint]);
  t.is(await a.stop(), 1);
  t.regex(a.log(), /not unmounted: another file system is mounted over it/);
});

test('so it is where the start is broken off', async (t) => {
  const cluster = new Cluster(t);
  const { joining, connected } = await joinsTheDeaf(t, cluster);
  await connected;
  await cluster.run(['mount', '-t', 'tmpfs', 'none', joining.mountpoint]);
  t.is(await joining.stop('SIGINT'), 1);
  t.regex(joining.log(), /^circuit: .*interrupted; the mount is still there$/m);
});

test('a daemon that logs to another user’s pipe, or to one that nobody reads, runs', async (t) => {
  const cluster = new Cluster(t);
  const script = `{ setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups \
    "$NODE" "$CIRCUIT" start -a 127.0.0.1:0 --no-mount & echo $! >&3; } 3>pid 2>&1 >address | cat >log &
    until [ -s address ]; do sleep 0.02; done; kill "$(cat pid)"; wait; cat log`;
  const { stdout, stderr } = await cluster.sh(script, { env: CIRCUIT_ENV });
  t.regex(stdout, /listens on/, stderr);
  t.regex(stdout, /ended/);
});

test('SIGUSR1 opens no debugger to whoever connects, neither in a daemon nor in a command', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  await cluster.sh('mkdir c; echo 0 > c/mkchan', { cwd: `${a.mountpoint}/.self` });
  const name = (await cluster.sh(`readlink ${a.mountpoint}/.self`)).stdout.trim();
  const { NODE, CIRCUIT } = CIRCUIT_ENV;
  const command = cluster.spawn([NODE, CIRCUIT, 'recv', '-d', a.address, `/${name}/c`]);
  const [printed, complaints] = [collect(command.stdout), collect(command.stderr)];
  await eventually(
    async () => readFileSync(`/proc/${command.pid}/cmdline`, 'utf8'),
    (title) => title.startsWith('circuit recv'),
  );
  for (const process of [a.process, command]) process.kill('SIGUSR1');
  // Both go on.
  t.is((await cluster.sh('echo hi > .self/c/send', { cwd: a.mountpoint })).status, 0);
  t.deepEqual([await printed, await complaints], ['hi\n', '']);
  t.notRegex(a.log(), /[Dd]ebugger/);
});

test('echo > shutdown succeeds, unmounts and ends the daemon with 0', async (t) => {
  const cluster = new Cluster(t);
  const [a, b] = [await cluster.start(), await cluster.start()];
  await cluster.sh(`echo "${b.address}" > ${a.mountpoint}/.self/join`);
  const local = await cluster.sh(`echo > ${a.mountpoint}/.self/shutdown`);
  t.is(local.status, 0, local.stderr);
  t.is(await a.ended, 0);
  t.false(isMounted(a.mountpoint));
  // Python tells what close(2) says too, which shells do not.
  const close = `with open("${b.mountpoint}/.self/shutdown", "w") as file: file.write("\\n")`;
  const python = await cluster.run(['python3', '-c', close]);
  t.is(python.status, 0, python.stderr);
  t.is(await b.ended, 0);
});

test('daemons that are shut down one upon the other answer each who asked', async (t) => {
  const cluster = new Cluster(t);
  for (let round = 0; round < 5; round += 1) {
    const daemons = [await cluster.start(), await cluster.start(), await cluster.start()] as const;
    const [a, b, c] = daemons;
    await cluster.sh(`echo "${b.address} ${c.address}" > ${a.mountpoint}/.self/join`);
    const all = daemons.map(({ mountpoint }) => `echo > ${mountpoint}/.self/shutdown`).join(' && ');
    const { status, stderr } = await cluster.sh(all);
    t.is(status, 0, stderr);
    for (const daemon of daemons) t.is(await daemon.ended, 0);
  }
});

test('shutdown of another member, from the mount and by the command', async (t) => {
  const cluster = new Cluster(t);
  const daemons = [await cluster.start(), await cluster.start(), await cluster.start()] as const;
  const [a, b, c] = daemons;
  await cluster.sh(`echo "${b.address} ${c.address}" > ${a.mountpoint}/.self/join`);
  const name = async (daemon: TestDaemon) =>
    (await cluster.sh(`readlink ${daemon.mountpoint}/.self`)).stdout.trim();
  const [ofB, ofC] = [await name(b), await name(c)];
  const mount = await cluster.sh(`echo > ${a.mountpoint}/${ofB}/shutdown`);
  t.is(mount.status, 0, mount.stderr);
  t.is(await b.ended, 0);
  const command = await cluster.circuit(['shutdown', '-d', a.address, `/${ofC}`]);
  t.is(command.status, 0, command.stderr);
  t.is(await c.ended, 0);
  t.is((await areOne([a])).length, 1);
});

test('after SIGKILL the next start on the same mount point recovers by itself', async (t) => {
  const cluster = new Cluster(t);
  const dir = cluster.mkdir('mnt');
  const first = await cluster.start('-m', dir);
  await first.stop('SIGKILL');
  const dead = await cluster.run(['ls', dir]);
  t.regex(dead.stderr, /not connected/);
  await cluster.start('-m', dir);
  t.is((await cluster.run(['ls', dir])).stdout.split('\n').length - 1, 1);
});

test('mounting over a live circuit is refused with a sentence, and it lives on', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  const second = cluster.launch(['-m', a.mountpoint]);
  t.is(await second.ended, 1);
  t.regex(second.log(), /^circuit: .*already mounted on .*host1/m);
  t.is((await cluster.run(['ls', a.mountpoint])).status, 0);
});

test('a frozen daemon counts as live: the next start is refused within 5 s', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  a.process.kill('SIGSTOP');
  const second = cluster.launch(['-m', a.mountpoint]);
  t.is(await second.ended, 1);
  t.regex(second.log(), /^circuit: .*already mounted on .*host1/m);
  t.true(second.loggedAt(/ ended$/) - second.loggedAt(/ listens on /) < 5_000);
  a.process.kill('SIGCONT');
  t.is((await cluster.run(['ls', a.mountpoint])).status, 0);
});

test('a mount point that does not exist, is a file, or is not empty: a sentence, exit 1', async (t) => {
  const cluster = new Cluster(t);
  const file = join(cluster.directory, 'file');
  writeFileSync(file, 'content');
  const full = cluster.mkdir('full');
  writeFileSync(join(full, 'something'), '');
  const cases = [
    [join(cluster.directory, 'missing'), /does not exist/],
    [file, /not a directory/],
    [full, /not empty/],
  ] as const;
  for (const [directory, sentence] of cases) {
    const daemon = cluster.launch(['-m', directory]);
    t.is(await daemon.ended, 1);
    const complaint = daemon
      .log()
      .split('\n')
      .filter((line) => line.startsWith('circuit: '));
    t.is(complaint.length, 1, daemon.log());
    t.regex(complaint[0] ?? '', sentence);
    t.true(complaint[0]?.includes(directory));
    t.notRegex(daemon.log(), /\n {4}at /, 'no stack trace');
    t.false(isMounted(directory));
  }
});

test('a mount point with a space, and through a symbolic link', async (t) => {
  const cluster = new Cluster(t);
  const dir = cluster.mkdir('a b\tc');
  const link = join(cluster.directory, 'link');
  symlinkSync(dir, link);
  const first = await cluster.start('-m', link);
  t.is((await cluster.run(['ls', dir])).stdout.split('\n').length - 1, 1);
  await first.stop('SIGKILL');
  const second = await cluster.start('-m', dir);
  t.is(await second.stop(), 0);
  t.deepEqual(await readdir(dir), []);
});

test('a mount that somebody unmounts: the daemon goes on without, and still ends with 0', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  await cluster.run(['umount', a.mountpoint]);
  const ls = await cluster.circuit(['ls', '-d', a.address, '/']);
  t.is(ls.status, 0, ls.stderr);
  t.regex(a.log(), /was unmounted/);
  t.is(await a.stop(), 0);
});

test('a daemon whose log nobody reads goes on serving', async (t) => {
  const cluster = new Cluster(t);
  await mkdir(join(cluster.directory, 'mnt'));
  const child = cluster.spawn(
    ['sh', '-c', '"$NODE" "$CIRCUIT" start -a 127.0.0.1:0 -m mnt 3>&1 2>&1 >address | sleep 60'],
    {
      env: CIRCUIT_ENV,
    },
  );
  const address = await cluster.sh('until [ -s address ]; do sleep 0.02; done; cat address');
  // Each line of the log is some 100 bytes: more than the pipe's 64 KiB in all.
  const flood = await cluster.sh(
    'i=0; while [ $i -lt 1000 ]; do echo junk > mnt/.self/join; i=$((i+1)); done; ls mnt; echo done',
  );
  t.regex(flood.stdout, /X[0-9a-f]{16}\ndone\n$/);
  const name = flood.stdout.split('\n')[0];
  const stop = await cluster.circuit(['shutdown', '-d', address.stdout.trim(), `/${name}`]);
  t.is(stop.status, 0, stop.stderr);
  child.kill('SIGKILL');
});
