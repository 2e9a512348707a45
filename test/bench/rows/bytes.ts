/** Bytes through streams, by files and by the library. */
import type { Cluster } from '../../host/cluster.js';
import type { BareRpc } from '../bare-rpc.js';
import type { Circuit, Where } from '../circuit.js';
import { run } from '../run.js';
import { type Group, type Trial, trial } from '../trial.js';

const MEGABYTES = 32;
const OUTPUT = JSON.stringify({ Path: 'head', Args: ['-c', `${MEGABYTES}MB`, '/dev/zero'] });
const INPUT = JSON.stringify({ Path: 'sh', Args: ['-c', 'exec cat > /dev/null'] });
/** It writes as cat(1) does, 128 kB at a time. */
const SOURCE = `dd if=/dev/zero bs=128000 count=${(MEGABYTES * 1_000) / 128} status=none`;

const WAYS = [
  ['standard output of a process', 'out'],
  ['standard input of a process', 'in'],
  ['one message', 'stream'],
] as const;

export function byteGroups(cluster: Cluster, bare: BareRpc): Group[] {
  const pipe = async () => rate(await run(cluster, ['sh', '-c', `${SOURCE} | cat > /dev/null`]));
  const goals: Record<string, string> = { out: '300 MB/s' };
  const library = (suffix: string, figure: string) =>
    WAYS.map(([name, way]) =>
      trial(
        `${name}, library${suffix}`,
        'MB/s',
        async (circuit) => (await circuit.library(way + figure)) / 1_000_000,
        figure === '' ? goals[way] : undefined,
      ),
    );
  return [
    {
      trials: [...library('', ''), ...library(', another member', ', other')],
      yardsticks: [bare.bytes],
      warmUps: 3,
      repeats: 3,
    },
    {
      trials: [...byFiles('own', 'this member'), ...byFiles('other', 'another member', '200 MB/s')],
      yardsticks: [{ row: { name: 'yardstick: a pipe', unit: 'MB/s' }, measure: pipe }],
      warmUps: 3,
      repeats: 3,
    },
  ];
}

function byFiles(where: Where, whose: string, goal?: string): Trial[] {
  return [
    trial(
      `standard output by cat on the mount of ${whose}`,
      'MB/s',
      (circuit) =>
        stream(circuit, where, `echo '${OUTPUT}' > o/mkproc`, 'cat o/stdout > /dev/null'),
      goal,
    ),
    trial(`standard input by the mount of ${whose}`, 'MB/s', (circuit) =>
      stream(circuit, where, `echo '${INPUT}' > o/mkproc`, `${SOURCE} > o/stdin; cat o/wait`),
    ),
    trial(`one message by the mount of ${whose}`, 'MB/s', (circuit) =>
      stream(
        circuit,
        where,
        'echo 0 > o/mkchan',
        `${SOURCE} > o/send & cat o/recv > /dev/null; wait`,
      ),
    ),
  ];
}

/** Makes an element at `o`, and takes the time of a script that moves all the bytes. */
async function stream(
  circuit: Circuit,
  where: Where,
  make: string,
  script: string,
): Promise<number> {
  await circuit.sh(where, `mkdir o && ${make}`);
  const result = await circuit.sh(where, script);
  await circuit.sh(where, 'echo > o/scrub && rmdir o');
  return rate(result);
}

/** Megabytes a second. */
function rate({ elapsed }: { readonly elapsed: number }): number {
  return MEGABYTES / (elapsed / 1000);
}
