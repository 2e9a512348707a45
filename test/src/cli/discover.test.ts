import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { CIRCUIT_ENV, Cluster, collect, exitOf, NOBODY } from '../../host/cluster.js';
import { circuitIn, newGroup } from '../../host/multicast.js';

/** A host of its own, with loopback alone, so that a command speaks to nobody else. */
async function host(cluster: Cluster, ...options: string[]) {
  const netns = await cluster.namespace();
  const { text } = newGroup();
  const start = (...args: string[]) => cluster.startWith({ netns }, '--no-mount', ...args);
  const daemon = await start('--discover', text, ...options);
  const run = (args: readonly string[], env?: NodeJS.ProcessEnv) =>
    circuitIn(cluster, netns, args, env);
  const { stdout } = await run(['ls', '-d', daemon.address, ...options]);
  return { netns, group: text, start, daemon, run, name: stdout };
}

test('a command finds a daemon by --discover, and by $CIRCUIT_DISCOVER', async (t) => {
  const cluster = new Cluster(t);
  const { group, run, name } = await host(cluster);
  t.regex(name, /^\/X[0-9a-f]{16}\n$/);
  const option = await run(['ls', '--discover', group]);
  t.deepEqual([option.stdout, option.stderr, option.status], [name, '', 0]);
  const variable = await run(['ls'], { CIRCUIT_DISCOVER: group });
  t.deepEqual([variable.stdout, variable.stderr, variable.status], [name, '', 0]);
  const peek = await run(['peek', '--discover', group, name.trim()]);
  t.is(JSON.parse(peek.stdout).Name, name.trim().slice(1));
  const mkchan = await run(['mkchan', '--discover', group, `${name.trim()}/c`, '1']);
  t.is(mkchan.status, 0, mkchan.stderr);
});

test('-d goes before $CIRCUIT, that before discovery, and that before the address file', async (t) => {
  const cluster = new Cluster(t);
  const { netns, group, start, run, name } = await host(cluster);
  const other = await start();
  const named = (await run(['ls', '-d', other.address])).stdout;
  t.not(named, name);
  const file = join(cluster.directory, 'address');
  writeFileSync(file, `${other.address}\n`);
  const both = { CIRCUIT: file, CIRCUIT_DISCOVER: group };
  t.is((await run(['ls', '-d', other.address], { CIRCUIT_DISCOVER: group })).stdout, named);
  t.is((await run(['ls', '--discover', group], both)).stdout, named);
  t.is((await run(['ls'], both)).stdout, named);
  // An unprivileged user's address file is where he says.
  const runtime = cluster.mkdir('runtime', 0o777);
  const user = `setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups`;
  const script = `mkdir $XDG_RUNTIME_DIR/circuit && cp address $XDG_RUNTIME_DIR/circuit &&
    chown -R ${NOBODY} $XDG_RUNTIME_DIR && cd / &&
    nsenter --net=/run/netns/${netns} ${user} "$NODE" "$PROGRAM" ls &&
    CIRCUIT_DISCOVER=${group} nsenter --net=/run/netns/${netns} ${user} "$NODE" "$PROGRAM" ls`;
  const { NODE, CIRCUIT } = CIRCUIT_ENV;
  const env = { XDG_RUNTIME_DIR: runtime, NODE, PROGRAM: CIRCUIT };
  const files = await cluster.sh(script, { env });
  t.is(files.stdout, `${named}${name}`, files.stderr);
});

test('where nobody answers, a sentence names the group after 2 s, and the status is 1', async (t) => {
  const cluster = new Cluster(t);
  const { run } = await host(cluster);
  const { text } = newGroup();
  const { status, stderr, elapsed } = await run(['ls', '--discover', text]);
  t.is(status, 1);
  t.true(stderr.startsWith(`circuit: no daemon answered on ${text} within 2 s`), stderr);
  t.is(stderr.split('\n').length, 2);
  t.true(elapsed > 1_900, `${elapsed} ms`);
});

test('with a cluster key, only a command that has it is answered', async (t) => {
  const cluster = new Cluster(t);
  const key = (name: string) => join(cluster.directory, name);
  for (const name of ['key1', 'key2']) {
    writeFileSync(key(name), (await cluster.circuit(['keygen'])).stdout);
  }
  const { group, run, name, daemon } = await host(cluster, '--hmac', key('key1'));
  const right = await run(['ls', '--discover', group, '--hmac', key('key1')]);
  t.is(right.stdout, name, right.stderr);
  for (const wrong of [[], ['--hmac', key('key2')]]) {
    const result = await run(['ls', '--discover', group, ...wrong]);
    t.is(result.status, 1);
    t.regex(result.stderr, /no daemon answered on/);
  }
  t.regex(daemon.log(), /it has no cluster key/);
  t.regex(daemon.log(), /it has another cluster key/);
});

test('one that answers and cannot be reached leaves it to the next', async (t) => {
  const cluster = new Cluster(t);
  const { group, start, run } = await host(cluster);
  // It says that it listens where nobody does; the true one answers as well.
  const lost = await start('--discover', group, '--advertise', '127.0.0.1:1');
  for (let i = 0; i < 3; i += 1) {
    const { status, stderr } = await run(['ls', '--discover', group]);
    t.is(status, 0, stderr);
  }
  await lost.stop();
});

test('a group that is none is a sentence, and the status is 1', async (t) => {
  const cluster = new Cluster(t);
  const { run } = await host(cluster);
  const wrong = [
    ['10.0.0.1:8822', /^circuit: 10\.0\.0\.1 is not a multicast address/],
    ['228.8.8.8', /^circuit: 228\.8\.8\.8 is not GROUP:PORT/],
    ['228.8.8.8:0', /a group has a port/],
    ['[ff02::8822]:8822', /^circuit: no multicast: no interface has an IPv6 link-local/],
  ] as const;
  for (const [group, sentence] of wrong) {
    const { status, stderr } = await run(['ls', '--discover', group]);
    t.is(status, 1);
    t.regex(stderr, sentence);
  }
  t.is((await run(['ls', '--discover'])).status, 2);
});

test('circuit mount finds a daemon by --discover; SIGINT ends it, also while it looks for one', async (t) => {
  const cluster = new Cluster(t);
  const { netns, group, name } = await host(cluster);
  const dir = cluster.mkdir('mnt');
  const { NODE, CIRCUIT } = CIRCUIT_ENV;
  const inside = (...argv: string[]) =>
    cluster.spawn(['nsenter', `--net=/run/netns/${netns}`, ...argv]);
  const found = inside(NODE, CIRCUIT, 'mount', dir, '--discover', group);
  const ended = exitOf(found);
  if (found.stdout) await once(found.stdout, 'data');
  t.deepEqual(
    readdirSync(dir).filter((entry) => entry.startsWith('X')),
    [name.trim().slice(1)],
  );
  found.kill('SIGINT');
  t.is(await ended, 0);
  const { port, address, text } = newGroup();
  // It looks for two seconds: who interrupts it must be the one who hears it ask.
  const script = `import signal, socket, subprocess, sys
group = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
group.bind(("${address}", ${port}))
lo = socket.inet_aton("${address}") + socket.inet_aton("127.0.0.1")
group.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, lo)
looking = subprocess.Popen(sys.argv[1:])
group.recv(1)
looking.send_signal(signal.SIGINT)
status = looking.wait()
print(status)`;
  const argv = [NODE, CIRCUIT, 'mount', dir, '--discover', text];
  const listener = inside('python3', '-c', script, ...argv);
  // One that had gone on to look would have failed.
  t.is(await collect(listener.stdout), '0\n');
});
