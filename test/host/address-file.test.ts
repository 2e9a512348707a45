import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Cluster, eventually, NOBODY, type TestDaemon } from './cluster.js';

/** A host whose user has an address file of their own. */
function host(t: ExecutionContext) {
  const cluster = new Cluster(t);
  const runtime = cluster.mkdir('run', 0o777);
  const env = { PATH: process.env.PATH, XDG_RUNTIME_DIR: runtime };
  const options = { uid: NOBODY, env, cwd: '/' };
  const file = join(runtime, 'circuit/address');
  return {
    cluster,
    file,
    /** Starts a daemon there. */
    launch: async (...args: string[]) => {
      const daemon = cluster.launch(['--no-mount', ...args], options);
      await daemon.ready;
      return daemon;
    },
    circuit: (...args: string[]) => cluster.circuit(args, options),
    /** Whose address is in the file. */
    holder: () => (existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined),
    files: () => readdirSync(join(runtime, 'circuit')),
  };
}

const TAKEN = /address has the address of this daemon now$/m;

test('the address file: the first daemon writes it, mode 0600, and takes it away', async (t) => {
  const { cluster, file, launch, circuit, holder, files } = host(t);
  const first = await launch();
  const second = await launch();
  t.is(readFileSync(file, 'utf8'), `${first.address}\n`);
  t.is((await cluster.run(['stat', '-c', '%a', file])).stdout, '600\n');
  t.regex(second.log(), /has the address of another daemon; this one takes it over when/);
  const ls = await circuit('ls');
  t.is(ls.status, 0, ls.stderr);
  await second.stop();
  t.is(holder(), first.address);
  // One that is frozen keeps it.
  first.process.kill('SIGSTOP');
  const beside = await launch();
  await beside.stop();
  t.is(holder(), first.address);
  // What a killed daemon left is taken over by the next one, also on the same port.
  await first.stop('SIGKILL');
  t.is(holder(), first.address);
  const third = await launch('-a', first.address.split('/')[2] ?? '');
  t.is(holder(), third.address);
  await third.stop();
  t.deepEqual(files(), []);
  const none = await circuit('ls');
  t.is(none.status, 1);
  t.regex(none.stderr, /^circuit: no daemon has left its address in .*\n$/);
});

test('commands of this host need no --hmac for a daemon with a cluster key', async (t) => {
  const { cluster, launch, circuit, files } = host(t);
  const key = join(cluster.directory, 'cluster.key');
  writeFileSync(key, (await cluster.circuit(['keygen'])).stdout, { mode: 0o644 });
  const first = await launch('--hmac', key);
  t.is((await circuit('ls')).stdout, (await circuit('ls', '--hmac', key)).stdout);
  t.is((await circuit('ls', '/.self')).status, 0);
  const named = await circuit('ls', '-d', first.address);
  t.regex(named.stderr, /refused us: wrong address, or it has a cluster key \(--hmac FILE\)\n$/);
  t.deepEqual(files(), ['address', 'key']);
  // The link of a daemon that was killed says nothing of the next one.
  await first.stop('SIGKILL');
  const second = await launch();
  t.deepEqual(files(), ['address']);
  t.is((await circuit('ls')).status, 0);
  await second.stop();
});

test('the address file passes to another daemon of this host when its holder ends, in order or killed', async (t) => {
  const { launch, circuit, holder, files } = host(t);
  let running = [await launch(), await launch(), await launch()];
  const [first] = running as [TestDaemon];
  t.is(holder(), first.address);
  for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM'] as const) {
    const [ending] = running.filter(({ address }) => address === holder());
    await ending?.stop(signal);
    running = running.filter((daemon) => daemon !== ending);
    if (running.length === 0) break;
    const taker = await eventually(
      async () => running.filter(({ address }) => address === holder()),
      ({ length }) => length === 1,
    );
    t.regex(taker[0]?.log() ?? '', TAKEN);
    const others = running.filter((daemon) => daemon !== taker[0]);
    for (const other of others) t.notRegex(other.log(), TAKEN);
    const ls = await circuit('ls');
    t.is(ls.status, 0, ls.stderr);
    t.deepEqual(files(), ['address']);
  }
  t.deepEqual(files(), []);
});

/** In milliseconds: "at once" is before the next look, "a few seconds" is well after it. */
const AT_ONCE = 1_000;
const A_FEW_SECONDS = 5_000;

test('the address file passes on at once where its holder ends in order, within a few seconds where it is killed', async (t) => {
  const { launch, holder } = host(t);
  const first = await launch();
  // Its next look is almost two seconds away.
  const second = await launch();
  await first.stop();
  await eventually(
    async () => second.log(),
    (log) => TAKEN.test(log),
  );
  t.is(holder(), second.address);
  t.true(second.loggedAt(TAKEN) - first.loggedAt(/ ended$/) < AT_ONCE, second.log());
  const third = await launch();
  const killed = Date.now();
  await second.stop('SIGKILL');
  await eventually(
    async () => third.log(),
    (log) => TAKEN.test(log),
  );
  t.is(holder(), third.address);
  t.true(third.loggedAt(TAKEN) - killed < A_FEW_SECONDS, third.log());
});

test('an address file that somebody removes comes back, and goes with its daemon', async (t) => {
  const { file, launch, holder, files } = host(t);
  const daemon = await launch();
  rmSync(file);
  await eventually(
    async () => holder(),
    (address) => address === daemon.address,
  );
  await daemon.stop();
  t.deepEqual(files(), []);
});

test('a daemon that cannot leave its address says why in its log', async (t) => {
  const { cluster, file, launch } = host(t);
  const env = { PATH: process.env.PATH };
  const nowhere = cluster.launch(['--no-mount'], { uid: NOBODY, env, cwd: '/' });
  await nowhere.ready;
  t.regex(nowhere.log(), /no address left for commands: XDG_RUNTIME_DIR is not set; give them -d/);
  // The directory in which it is to be is a file.
  await cluster.sh(`echo > "${join(file, '..')}"`);
  const daemon = await launch();
  t.regex(daemon.log(), /no address left for commands: E[A-Z]+: .*; trying again$/m);
  rmSync(join(file, '..'));
  await eventually(
    async () => daemon.log(),
    (log) => TAKEN.test(log),
  );
  t.is(readFileSync(file, 'utf8'), `${daemon.address}\n`);
});
