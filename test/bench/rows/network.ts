/** The network as its users wait for it, and what it costs at rest. The times are those of the logs. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, eventually, type TestDaemon } from '../../host/cluster.js';
import { addressOf, Lan } from '../../host/lan.js';
import type { Circuit } from '../circuit.js';
import { median } from '../median.js';
import { run } from '../run.js';
import { type Group, trial } from '../trial.js';

const FEW = 10;
const MANY = 50;
/** How many of the few are killed, one after the other. */
const KILLS = 2;
const JOINS = 10;
/** Connections that nobody holds close after a minute: by then it rests. In milliseconds. */
const SETTLED_MS = 70_000;
const REST_MS = 60_000;

export function networkGroups(cluster: Cluster): Group[] {
  return [
    { trials: [trial('write of an address to join', 'ms', joinTime)], warmUps: 1 },
    {
      trials: [
        {
          rows: [
            {
              name: `${FEW} daemons started at once with one contact: all list all`,
              unit: 's',
              goal: '2 s',
            },
            {
              name: 'SIGKILL of one of them until it is gone from all listings',
              unit: 'ms',
              goal: 'under 1 s',
            },
          ],
          measure: startAndKill,
        },
      ],
      warmUps: 0,
    },
    {
      trials: [
        trial(
          `${MANY} daemons started at once with one contact: all list all`,
          's',
          async (circuit) => {
            const { daemons, took } = await startedAtOnce(circuit, MANY);
            await stop(daemons);
            return took / 1000;
          },
          '10 s',
        ),
      ],
      warmUps: 0,
      slow: true,
    },
    {
      trials: [
        trial(
          `${FEW} hosts at rest, each sends and receives`,
          'bytes/s',
          (circuit) => bytesAtRest(cluster, circuit),
          'under 2 kB/s',
        ),
      ],
      warmUps: 0,
      slow: true,
      waits: true,
    },
  ];
}

/** The third daemon leaves, and joins the two others again. */
async function joinTime({ daemons: [host, , third] }: Circuit): Promise<number> {
  const file = (name: string) => join(third.mountpoint, '.self', name);
  const times: number[] = [];
  for (let i = 0; i < JOINS; i += 1) {
    await writeFile(file('leave'), '\n');
    const started = performance.now();
    await writeFile(file('join'), `${host.address}\n`);
    times.push(performance.now() - started);
  }
  return median(times);
}

async function startAndKill(circuit: Circuit): Promise<number[]> {
  const { daemons, took } = await startedAtOnce(circuit, FEW);
  const times: number[] = [];
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const victim = daemons.shift();
    const killed = Date.now();
    await victim?.stop('SIGKILL');
    times.push((await logged(daemons, 'failed', kill)) - killed);
  }
  await stop(daemons);
  return [took / 1000, median(times)];
}

/** Also gives how long it took until each had heard of all others, in milliseconds. */
async function startedAtOnce(circuit: Circuit, count: number) {
  const contact = await circuit.start('--no-mount');
  const launched = Date.now();
  const rest = Array.from({ length: count - 1 }, () =>
    circuit.launch(['--no-mount', '-j', contact.address]),
  );
  const daemons = [contact, ...rest];
  await Promise.all(daemons.map(({ ready }) => ready));
  return { daemons, took: (await logged(daemons, 'joined', count - 1)) - launched };
}

/**
 * Waits until the log of each tells of `count` members that they `joined` or `failed`; gives when
 * the last of them wrote so, in milliseconds since the epoch. To ask so many what they list takes a
 * while on a busy machine; their logs tell when it came about.
 */
async function logged(daemons: readonly TestDaemon[], what: string, count: number) {
  const line = new RegExp(`^(\\S+) - (X[0-9a-f]{16}) ${what}$`, 'gm');
  const found = (daemon: TestDaemon) => [...daemon.log().matchAll(line)];
  const names = (daemon: TestDaemon) => new Set(found(daemon).map(([, , name]) => name)).size;
  await eventually(
    async () => daemons.map(names),
    (counts) => counts.every((known) => known >= count),
  );
  const last = daemons.map((daemon) => Date.parse(found(daemon).at(-1)?.[1] ?? ''));
  return Math.max(...last);
}

async function stop(daemons: readonly TestDaemon[]): Promise<void> {
  await Promise.all(daemons.map((daemon) => daemon.stop()));
}

/** On the wire, Ethernet's headers included. */
async function bytesAtRest(cluster: Cluster, circuit: Circuit): Promise<number> {
  const lan = await Lan.of(cluster, FEW);
  const start = async (host: number, ...args: readonly string[]) => {
    const netns = lan.hosts[host] ?? '';
    const daemon = circuit.launch(['--no-mount', '-a', `${addressOf(host)}:0`, ...args], { netns });
    await daemon.ready;
    return daemon;
  };
  const first = await start(0);
  const others = await Promise.all(
    Array.from({ length: FEW - 1 }, (_, i) => start(i + 1, '-j', first.address)),
  );
  const bytes = () => Promise.all(lan.hosts.map((host) => bytesOf(cluster, host)));
  await sleep(SETTLED_MS);
  const before = await bytes();
  await sleep(REST_MS);
  const after = await bytes();
  await stop([first, ...others]);
  return median(after.map((count, i) => (count - (before[i] ?? 0)) / (REST_MS / 1_000)));
}

/** What a host has received and sent so far; proc(5), /proc/net/dev. */
async function bytesOf(cluster: Cluster, host: string): Promise<number> {
  const argv = ['nsenter', `--net=/run/netns/${host}`, 'cat', '/proc/net/dev'];
  const { stdout } = await run(cluster, argv);
  const [, fields = ''] = /^\s*eth0:\s*(.*)$/m.exec(stdout) ?? [];
  const RECEIVED = 0;
  const SENT = 8;
  const counts = fields.split(/\s+/).map(Number);
  return (counts[RECEIVED] ?? Number.NaN) + (counts[SENT] ?? Number.NaN);
}
