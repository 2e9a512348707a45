import test, { type ExecutionContext } from 'ava';
import { channelViews, rendezvousViews, type View } from './channels.js';
import type { TestDaemon } from './cluster.js';
import { growth, MIB } from './memory.js';

const SIZE = 1024 * MIB;

/** Prints 1 GiB in which no two blocks are alike: a key stream, faster than /dev/urandom. */
const GIGABYTE =
  'openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff -iv 0 -in /dev/zero 2>/dev/null' +
  ` | head -c ${SIZE}`;

/** Its checksum and its size, as cksum(1) prints them, which is quick. */
const SUM = '413731640 1073741824\n';

/** So that a busy machine gets through, in milliseconds. */
const LIMIT = 240_000;

/** Measurements run one after the other: each test fills the machine. */
const alone = test.serial;

/** Fails where one of the daemons grows by 48 MiB while `run` runs. */
async function bounded(
  t: ExecutionContext,
  name: string,
  daemons: readonly TestDaemon[],
  run: () => Promise<void>,
): Promise<void> {
  const started = performance.now();
  const grown = await growth(daemons, run);
  const seconds = (performance.now() - started) / 1000;
  const sizes = grown.map((bytes) => Math.round(bytes / MIB)).join(' and ');
  t.log(`${name}: ${seconds.toFixed(1)} s, the daemons grew by ${sizes} MiB`);
  for (const bytes of grown) t.true(bytes < 48 * MIB, `${name}: a daemon grew by ${bytes} bytes`);
}

alone('1 GiB passes through one message unchanged, and no daemon grows by 48 MiB', async (t) => {
  const { owner, others, local, remote } = await rendezvousViews(t);
  for (const [from, to] of [
    [local, remote],
    [remote, local],
  ] as const) {
    await bounded(t, `${from.name} to ${to.name}`, [owner, ...others], async () => {
      const sending = from.sh(`${GIGABYTE} | cat > c/send`, LIMIT);
      const received = await to.sh('cat c/recv | cksum', LIMIT);
      t.deepEqual([received.stdout, received.stderr], [SUM, '']);
      t.is((await sending).status, 0);
    });
  }
});

/** Makes a process in the view's p. */
async function make(t: ExecutionContext, view: View, script: string): Promise<void> {
  const command = JSON.stringify({ Path: 'sh', Args: ['-c', script] });
  const made = await view.sh(`mkdir -p p && echo '${command}' > p/mkproc`);
  t.is(made.status, 0, made.stderr);
}

alone('1 GiB passes through stdin unchanged, and no daemon grows by 48 MiB', async (t) => {
  const { owner, others, local, remote } = await channelViews(t);
  for (const view of [local, remote]) {
    await make(t, view, 'cksum');
    await bounded(t, view.name, [owner, ...others], async () => {
      t.is((await view.sh(`${GIGABYTE} | cat > p/stdin`, LIMIT)).stderr, '');
      t.is((await view.sh('cat p/stdout; echo > p/scrub')).stdout, SUM);
    });
  }
});

alone('1 GiB passes through stdout unchanged, and no daemon grows by 48 MiB', async (t) => {
  const { owner, others, local, remote } = await channelViews(t);
  for (const view of [local, remote]) {
    await make(t, view, GIGABYTE);
    await bounded(t, view.name, [owner, ...others], async () => {
      t.is((await view.sh('cat p/stdout | cksum; echo > p/scrub', LIMIT)).stdout, SUM);
    });
  }
});
