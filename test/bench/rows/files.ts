/** System calls and small programs on the mount, beside fuse-native's hello world and plain files. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../../host/cluster.js';
import type { Circuit, Where } from '../circuit.js';
import { Figures, programArgv } from '../figures.js';
import { ON_ONE } from '../one-processor.js';
import { run } from '../run.js';
import { type Group, type Trial, trial, type Yardstick } from '../trial.js';

/** How often ls(1) runs in one measurement. */
const LISTINGS = 20;

export function fileGroups(cluster: Cluster): Group[] {
  const hello = once(() => mountHello(cluster));
  const plain = once(() => plainFiles(cluster));
  const machine = once(() => Figures.start(cluster, [...ON_ONE, ...programArgv('syscalls.js')]));
  const on = (operation: string, what = operation) => ({
    of: (name: string, path: (circuit: Circuit) => string, goal?: string): Trial =>
      trial(name, 'µs', (circuit) => circuit.syscall(operation, path(circuit)), goal),
    fuseNative: (file: string): Yardstick => ({
      row: { name: `${what}, fuse-native`, unit: 'µs' },
      measure: async () => machine().ask(operation, join(await hello(), file)),
    }),
    plain: (file: string): Yardstick => ({
      row: { name: `${what}, plain files`, unit: 'µs' },
      measure: () => machine().ask(operation, join(plain(), file)),
    }),
  });
  const readdir = on('readdir');
  const stat = on('stat');
  const lookup = on('lookup', 'failed lookup');
  const open = on('open', 'open+read+close');
  return [
    {
      trials: [
        readdir.of('readdir of the root, unchanged', ({ host }) => host.mountpoint, 'under 10 µs'),
        readdir.of('readdir of this member', ({ own }) => own),
        readdir.of('readdir of another member', ({ other }) => other),
      ],
      yardsticks: [readdir.fuseNative(''), readdir.plain('')],
      warmUps: 1,
    },
    {
      trials: [
        stat.of('stat of this member', ({ own }) => own, 'under 10 µs'),
        stat.of('stat of another member', ({ other }) => other, 'under 10 µs'),
        stat.of('stat of addr', ({ own }) => join(own, 'addr')),
        stat.of('stat of addr, another member', ({ other }) => join(other, 'addr')),
      ],
      yardsticks: [stat.fuseNative('hello'), stat.plain('addr')],
      warmUps: 1,
    },
    {
      trials: [
        lookup.of('failed lookup in the root', ({ host }) => join(host.mountpoint, 'nothing')),
        lookup.of('failed lookup in this member', ({ own }) => join(own, 'nothing')),
        lookup.of('failed lookup in another member', ({ other }) => join(other, 'nothing')),
      ],
      yardsticks: [lookup.fuseNative('nothing'), lookup.plain('nothing')],
      warmUps: 1,
    },
    {
      trials: [
        open.of('open+read+close of addr', ({ own }) => join(own, 'addr'), 'at most fuse-native’s'),
        open.of('open+read+close of addr, another member', ({ other }) => join(other, 'addr')),
        open.of('open+read+close of peek', ({ own }) => join(own, 'peek')),
        open.of(
          'open+read+close of peek, another member',
          ({ other }) => join(other, 'peek'),
          'under 1 ms',
        ),
      ],
      yardsticks: [open.fuseNative('hello'), open.plain('addr')],
      warmUps: 1,
    },
    {
      trials: [
        trial('ls -l of this member', 'ms', (circuit) => listOf(circuit, circuit.own)),
        trial('ls -l of another member', 'ms', (circuit) => listOf(circuit, circuit.other)),
      ],
      yardsticks: [
        {
          row: { name: 'ls -l, plain files', unit: 'ms' },
          measure: () => list(cluster, plain()),
        },
      ],
      warmUps: 1,
    },
    {
      trials: [
        trial('mkchan and scrub: two commands', 'µs', (circuit) => commands(circuit, 'own')),
        trial('mkchan and scrub, another member', 'µs', (circuit) => commands(circuit, 'other')),
      ],
      yardsticks: [on('write', 'open+write+close').plain('addr')],
      warmUps: 2,
    },
  ];
}

function listOf(circuit: Circuit, directory: string): Promise<number> {
  return circuit.onOneProcessor(() => list(circuit.cluster, directory));
}

/** How long one `ls -l` takes, in milliseconds. */
async function list(cluster: Cluster, directory: string): Promise<number> {
  const script = `i=0; while [ $i -lt ${LISTINGS} ]; do ls -l "$0" > /dev/null; i=$((i + 1)); done`;
  const { elapsed } = await run(cluster, [...ON_ONE, 'sh', '-c', script, directory]);
  return elapsed / LISTINGS;
}

/** How long a write of `mkchan` and one of `scrub` take together. */
async function commands(circuit: Circuit, where: Where): Promise<number> {
  await circuit.sh(where, 'mkdir commands');
  const time = await circuit.syscall('channel', join(circuit[where], 'commands'));
  await circuit.sh(where, 'rmdir commands');
  return time;
}

/** Mounts fuse-native's hello world; gives its directory. */
async function mountHello(cluster: Cluster): Promise<string> {
  const directory = cluster.mkdir('hello');
  const program = programArgv('fuse-native-hello.js', directory);
  const child = cluster.spawn([...ON_ONE, ...program]);
  await new Promise((resolve, reject) => {
    child.stdout?.once('data', resolve);
    child.once('exit', () => reject(new Error('fuse-native did not mount')));
    child.stderr?.pipe(process.stderr);
  });
  return directory;
}

/** Makes a directory like that of a member, of ordinary files; gives its path. */
function plainFiles(cluster: Cluster): string {
  const directory = cluster.mkdir('plain');
  const like = [
    'addr',
    'error',
    'help',
    'join',
    'leave',
    'log',
    'peek',
    'peers',
    'reload',
    'shutdown',
    'stk',
  ];
  for (const name of like) writeFileSync(join(directory, name), `${'0'.repeat(80)}\n`);
  return directory;
}

/** Runs `make` when it is first asked, and gives the same again after that. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
