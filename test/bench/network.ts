/** The network as its users wait for it, on hosts of their own, and what it costs at rest. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, TestDaemon } from '../host/cluster.js';
import type { Lan } from '../host/lan.js';
import { Asked, agree, listed, networkOn } from '../host/network.js';
import { median } from './median.js';

export interface Row {
  readonly what: string;
  readonly measured: string;
  readonly goal?: string;
}

const HOSTS = 10;
const MANY = 50;
/** How many of the ten are killed, one after the other. */
const KILLS = 5;
/** Connections that nobody holds close after a minute: by then it rests. In milliseconds. */
const SETTLED = 70_000;
const REST = 60_000;
/** By then it has not only taken long. */
const LIMIT = 60_000;

/** @param cluster One in which nothing else runs. */
export async function networkFigures(cluster: Cluster): Promise<Row[]> {
  const { lan, all, launched, printed, agreed } = await networkOn(cluster, HOSTS);
  const rows: Row[] = [
    {
      what: `${HOSTS} hosts started at once with one contact: all list all`,
      measured: took(agreed - launched, agreed - printed),
      goal: '2 s',
    },
    { what: `… at rest, each sends and receives`, ...(await atRest(cluster, lan)) },
  ];
  const times: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const victim = all.shift();
    victim?.daemon.process.kill('SIGKILL');
    const killed = performance.now();
    await listed(all, all, LIMIT);
    times.push(performance.now() - killed);
  }
  rows.push({
    what: '… SIGKILL of one until it is gone from all listings',
    measured: `${median(times).toFixed(0)} ms, at most ${Math.max(...times).toFixed(0)} ms`,
    goal: 'under 1 s',
  });
  await Promise.all(all.map(({ daemon }) => daemon.stop()));
  rows.push({
    what: `${MANY} daemons started at once with one contact: all list all`,
    measured: await startedAtOnce(cluster),
    goal: '10 s',
  });
  return rows;
}

/** On the wire, Ethernet's headers included. */
async function atRest(cluster: Cluster, lan: Lan): Promise<Pick<Row, 'measured' | 'goal'>> {
  const bytes = () => Promise.all(lan.hosts.map((host) => bytesOf(cluster, host)));
  await sleep(SETTLED);
  const before = await bytes();
  await sleep(REST);
  const after = await bytes();
  const rates = after.map((count, i) => (count - (before[i] ?? 0)) / (REST / 1_000));
  return {
    measured: `${median(rates).toFixed(0)} bytes/s, at most ${Math.max(...rates).toFixed(0)}`,
    goal: 'under 2 kB/s',
  };
}

/** What a host has received and sent so far; proc(5), /proc/net/dev. */
async function bytesOf(cluster: Cluster, host: string): Promise<number> {
  const { stdout } = await cluster.sh(`nsenter --net=/run/netns/${host} cat /proc/net/dev`);
  const [, fields = ''] = /^\s*eth0:\s*(.*)$/m.exec(stdout) ?? [];
  const RECEIVED = 0;
  const SENT = 8;
  const counts = fields.split(/\s+/).map(Number);
  return (counts[RECEIVED] ?? Number.NaN) + (counts[SENT] ?? Number.NaN);
}

async function startedAtOnce(cluster: Cluster): Promise<string> {
  const contact = await cluster.start('--no-mount');
  const launched = Date.now();
  const rest = Array.from({ length: MANY - 1 }, () =>
    cluster.launch(['--no-mount', '-j', contact.address]),
  );
  const starts = await Promise.allSettled(rest.map(({ ready }) => ready));
  const printed = Date.now();
  const running = rest.filter((_, i) => starts[i]?.status === 'fulfilled');
  const all = await Promise.all([contact, ...running].map(Asked.of));
  await agree(all, LIMIT);
  // To ask fifty of them takes a while on a busy machine; their logs tell when it came about.
  const agreed = Math.max(...all.map(({ daemon }) => lastJoin(daemon)));
  const refused = rest.length - running.length;
  const less = refused > 0 ? `; ${refused} were not answered and did not start` : '';
  for (const one of all) await one[Symbol.asyncDispose]();
  await Promise.all(all.map(({ daemon }) => daemon.stop()));
  return took(agreed - launched, agreed - printed) + less;
}

/** When a daemon learnt of the last member that joined, in milliseconds since the epoch. */
function lastJoin(daemon: TestDaemon): number {
  const lines = daemon.log().matchAll(/^(\S+) - X[0-9a-f]{16} joined$/gm);
  return Math.max(...[...lines].map(([, time = '']) => Date.parse(time)));
}

function took(sinceLaunch: number, sincePrinted: number): string {
  const seconds = (milliseconds: number) => (milliseconds / 1_000).toFixed(1);
  return `${seconds(sinceLaunch)} s, ${seconds(sincePrinted)} s after the last address`;
}
