import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { CIRCUIT_ENV, Cluster, eventually, type TestDaemon } from './cluster.js';
import { addressOf, Lan } from './lan.js';

const HOSTS = 7;
/** One with an A record, and one with an SRV record: the names of the first two hosts. */
const CONTACTS = ['one.test', 'two.test'];
const ZONE = {
  'one.test': { addresses: [addressOf(0)] },
  '_circuit._tcp.two.test': { services: [[0, 0, 11022, 'host2.test']] },
  'host2.test': { addresses: [addressOf(1)] },
};

/** The promises: from when the last daemon listens until it and all others know all, in milliseconds. */
const AFTER_THE_LAST_START = 3_000;
const AFTER_A_POWER_CUT = 5_000;

const NAME_SERVER = join(import.meta.dirname, '../name-server.js');

/** Hosts with names of their own, with a cluster key, and a name server on their network. */
async function sevenHosts(t: ExecutionContext) {
  const cluster = new Cluster(t);
  const lan = await Lan.of(cluster, HOSTS + 1);
  await cluster.sh('umask 077; "$NODE" "$CIRCUIT" keygen > key', { env: CIRCUIT_ENV });
  const resolver = addressOf(HOSTS);
  const script = `
    import { NameServer } from ${JSON.stringify(NAME_SERVER)};
    const zone = JSON.parse(process.argv[1]);
    await NameServer.listen(() => zone, process.argv[2], 53);
    console.log('listens');`;
  const enter = ['nsenter', `--net=/run/netns/${lan.hosts[HOSTS]}`];
  const node = [process.execPath, '--input-type=module', '-e', script];
  const served = cluster.spawn([...enter, ...node, JSON.stringify(ZONE), resolver]);
  if (served.stdout) await once(served.stdout, 'data');
  const resolvConf = join(cluster.directory, 'resolv.conf');
  writeFileSync(resolvConf, `nameserver ${resolver}\n`);
  return {
    /** Resolves when each has written down all others, which takes up to a second after a change. */
    kept: () => {
      const files = ALL.map((host) => join(cluster.directory, `var${host}/members`));
      return eventually(
        async () => files.map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : '')),
        (texts) => texts.every((text) => text.split('\n').length === HOSTS),
      );
    },
    start: (host: number, ...contacts: readonly string[]) => {
      const directory = ['--var', join(cluster.directory, `var${host}`), '--no-mount'];
      const where = ['-a', `${addressOf(host)}:11022`, '--hmac', join(cluster.directory, 'key')];
      const toJoin = contacts.length > 0 ? ['-j', ...contacts] : [];
      return cluster.launch([...directory, ...where, ...toJoin], {
        netns: lan.hosts[host] ?? '',
        hostname: `host${host + 1}`,
        resolvConf,
      });
    },
  };
}

/**
 * Waits until each daemon has logged that all others joined; gives the names of all, and how long that
 * took since the last of them listened, in milliseconds, by the clocks of their logs.
 */
async function becomeOne(daemons: readonly TestDaemon[]) {
  const joined = await eventually(
    async () => daemons.map((daemon) => daemon.log().match(/ - X[0-9a-f]{16} joined$/gm) ?? []),
    (all) => all.every((lines) => new Set(lines).size === daemons.length - 1),
  );
  const times = joined.flatMap((_, i) => {
    const lines = daemons[i]?.log().split('\n') ?? [];
    return lines.filter((line) => / - X[0-9a-f]{16} joined$/.test(line)).map(timeOf);
  });
  const starts = daemons.map((daemon) => daemon.loggedAt(/ listens on /));
  const names = daemons.map(nameOf);
  return { names, took: Math.max(...times) - Math.max(...starts) };
}

function timeOf(line: string): number {
  return Date.parse(line.split(' ')[0] ?? '');
}

function nameOf(daemon: TestDaemon): string {
  return /(X[0-9a-f]{16}) listens on/.exec(daemon.log())?.[1] ?? '';
}

function shuffled(hosts: readonly number[], seed: number): number[] {
  let state = seed;
  const random = () => {
    // Numerical Recipes' linear congruential generator.
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
  return hosts
    .map((host) => [random(), host] as const)
    .sort(([a], [b]) => a - b)
    .map(([, host]) => host);
}

const ALL = Array.from({ length: HOSTS }, (_, host) => host);

test('seven hosts with a key and two names of contacts are one network 3 s after the last start, in any order; all killed at once, 5 s after', async (t) => {
  const { start, kept } = await sevenHosts(t);
  const seed = Math.floor(Math.random() * 2 ** 32);
  t.log(`seed ${seed}`);
  let daemons: TestDaemon[] = [];
  for (const host of shuffled(ALL, seed)) {
    daemons[host] = start(host, ...CONTACTS);
    await daemons[host]?.until(listening(daemons[host]));
  }
  const first = await becomeOne(daemons);
  t.log(`one network ${first.took} ms after the last start`);
  t.true(first.took < AFTER_THE_LAST_START);

  await kept();
  await killAll(daemons);
  daemons = ALL.map((host) => start(host, ...CONTACTS));
  const second = await becomeOne(daemons);
  t.log(`one network again after ${second.took} ms`);
  t.true(second.took < AFTER_A_POWER_CUT);
  t.deepEqual(second.names, first.names);

  // Without the contacts, and without anybody who knows their names.
  await kept();
  await killAll(daemons);
  const rest = ALL.slice(2);
  daemons = rest.map((host) => start(host));
  const third = await becomeOne(daemons);
  t.log(`without the contacts after ${third.took} ms`);
  t.true(third.took < AFTER_A_POWER_CUT);
  t.deepEqual(third.names, first.names.slice(2));
});

test('hosts that wait for their contacts are one network 3 s after these have started', async (t) => {
  const { start } = await sevenHosts(t);
  const rest = ALL.slice(2).map((host) => start(host, ...CONTACTS));
  for (const daemon of rest) await daemon.until(listening(daemon));
  await delay(3_000);
  const contacts = [0, 1].map((host) => start(host, ...CONTACTS));
  const { took } = await becomeOne([...contacts, ...rest]);
  t.log(`one network after ${took} ms`);
  t.true(took < AFTER_THE_LAST_START);
  for (const daemon of rest) {
    t.is(daemon.log().match(/is not joined yet/g)?.length, CONTACTS.length, daemon.log());
  }
});

async function listening(daemon: TestDaemon | undefined): Promise<void> {
  await eventually(
    async () => daemon?.log() ?? '',
    (log) => / listens on /.test(log),
  );
}

async function killAll(daemons: readonly TestDaemon[]): Promise<void> {
  await Promise.all(daemons.map((daemon) => daemon.stop('SIGKILL')));
}
