/** Name servers, beside NSD on the same zone. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, TestDaemon } from '../../host/cluster.js';
import { residentSet } from '../../host/memory.js';
import { freePort } from '../../host/name-servers.js';
import { startNsd } from '../../host/nsd.js';
import type { Circuit } from '../circuit.js';
import { run } from '../run.js';
import { type Group, trial } from '../trial.js';

const ADDRESS = '127.0.0.1';
const ZONE = 'bench.test.';
const HOSTS = 10_000;
/** How long dnsperf asks, in seconds. */
const LOAD_S = 3;
/** After so long a daemon has collected the garbage of what was done, in milliseconds. */
const COLLECTED_MS = 4_500;
/** After so long more, V8 in Node 20 has given back the space of young objects as well. */
const SETTLED_MS = 15_500;

/** Keeps a file open, and writes each line of its standard input to it. */
const WRITE_EACH = `
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY)
for line in sys.stdin.buffer: os.write(fd, line)`;

const RECORDS: readonly string[] = [
  `${ZONE} SOA ns.${ZONE} admin.${ZONE} 1 7200 3600 1209600 300`,
  `${ZONE} NS ns.${ZONE}`,
  `ns.${ZONE} A ${ADDRESS}`,
  ...Array.from({ length: HOSTS }, (_, i) => `h${i}.${ZONE} A 10.0.${i >> 8}.${i & 255}`),
];

export function nameServerGroups(cluster: Cluster): Group[] {
  const serving = new Map<Circuit, Promise<number>>();
  let nsd: Promise<number> | undefined;
  const port = (circuit: Circuit) => {
    const made = serving.get(circuit) ?? serve(circuit, circuit.host);
    serving.set(circuit, made);
    return made;
  };
  const name = `answers over UDP, of a zone with ${HOSTS} names`;
  const more = `resident memory for a name server with ${HOSTS} names, beyond that without`;
  return [
    {
      trials: [
        trial(
          `${name}, name server element`,
          '/s',
          async (circuit) => await answers(cluster, await port(circuit)),
          '20,000/s, and 0.25 × nsd',
        ),
      ],
      yardsticks: [
        {
          row: { name: `${name}, nsd`, unit: '/s' },
          measure: async () => {
            nsd ??= serveByNsd(cluster);
            return await answers(cluster, await nsd);
          },
        },
      ],
      warmUps: 1,
    },
    {
      trials: [
        {
          rows: [
            { name: `${more}, 5 s after they were set`, unit: 'MB' },
            { name: `${more}, at rest`, unit: 'MB', goal: 'at most 30 MB' },
          ],
          measure: memory,
        },
      ],
      warmUps: 0,
      waits: true,
    },
  ];
}

/** Makes a name server on the member of a daemon; gives its port. */
async function serve(circuit: Circuit, { mountpoint }: TestDaemon): Promise<number> {
  const cwd = join(mountpoint, '.self');
  const make = `mkdir zone && echo ${ADDRESS}:0 > zone/mkdns && cat zone/addr`;
  const { stdout } = await run(circuit.cluster, ['sh', '-c', make], { cwd });
  const input = RECORDS.map((record) => `${record}\n`).join('');
  await run(circuit.cluster, ['python3', '-c', WRITE_EACH, 'zone/set'], { cwd, input });
  return Number(stdout.trim().split(':')[1]);
}

async function serveByNsd(cluster: Cluster): Promise<number> {
  const port = await freePort(ADDRESS);
  await startNsd(cluster, { zone: ZONE, records: RECORDS, address: ADDRESS, port });
  return port;
}

/** How many a second dnsperf gets, which asks for one name after the other. */
async function answers(cluster: Cluster, port: number): Promise<number> {
  const file = join(cluster.directory, 'queries');
  const queries = Array.from({ length: HOSTS }, (_, i) => `h${i}.${ZONE} A\n`);
  writeFileSync(file, queries.join(''));
  const { status } = await cluster.sh('command -v dnsperf');
  if (status !== 0) throw new Error('dnsperf is not there; test/provision.sh installs it');
  const at = ['-s', ADDRESS, '-p', String(port)];
  const { stdout } = await run(cluster, ['dnsperf', ...at, '-d', file, '-l', String(LOAD_S)]);
  if (!/Response codes: +NOERROR \d+ \(100\.00%\)/.test(stdout)) throw new Error(stdout);
  return Number(/Queries per second: +([\d.]+)/.exec(stdout)?.[1]);
}

async function memory(circuit: Circuit): Promise<number[]> {
  const daemons = [await circuit.start(), await circuit.start()] as const;
  const [serving, idle] = daemons;
  const more = () => (residentSet(serving) - residentSet(idle)) / 1_000_000;
  await serve(circuit, serving);
  await sleep(COLLECTED_MS);
  const soon = more();
  await sleep(SETTLED_MS);
  const atRest = more();
  await Promise.all(daemons.map((daemon) => daemon.stop()));
  return [soon, atRest];
}
