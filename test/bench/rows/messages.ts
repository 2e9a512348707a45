/** Messages through a channel, by files and by the library. */
import { once } from 'node:events';
import { join } from 'node:path';
import { blocked, program } from '../../host/channels.js';
import { eventually } from '../../host/cluster.js';
import type { BareRpc } from '../bare-rpc.js';
import type { Circuit, Where } from '../circuit.js';
import { median } from '../median.js';
import { type Group, trial } from '../trial.js';

const ECHOES = 10;
const RECEIVERS = 1_000;

export function messageGroups(bare: BareRpc): Group[] {
  return [
    {
      // The Go circuit, on such a machine: 1,000–1,400.
      trials: [
        trial('peek, library', '/s', (circuit) => circuit.library('peeks'), '4,000/s'),
        trial('peek, library, another member', '/s', (circuit) => circuit.library('peeks, other')),
      ],
      yardsticks: [bare.calls],
      warmUps: 12,
      repeats: 3,
    },
    {
      trials: [
        trial(
          '64 bytes through a channel of capacity 0, library: 32 at once',
          '/s',
          (circuit) => circuit.library('messages, many'),
          '5,000/s',
        ),
        // The Go circuit: 900–930.
        trial('64 bytes through a channel, library: one after the other', '/s', (circuit) =>
          circuit.library('messages'),
        ),
        trial('64 bytes through a channel, library: the same, another member', '/s', (circuit) =>
          circuit.library('messages, other'),
        ),
      ],
      warmUps: 6,
      repeats: 3,
    },
    {
      trials: [
        trial('64 bytes through a channel, by files: both at the channel’s own', '/s', (circuit) =>
          byFiles(circuit, 'own', 'own'),
        ),
        trial(
          '64 bytes through a channel, by files: send at another member, recv at the channel’s own',
          '/s',
          (circuit) => byFiles(circuit, 'other', 'own'),
          '1,000/s',
        ),
        trial('64 bytes through a channel, by files: both at another member', '/s', (circuit) =>
          byFiles(circuit, 'other', 'other'),
        ),
      ],
      warmUps: 8,
      repeats: 3,
    },
    {
      trials: [
        trial(
          'echo hi > send to the answer of a remote cat recv that waits',
          'ms',
          echoToCat,
          '3 ms',
        ),
      ],
      warmUps: 1,
    },
    {
      trials: [
        {
          rows: [
            { name: `ls of another member, beside ${RECEIVERS} blocked in recv`, unit: 'µs' },
            { name: `peek of another member, beside ${RECEIVERS} blocked in recv`, unit: 'µs' },
          ],
          measure: besideReceivers,
        },
      ],
      warmUps: 0,
    },
  ];
}

/** 64 bytes a message; every message opens the file anew. */
async function byFiles(circuit: Circuit, from: Where, to: Where): Promise<number> {
  await circuit.sh(to, 'mkdir m && echo 0 > m/mkchan');
  const [, received] = await Promise.all([
    circuit.messages('send', join(circuit[from], 'm/send')),
    circuit.messages('recv', join(circuit[to], 'm/recv')),
  ]);
  await circuit.sh(to, 'echo > m/scrub && rmdir m');
  return received;
}

/** From the moment when a shell begins to write until a waiting cat has printed it. */
async function echoToCat(circuit: Circuit): Promise<number> {
  const times: number[] = [];
  await circuit.sh('own', 'mkdir e && echo 0 > e/mkchan');
  const shell = circuit.cluster.spawn(['sh']);
  for (let round = 0; round < ECHOES; round += 1) {
    const cat = program(circuit.cluster.spawn(['cat', join(circuit.other, 'e/recv')]));
    await blocked(cat);
    const started = performance.now();
    const printed = once(cat.process.stdout ?? cat.process, 'data');
    shell.stdin?.write(`echo hi > ${circuit.own}/e/send\n`);
    await printed;
    times.push(performance.now() - started);
    await cat.status;
  }
  shell.stdin?.end();
  await circuit.sh('own', 'echo > e/scrub && rmdir e');
  return median(times);
}

/** ls and peek of a member while a thousand programs wait in recv on one of its channels. */
async function besideReceivers(circuit: Circuit): Promise<number[]> {
  await circuit.sh('other', 'mkdir w && echo 0 > w/mkchan');
  const start = `i=0; while [ $i -lt ${RECEIVERS} ]; do cat w/recv & echo $!; i=$((i + 1)); done`;
  const shell = program(
    circuit.cluster.spawn(['sh', '-c', `${start}; wait`], { cwd: circuit.other }),
  );
  const pids = await eventually(
    async () => shell.seen().split('\n').slice(0, -1).map(Number),
    ({ length }) => length === RECEIVERS,
  );
  for (const pid of pids) await blocked({ pid });
  const times = [
    await circuit.syscall('readdir', circuit.other),
    await circuit.syscall('open', join(circuit.other, 'peek')),
  ];
  await circuit.sh('other', 'echo > w/scrub');
  await shell.status;
  await circuit.sh('other', 'rmdir w');
  return times;
}
