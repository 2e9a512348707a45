import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { blocked, program } from './channels.js';
import { AT_ONCE, CIRCUIT_ENV, Cluster, eventually, NOBODY, type TestDaemon } from './cluster.js';

const { NODE, CIRCUIT } = CIRCUIT_ENV;

function isMounted(directory: string): boolean {
  return readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${directory} `);
}

/** Mounts on a directory as a client of the daemon at `address`; resolves when it is mounted. */
async function mountAsClient(cluster: Cluster, address: string, ...args: string[]) {
  const directory = cluster.mkdir('client');
  const client = program(
    cluster.spawn([NODE, CIRCUIT, 'mount', '-d', address, ...args, directory], { cwd: '/' }),
  );
  await client.printed(`${directory}\n`);
  const sh = (script: string) => cluster.sh(script, { cwd: directory });
  const start = (...argv: string[]) => program(cluster.spawn(argv, { cwd: directory }));
  let complaint = '';
  client.process.stderr?.on('data', (data) => {
    complaint += data;
  });
  const complained = (text: string) =>
    eventually(
      async () => complaint,
      (seen) => seen.includes(text),
    );
  return { client, directory, sh, start, complained };
}

async function nameOf(cluster: Cluster, daemon: TestDaemon): Promise<string> {
  const { stdout } = await cluster.circuit(['ls', '-d', daemon.address]);
  for (const path of stdout.trim().split('\n')) {
    const peek = await cluster.circuit(['peek', '-d', daemon.address, path]);
    // One that has gone meanwhile has none.
    if (JSON.parse(peek.stdout || '{}').Pid === daemon.pid) return path.slice(1);
  }
  throw new Error('the daemon does not list itself');
}

/** The names in a mount, once they are these. */
function lists(directory: string, names: readonly string[]): Promise<string[]> {
  const expected = [...names].sort().join();
  return eventually(
    async () => (await readdir(directory)).filter((name) => !name.startsWith('.')).sort(),
    (seen) => seen.join() === expected,
  );
}

test('a client’s mount shows the members, and .self is the one that it has dialled', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start('--no-mount');
  const b = await cluster.start('--no-mount', '-j', a.address);
  const [ofA, ofB] = [await nameOf(cluster, a), await nameOf(cluster, b)];
  const { directory, sh } = await mountAsClient(cluster, b.address);
  await lists(directory, [ofA, ofB]);
  t.is((await sh('readlink .self')).stdout, `${ofB}\n`);
  t.is(JSON.parse((await sh('cat .self/peek')).stdout).Pid, b.pid);
  t.is(JSON.parse((await sh(`cat ${ofA}/peek`)).stdout).Pid, a.pid);
  t.regex((await sh('cat .help')).stdout, /Each directory here is a member/);
  // It is no member itself.
  t.is((await cluster.circuit(['ls', '-d', a.address])).stdout.split('\n').length - 1, 2);
  const failed = await sh(`echo junk > ${ofA}/join`);
  t.not(failed.status, 0);
  t.regex((await sh(`cat ${ofA}/error`)).stdout, /a circuit address looks like/);
});

test('members that come and go appear and disappear in a client’s mount', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start('--no-mount');
  const ofA = await nameOf(cluster, a);
  const { directory, sh, start } = await mountAsClient(cluster, a.address);
  await lists(directory, [ofA]);
  const joins = await cluster.start('--no-mount');
  const ofJoins = await nameOf(cluster, joins);
  t.is((await sh(`cat ${ofJoins}/peek`)).status, 1);
  t.is((await sh(`echo "${joins.address}" > .self/join`)).status, 0);
  await lists(directory, [ofA, ofJoins]);
  t.is((await sh(`cat ${ofJoins}/peek`)).status, 0);
  const comes = await cluster.start('--no-mount', '-j', joins.address);
  const ofComes = await nameOf(cluster, comes);
  await lists(directory, [ofA, ofJoins, ofComes]);
  const inside = start('sh', '-c', `cd ${ofComes} && echo in && exec sleep 1000`);
  await inside.printed('in');
  await comes.stop();
  await lists(directory, [ofA, ofJoins]);
  t.is((await sh(`ls ${ofComes}`)).status, 2);
  t.is((await sh(`echo > ${ofJoins}/leave`)).status, 0);
  await lists(directory, [ofA]);
  inside.process.kill('SIGKILL');
});

test('channels and processes of all members work through a client’s mount', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start('--no-mount');
  const b = await cluster.start('--no-mount', '-j', a.address);
  const names = [await nameOf(cluster, a), await nameOf(cluster, b)];
  const { directory, sh, start } = await mountAsClient(cluster, a.address);
  await lists(directory, names);
  for (const name of names) {
    const made = await sh(`cd ${name}; mkdir c p; echo 0 > c/mkchan; ls c | tr '\n' ' '
      echo '{"Path":"sh","Args":["-c","tr a-z A-Z; exit 3"]}' > p/mkproc`);
    t.regex(made.stdout, /close .* recv /, made.stderr);
    const receiver = start('cat', `${name}/c/recv`);
    await blocked(receiver);
    t.is((await sh(`echo hello > ${name}/c/send`)).status, 0);
    t.is(await receiver.stdout, 'hello\n');
    const run = await sh(`cd ${name}/p; echo shout > stdin; cat stdout; cat wait >&2; cat exit`);
    t.is(run.stdout, 'SHOUT\n3\n', run.stderr);
    const interrupted = start('cat', `${name}/c/recv`);
    await blocked(interrupted);
    interrupted.process.kill('SIGINT');
    t.is(await interrupted.status, 'SIGINT');
    const scrubbed = await sh(`cd ${name}; echo > c/scrub; echo > p/scrub; rmdir c p; ls`);
    t.notRegex(scrubbed.stdout, /^[cp]$/m, scrubbed.stderr);
    t.regex((await sh(`cat ${name}/log`)).stdout, /peer=\S+ \/X[0-9a-f]{16}\/p\/scrub: ok/);
  }
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} ends a client’s mount with 0, also while it is in use`, async (t) => {
    const cluster = new Cluster(t);
    const a = await cluster.start('--no-mount');
    const { client, directory, sh, start } = await mountAsClient(cluster, a.address);
    await sh('cd .self; mkdir c; echo 0 > c/mkchan');
    const inside = start('sh', '-c', 'cd .self/c && cat recv; echo ended; exec sleep 1000');
    await eventually(
      () => cluster.run(['pgrep', '-P', String(inside.pid), 'cat']),
      ({ status }) => status === 0,
    );
    client.process.kill(signal);
    t.is(await client.status, 0);
    t.is(await client.stderr, '');
    t.false(isMounted(directory));
    await inside.printed('ended');
    inside.process.kill('SIGKILL');
  });
}

test('umount(8) ends a client’s mount with 0; what covers it is told, and the status is 1', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start('--no-mount');
  const first = await mountAsClient(cluster, a.address);
  await cluster.run(['umount', first.directory]);
  t.is(await first.client.status, 0);
  await cluster.run(['rmdir', first.directory]);
  const second = await mountAsClient(cluster, a.address);
  await cluster.run(['mount', '-t', 'tmpfs', 'none', second.directory]);
  second.client.process.kill('SIGTERM');
  t.is(await second.client.status, 1);
  t.regex(await second.client.stderr, /^circuit: another file system is mounted over it/);
});

test('when the daemon is killed, nothing hangs, the members stay listed, and Ctrl-C unmounts', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start('--no-mount');
  const name = await nameOf(cluster, a);
  const mounted = await mountAsClient(cluster, a.address);
  const { client, directory, sh, start, complained } = mounted;
  await sh('cd .self; mkdir c; echo 0 > c/mkchan');
  const waiting = start('cat', '.self/c/recv');
  await blocked(waiting);
  await a.stop('SIGKILL');
  t.is(await waiting.status, 1);
  t.regex(await waiting.stderr, /No route to host|Input\/output error/);
  await complained('cannot be reached now: the connection to 127.0.0.1:');
  await complained(' was lost; trying again\n');
  await complained('nobody listens');
  t.deepEqual(await lists(directory, [name]), [name]);
  for (const script of ['cat .self/peek', 'ls .self/c', 'mkdir .self/new', 'cat .self/log']) {
    const { status, stderr, elapsed } = await sh(script);
    t.not(status, 0);
    t.regex(stderr, /No route to host/, script);
    t.true(elapsed < AT_ONCE, script);
  }
  client.process.kill('SIGINT');
  t.is(await client.status, 0);
  t.false(isMounted(directory));
});

/** A relay to a daemon's port that can be cut and mended. */
async function relay(t: ExecutionContext, address: string) {
  const [, , authority = ''] = address.split('/');
  const port = Number(authority.split(':')[1]);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const onward = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(from);
      from.on('error', () => {}).on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  const listen = async (at: number) => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port: own } = server.address() as AddressInfo;
  const cut = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await closed;
  };
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { address: address.replace(authority, `127.0.0.1:${own}`), cut, mend: () => listen(own) };
}

test('a connection that drops and comes back: the mount heals, and shows who came meanwhile', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start('--no-mount');
  const goes = await cluster.start('--no-mount', '-j', a.address);
  const [ofA, ofGoes] = [await nameOf(cluster, a), await nameOf(cluster, goes)];
  const link = await relay(t, a.address);
  const { directory, sh, start, complained } = await mountAsClient(cluster, link.address);
  await lists(directory, [ofA, ofGoes]);
  await sh('cd .self; mkdir c; echo 1 > c/mkchan');
  const inside = start('sh', '-c', `cd ${ofA}/c && echo in && read x && cat recv`);
  await inside.printed('in');
  const bystander = await mountAsBystander(cluster, a.address);
  await link.cut();
  await complained('cannot be reached now');
  await goes.stop();
  const comes = await cluster.start('--no-mount', '-j', a.address);
  const ofComes = await nameOf(cluster, comes);
  await lists(bystander, [ofA, ofComes]);
  // As they were last known.
  await lists(directory, [ofA, ofGoes]);
  t.regex((await sh(`cat ${ofA}/peek`)).stderr, /No route to host/);
  await link.mend();
  // The next use dials by itself, without waiting for a turn.
  t.is((await sh(`cat ${ofA}/peek`)).status, 0);
  await lists(directory, [ofA, ofComes]);
  await complained('is reached again\n');
  t.is((await sh(`echo message > .self/c/send`)).status, 0);
  inside.process.stdin?.end('go\n');
  t.is(await inside.stdout, 'in\nmessage\n', await inside.stderr);
});

/** Another client's mount, whose connection stands. */
async function mountAsBystander(cluster: Cluster, address: string): Promise<string> {
  const directory = cluster.mkdir('bystander');
  const other = program(cluster.spawn([NODE, CIRCUIT, 'mount', '-d', address, directory]));
  await other.printed(directory);
  return directory;
}

test('--allow-other lets other users list a client’s mount; without it they are kept out', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start('--no-mount');
  for (const [args, status] of [
    [[], 2],
    [['--allow-other'], 0],
  ] as const) {
    const { client, directory } = await mountAsClient(cluster, a.address, ...args);
    const listed = await cluster.run(['ls', directory], { uid: NOBODY, cwd: '/' });
    t.is(listed.status, status, listed.stderr);
    const secret = await cluster.run(['cat', `${directory}/.self/addr`], { uid: NOBODY, cwd: '/' });
    t.regex(secret.stderr, /Permission denied/);
    client.process.kill('SIGTERM');
    t.is(await client.status, 0);
    await cluster.run(['rmdir', directory]);
  }
});

test('a mount that cannot be: a sentence, exit 1, and nothing is mounted', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  const { address, mountpoint } = a;
  const [empty, full] = [cluster.mkdir('empty'), cluster.mkdir('full')];
  writeFileSync(join(full, 'something'), '');
  const missing = join(cluster.directory, 'missing');
  const failing: ReadonlyArray<readonly [string, string, RegExp]> = [
    ['junk', empty, /a circuit address looks like/],
    [
      address.replace(/Q.*/, `Q${'0'.repeat(32)}`),
      empty,
      /refused us: wrong address, or it has a cluster key/,
    ],
    [address.replace(/:\d+\//, ':1/'), empty, /nobody listens on 127\.0\.0\.1:1/],
    [address, missing, /missing does not exist; make it with mkdir/],
    [address, join(full, 'something'), /something is not a directory/],
    [address, full, /full is not empty: it contains something/],
    [
      address,
      mountpoint,
      /a circuit is already mounted on .*host1; .*, or choose another directory$/m,
    ],
  ];
  for (const [dialled, directory, said] of failing) {
    const { status, stdout, stderr } = await cluster.circuit(['mount', '-d', dialled, directory]);
    t.deepEqual([status, stdout], [1, ''], stderr);
    t.regex(stderr, said);
    t.regex(stderr, /^circuit: [^\n]*\n$/);
    if (directory !== mountpoint) t.false(isMounted(directory));
  }
  t.is((await cluster.circuit(['mount', '-d', address])).status, 2);
  t.is((await cluster.run(['ls', mountpoint])).status, 0);
});

test('Ctrl-C while it still connects: nothing is mounted, exit 0', async (t) => {
  const cluster = new Cluster(t);
  const sockets: Socket[] = [];
  const deaf = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  t.teardown(() => {
    deaf.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(deaf, 'listening');
  const { port } = deaf.address() as AddressInfo;
  const directory = cluster.mkdir('client');
  const address = `circuit://127.0.0.1:${port}/1/Q${'0'.repeat(32)}`;
  const client = program(cluster.spawn([NODE, CIRCUIT, 'mount', '-d', address, directory]));
  await eventually(
    async () => sockets.length,
    (count) => count > 0,
  );
  client.process.kill('SIGINT');
  t.is(await client.status, 0);
  t.false(isMounted(directory));
  t.is(await client.stderr, '');
});
