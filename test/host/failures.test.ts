/** One network of ten hosts, which each test leaves as it has found it. */
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { median } from '../bench/median.js';
import { AT_ONCE, CIRCUIT_ENV, Cluster } from './cluster.js';
import { changesFromNow, type Host, listed, networkOn, without } from './network.js';

/** A silence takes longer to be believed, in milliseconds; not so an end, which a host tells who asks. */
const SILENCE = 8_000;

const teardowns: (() => unknown)[] = [];
const cluster = new Cluster({ teardown: (run) => teardowns.push(run) });
test.after.always(async () => {
  for (const run of teardowns) await run();
});

let network: Awaited<ReturnType<typeof networkOn>>;
/** Who follows it all, what its log says, and what it must have been told. */
let witness: Host;
let saw: () => string[];
const joined: string[] = [];
const left: string[] = [];

test.before(async () => {
  network = await networkOn(cluster, 10);
  witness = at(0);
  saw = changesFromNow(witness.daemon);
  const made = await cluster.sh('mkdir j l && echo > j/mk@join && echo > l/mk@leave', {
    cwd: `${witness.daemon.mountpoint}/.self`,
  });
  if (made.status !== 0) throw new Error(made.stderr);
  // Those that are there.
  const read = 'for member in ../X*; do cat j/recv; done';
  await cluster.sh(read, { cwd: `${witness.daemon.mountpoint}/.self` });
});

function at(host: number): Host {
  const found = network.all[host];
  if (!found) throw new Error(`there is no host ${host}`);
  return found;
}

/** These have gone, and are back. */
function wentAndCame(...hosts: readonly Host[]): void {
  for (const { name } of hosts) {
    left.push(`/${name}`);
    joined.push(`/${name}`);
  }
}

async function elapsed(ends: Promise<unknown>): Promise<number> {
  const started = performance.now();
  await ends;
  return Math.round(performance.now() - started);
}

test.serial(
  'a host whose cable is pulled goes from all listings, and comes back by itself',
  async (t) => {
    const lost = at(9);
    const others = without(network.all, lost);
    const logs = others.map(({ daemon }) => changesFromNow(daemon));
    await network.lan.unplug(9);
    t.log(`gone after ${await elapsed(listed(others, others))} ms`);
    t.log(`alone after ${await elapsed(listed([lost], [lost]))} ms more`);
    await network.lan.plug(9);
    t.log(`back after ${await elapsed(listed(network.all, network.all))} ms`);
    for (const log of logs) t.deepEqual(log(), [`${lost.name} failed`, `${lost.name} joined`]);
    wentAndCame(lost);
  },
);

test.serial(
  'a daemon that is frozen goes from all listings, and thawed comes back by itself',
  async (t) => {
    const frozen = at(8);
    const others = without(network.all, frozen);
    const believes = changesFromNow(frozen.daemon);
    frozen.daemon.process.kill('SIGSTOP');
    t.log(`gone after ${await elapsed(listed(others, others))} ms`);
    frozen.daemon.process.kill('SIGCONT');
    t.log(`back after ${await elapsed(listed(network.all, network.all))} ms`);
    wentAndCame(frozen);
    // It has slept, not the others.
    t.deepEqual(believes(), []);
  },
);

test.serial('while three of ten are frozen, ls and circuit ls answer at once', async (t) => {
  const frozen = [at(5), at(6), at(7)];
  const others = without(network.all, ...frozen);
  for (const { daemon } of frozen) daemon.process.kill('SIGSTOP');
  const gone = listed(others, others);
  let going = true;
  gone.finally(() => {
    going = false;
  });
  t.teardown(() => {
    for (const { daemon } of frozen) daemon.process.kill('SIGCONT');
  });
  const times = { ls: [] as number[], circuit: [] as number[], version: [] as number[] };
  const netns = network.lan.hosts[1] ?? '';
  const { NODE, CIRCUIT } = CIRCUIT_ENV;
  while (going) {
    const ls = await cluster.run(['ls', at(1).daemon.mountpoint]);
    t.is(ls.status, 0, ls.stderr);
    times.ls.push(ls.elapsed);
    const enter = ['nsenter', `--net=/run/netns/${netns}`];
    const circuit = await cluster.run([...enter, NODE, CIRCUIT, 'ls', '-d', at(1).daemon.address]);
    t.is(circuit.status, 0, circuit.stderr);
    times.circuit.push(circuit.elapsed);
    times.version.push((await cluster.run([...enter, NODE, CIRCUIT, '--version'])).elapsed);
    await delay(100);
  }
  await gone;
  for (const { daemon } of frozen) daemon.process.kill('SIGCONT');
  await listed(network.all, network.all);
  wentAndCame(...frozen);
  const rounded = (values: number[]) => Math.round(median(values));
  const [ls, circuit] = [rounded(times.ls), rounded(times.circuit)];
  const version = rounded(times.version);
  t.log(`ls ${ls} ms; circuit ls ${circuit} ms, and circuit --version ${version} ms`);
  // What waited for a frozen daemon would take 5 s each time. A command's own start takes
  // seconds, too, on a busy machine: so it is compared to one that asks nobody.
  t.true(ls < AT_ONCE);
  t.true(circuit < version + AT_ONCE);
});

test.serial(
  'one that leaves goes from all listings at once, as one that left, and can come again',
  async (t) => {
    const leaver = at(4);
    const others = without(network.all, leaver);
    const logs = others.map(({ daemon }) => changesFromNow(daemon));
    const self = `${leaver.daemon.mountpoint}/.self`;
    const own = changesFromNow(leaver.daemon);
    t.is((await cluster.sh(`echo > ${self}/leave`)).status, 0);
    // It is not the others who go.
    t.deepEqual(own(), []);
    t.regex(leaver.daemon.log(), / - left the network of 10 members$/m);
    t.deepEqual(
      await cluster.sh(`ls ${leaver.daemon.mountpoint}`).then(({ stdout }) => stdout),
      `${leaver.name}\n`,
    );
    t.log(`gone after ${await elapsed(listed(others, others))} ms`);
    const join = await cluster.sh(`echo ${at(3).daemon.address} > ${self}/join`);
    t.is(join.status, 0, join.stderr);
    await listed(network.all, network.all);
    for (const log of logs) t.deepEqual(log(), [`${leaver.name} left`, `${leaver.name} joined`]);
    wentAndCame(leaver);
  },
);

for (const [signal, how] of [
  ['SIGTERM', 'left'],
  ['SIGKILL', 'failed'],
] as const) {
  test.serial(`after ${signal} a daemon goes from all listings, as one that ${how}`, async (t) => {
    const ending = at(3);
    const others = without(network.all, ending);
    const logs = others.map(({ daemon }) => changesFromNow(daemon));
    const ended = Date.now();
    ending.daemon.process.kill(signal);
    t.log(`gone after ${await elapsed(listed(others, others))} ms`);
    for (const { daemon } of others) {
      const heard = daemon.loggedAt(new RegExp(` - ${ending.name} ${how}$`));
      t.true(heard - ended < SILENCE, `heard after ${heard - ended} ms`);
    }
    for (const log of logs) t.deepEqual(log(), [`${ending.name} ${how}`]);
    await ending.daemon.ended;
    // The next daemon on its host.
    const again = await network.start(3, '-j', at(7).daemon.address);
    network.all.splice(3, 1, again);
    await listed(network.all, network.all);
    left.push(`/${ending.name}`);
    joined.push(`/${again.name}`);
  });
}

test.serial(
  'of all this mk@join and mk@leave have told each event once, in the order of the log',
  async (t) => {
    for (const [kind, change, expected] of [
      ['j', / joined$/, joined],
      ['l', / (left|failed)$/, left],
    ] as const) {
      const self = `${witness.daemon.mountpoint}/.self/${kind}`;
      t.is(JSON.parse((await cluster.sh(`cat ${self}/peek`)).stdout).Pending, expected.length);
      const read = await cluster.sh(`for i in ${expected.join(' ')}; do cat ${self}/recv; done`);
      const told = read.stdout.trim().split('\n');
      t.deepEqual(
        told,
        saw().flatMap((line) => (change.test(line) ? [`/${line.split(' ')[0]}`] : [])),
      );
      t.deepEqual(told.sort(), expected.sort());
    }
  },
);
