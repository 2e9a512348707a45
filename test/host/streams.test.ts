import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { dial } from '../../src/client/index.js';
import { channelViews, type View } from './channels.js';
import { growth, MIB } from './memory.js';

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

test.serial('two hundred messages of 1 MiB that are received at once all arrive', async (t) => {
  const { owner, name } = await channelViews(t, 1);
  await using circuit = await dial(owner.address);
  const anchor = circuit.anchor(`/${name}/c`);
  await anchor.mkdir();
  using channel = await anchor.makeChannel(200);
  const send = async (_: unknown, i: number) => channel.send(Buffer.alloc(MIB, i));
  const sent = Promise.all(Array.from({ length: 200 }, send));
  const received = await Promise.all(Array.from({ length: 200 }, () => channel.recv()));
  await sent;
  const numbers = received.map((message) => {
    t.is(message.length, MIB);
    return message[MIB - 1];
  });
  t.deepEqual(new Set(numbers), new Set(Array.from({ length: 200 }, (_, i) => i)));
});
