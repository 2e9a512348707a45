import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { dial } from '../../src/client/index.js';
import { channelViews, type View } from './channels.js';
import { eventually } from './cluster.js';
import { growth, MIB, residentSet } from './memory.js';

/** So that a busy machine gets through, in milliseconds. */
const LIMIT = 120_000;

/** How many stream at once. What they would send at once is far more than may lie unsent. */
const CROWD = 100;

/** Prints 4 MiB in which no two lines are alike. */
const NUMBERS = `seq 1000000 | head -c ${4 * MIB}`;

interface Crowd {
  readonly name: string;
  /** Makes element `$i`. */
  readonly make: string;
  /** Passes the numbers through element `$i`, and shows their checksum. */
  readonly pass: string;
}

const CROWDS: readonly Crowd[] = [
  {
    name: 'outputs of processes',
    make: makeProcess(NUMBERS),
    pass: 'cat $i/stdout | cksum',
  },
  {
    name: 'inputs of processes',
    make: makeProcess('cksum'),
    pass: 'dd if=$NUMBERS of=$i/stdin bs=1M status=none; cat $i/stdout',
  },
  {
    name: 'messages, there and back',
    make: 'echo 0 > $i/mkchan',
    pass: 'dd if=$NUMBERS of=$i/send bs=1M status=none & cat $i/recv | cksum',
  },
];

function makeProcess(script: string): string {
  return `echo '${JSON.stringify({ Path: 'sh', Args: ['-c', script] })}' > $i/mkproc`;
}

/** Runs a line for each of the crowd, all at once. */
async function forAll(t: ExecutionContext, view: View, line: string, after: string) {
  const script = `for i in $(seq ${CROWD}); do ${line} ${after} done; wait`;
  const { status, stderr } = await view.sh(script, LIMIT);
  t.deepEqual([status, stderr], [0, ''], line);
}

for (const { name, make, pass } of CROWDS) {
  test.serial(`a hundred ${name} at once share one link, and each arrives unchanged`, async (t) => {
    const { cluster, owner, others, local, remote } = await channelViews(t);
    const out = cluster.mkdir('out');
    const sum = (await cluster.sh(`${NUMBERS} > numbers; cksum < numbers`)).stdout;
    const line = pass.replace('$NUMBERS', `${cluster.directory}/numbers`);
    await forAll(t, local, `mkdir $i && ${make} || exit;`, '');
    const grown = await growth([owner, ...others], () =>
      forAll(t, remote, `{ ${line}; } > ${out}/$i`, '&'),
    );
    t.log(`the daemons grew by ${grown.map((bytes) => Math.round(bytes / MIB)).join(' and ')} MiB`);
    const sums = Array.from({ length: CROWD }, (_, i) => readFileSync(`${out}/${i + 1}`, 'utf8'));
    t.deepEqual(new Set(sums), new Set([sum]));
    const { stdout: logs } = await remote.sh('cat log ../.self/log');
    t.regex(logs, / joined/);
    t.notRegex(logs, /failed|suspect/);
  });
}

test.serial(
  'forty outputs read at once take less than 96 MiB of each daemon, which go back within 10 s',
  async (t) => {
    const { owner, others, local, remote } = await channelViews(t);
    const daemons = [owner, ...others];
    const before = daemons.map(residentSet);
    const script = (line: string) => `for i in $(seq 40); do ${line} done; wait`;
    const make = makeProcess('cat /dev/zero');
    t.is((await local.sh(script(`mkdir $i && ${make} || exit;`), LIMIT)).status, 0);
    const read = `head -c ${20 * MIB} $i/stdout | wc -c &`;
    const grown = await growth(daemons, async () => {
      const { stdout } = await remote.sh(script(read), LIMIT);
      t.is(stdout, `${20 * MIB}\n`.repeat(40));
    });
    t.log(`the daemons grew by ${grown.map((bytes) => Math.round(bytes / MIB)).join(' and ')} MiB`);
    for (const bytes of grown) t.true(bytes < 96 * MIB, `a daemon grew by ${bytes} bytes`);
    t.is((await local.sh(script('echo > $i/scrub;'), LIMIT)).status, 0);
    const left = await eventually(
      async () => daemons.map((daemon, i) => residentSet(daemon) - (before[i] ?? 0)),
      (sizes) => sizes.every((bytes) => bytes < 48 * MIB),
      10_000,
    );
    t.log(`of which ${left.map((bytes) => Math.round(bytes / MIB)).join(' and ')} MiB are left`);
  },
);

test.serial('a hundred messages of 1 MiB that are received at once all arrive', async (t) => {
  const { owner, name } = await channelViews(t, 1);
  await using circuit = await dial(owner.address);
  const anchor = circuit.anchor(`/${name}/c`);
  await anchor.mkdir();
  using channel = await anchor.makeChannel(CROWD);
  const send = async (_: unknown, i: number) => channel.send(Buffer.alloc(MIB, i));
  const [received] = await Promise.all([
    Promise.all(Array.from({ length: CROWD }, () => channel.recv())),
    Promise.all(Array.from({ length: CROWD }, send)),
  ]);
  const numbers = received.map((message) => {
    t.is(message.length, MIB);
    return message[MIB - 1];
  });
  t.deepEqual(new Set(numbers), new Set(Array.from({ length: CROWD }, (_, i) => i)));
});
