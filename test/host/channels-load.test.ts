import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import test from 'ava';
import { blocked, rendezvousViews } from './channels.js';
import { eventually } from './cluster.js';
import { MIB } from './memory.js';

/** What is measured here is measured one after the other: each test fills the machine. */
const alone = test.serial;

/** So that a busy machine gets through, in milliseconds. */
const LIMIT = 120_000;

/** How many programs wait for a message. */
const CROWD = 1_000;

/** How many programs in a directory wait for what they read. */
function readersIn(directory: string): number {
  return readdirSync('/proc').filter((pid) => {
    try {
      return (
        readFileSync(`/proc/${pid}/comm`, 'utf8') === 'cat\n' &&
        readlinkSync(`/proc/${pid}/cwd`) === directory &&
        /^(fuse|request_wait)/.test(readFileSync(`/proc/${pid}/wchan`, 'utf8'))
      );
    } catch {
      // No process, or one that has just ended.
      return false;
    }
  }).length;
}

alone('a reader that stops reading stops the writer', async (t) => {
  const { local, remote } = await rendezvousViews(t);
  for (const [from, to] of [
    [local, local],
    [local, remote],
    [remote, local],
  ] as const) {
    const sender = from.spawn('sh', '-c', 'exec cat /dev/zero > c/send');
    // head takes one read, and waits then for who never comes.
    const receiver = to.spawn('sh', '-c', 'exec 3< c/recv; head -c 1 <&3; exec cat');
    await receiver.printed('\0');
    const written = () =>
      Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${sender.pid}/io`, 'utf8'))?.[1]);
    // What was on its way has been answered before these commands, which go the same way, are.
    const stopped = await eventually(
      async () => {
        const before = written();
        for (const view of [local, remote]) t.is((await view.sh('cat c/peek')).status, 0);
        return { before, after: written() };
      },
      ({ before, after }) => before === after,
    );
    t.true(stopped.after < 4 * MIB, `${stopped.after} bytes were written`);
    await blocked(sender);
    receiver.process.stdin?.end();
    t.is(await receiver.status, 0);
    t.is(await sender.status, 1);
    t.regex(await sender.stderr, /Broken pipe/);
  }
});

alone(
  '1,000 receivers that wait at another member hold nobody up, and each gets one of 1,000 messages',
  async (t) => {
    const { cluster, local, remote } = await rendezvousViews(t);
    const out = cluster.mkdir('out');
    const receivers = remote.sh(
      `i=0; while [ $i -lt ${CROWD} ]; do i=$((i+1)); { cat c/recv > ${out}/$i; echo $? > ${out}/$i.status; } & done; wait`,
      LIMIT,
    );
    await eventually(
      async () => readersIn(remote.directory),
      (waiting) => waiting === CROWD,
    );
    // Whom the receivers held up would wait for ever: for what is sent only afterwards.
    for (const view of [local, remote]) {
      for (const command of ['ls', 'ls c', 'cat peek', 'cat c/peek']) {
        const { status, elapsed, stderr } = await view.sh(command);
        t.is(status, 0, stderr);
        t.log(`${view.name}: ${command} took ${Math.round(elapsed)} ms`);
      }
    }
    const sent = await local.sh(
      `i=0; while [ $i -lt ${CROWD} ]; do i=$((i+1)); echo $i > c/send || exit 1; done`,
      LIMIT,
    );
    t.is(sent.status, 0, sent.stderr);
    t.log(`${CROWD} messages were sent within ${Math.round(sent.elapsed)} ms`);
    t.is((await receivers).status, 0);
    const got = await cluster.sh('sort -n out/*[0-9]; cat out/*.status');
    const numbers = Array.from({ length: CROWD }, (_, i) => `${i + 1}\n`).join('');
    t.is(got.stdout, numbers + '0\n'.repeat(CROWD));
  },
);
