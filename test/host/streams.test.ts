import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { channelViews, type View } from './channels.js';
import { growth, MIB } from './memory.js';

/** So that a busy machine gets through, in milliseconds. */
const LIMIT = 120_000;

/** How many processes stream at once: more than fits into what one connection holds unsent. */
const CROWD = 100;

/** What passes through each, in bytes. */
const SIZE = 8 * MIB;

/** Makes the crowd in the view's directory, and runs a line for each process, all at once. */
async function crowd(t: ExecutionContext, view: View, script: string, line: string): Promise<void> {
  const command = JSON.stringify({ Path: 'sh', Args: ['-c', script] });
  const made = await view.sh(
    `for p in $(seq ${CROWD}); do mkdir $p && echo '${command}' > $p/mkproc || exit; done`,
    LIMIT,
  );
  t.deepEqual([made.status, made.stderr], [0, '']);
  const ran = await view.sh(`for p in $(seq ${CROWD}); do ${line} & done; wait`, LIMIT);
  t.deepEqual([ran.status, ran.stderr], [0, '']);
}

for (const { name, script, line } of [
  {
    name: 'a hundred streams from one member to another',
    script: 'exec cat /dev/zero',
    line: `head -c ${SIZE} $p/stdout | wc -c > $OUT/$p`,
  },
  {
    name: 'a hundred streams to the processes of another member',
    script: 'exec wc -c',
    line: `{ dd if=/dev/zero of=$p/stdin bs=1M count=${SIZE / MIB} status=none; cat $p/stdout > $OUT/$p; }`,
  },
]) {
  test.serial(`${name} are slower than one, and that is all`, async (t) => {
    t.timeout(LIMIT);
    const { cluster, owner, others, remote } = await channelViews(t);
    const out = cluster.mkdir('out');
    const grown = await growth([owner, ...others], () =>
      crowd(t, remote, script, line.replaceAll('$OUT', out)),
    );
    t.log(`the daemons grew by ${grown.map((bytes) => Math.round(bytes / MIB)).join(' and ')} MiB`);
    const passed = Array.from({ length: CROWD }, (_, i) => readFileSync(`${out}/${i + 1}`, 'utf8'));
    t.deepEqual(new Set(passed), new Set([`${SIZE}\n`]));
    const { stdout: logs } = await remote.sh('cat log ../.self/log');
    t.regex(logs, / joined/);
    t.notRegex(logs, /failed|suspect/);
  });
}
