import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { blocked, channelViews } from './channels.js';
import { eventually, type TestDaemon } from './cluster.js';

const MIB = 1024 * 1024;

/** The resident set, in bytes. */
function residentSet({ pid }: Pick<TestDaemon, 'pid'>): number {
  const [, kilobytes] =
    /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

/** By how many bytes each daemon grew at most while `run` ran. */
async function growth(daemons: readonly TestDaemon[], run: () => Promise<void>): Promise<number[]> {
  const before = daemons.map(residentSet);
  const most = [...before];
  const watch = setInterval(() => {
    daemons.forEach((daemon, i) => {
      most[i] = Math.max(most[i] ?? 0, residentSet(daemon));
    });
  }, 20);
  try {
    await run();
  } finally {
    clearInterval(watch);
  }
  return most.map((size, i) => size - (before[i] ?? 0));
}

/** What is measured here is measured one after the other: each test fills the machine. */
const alone = test.serial;

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

alone('100 MiB pass through one message unchanged, and no daemon grows by 64 MiB', async (t) => {
  const { cluster, owner, others, local, remote } = await channelViews(t);
  const file = join(cluster.directory, 'large');
  await cluster.sh(`head -c ${100 * MIB} /dev/urandom > ${file}`);
  const sum = (await cluster.sh(`sha256sum < ${file}`)).stdout;
  await local.sh('mkdir c && echo 0 > c/mkchan');
  for (const [from, to] of [
    [local, local],
    [local, remote],
    [remote, local],
  ] as const) {
    const grown = await growth([owner, ...others], async () => {
      const sending = from.sh(`cat ${file} > c/send`);
      t.is((await to.sh('sha256sum < c/recv')).stdout, sum);
      t.is((await sending).status, 0);
    });
    t.log(`${from.name} to ${to.name}: ${grown.map((bytes) => Math.round(bytes / MIB))} MiB`);
    for (const bytes of grown) t.true(bytes < 64 * MIB, `grew by ${bytes} bytes`);
  }
});

alone('a reader that stops reading stops the writer', async (t) => {
  const { local, remote } = await channelViews(t);
  await local.sh('mkdir c && echo 0 > c/mkchan');
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
    const stopped = await eventually(
      async () => {
        const before = written();
        await new Promise((resolve) => setTimeout(resolve, 300));
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
  '300 receivers that wait at another member hold nobody up, and each gets one of 300 messages',
  async (t) => {
    const { cluster, local, remote } = await channelViews(t);
    await local.sh('mkdir c && echo 0 > c/mkchan');
    const out = cluster.mkdir('out');
    const receivers = remote.sh(
      `i=0; while [ $i -lt 300 ]; do i=$((i+1)); { cat c/recv > ${out}/$i; echo $? > ${out}/$i.status; } & done; wait`,
    );
    await eventually(
      async () => readersIn(remote.directory),
      (waiting) => waiting === 300,
      20_000,
    );
    for (const view of [local, remote]) {
      for (const command of ['ls', 'ls c', 'cat peek', 'cat c/peek']) {
        const { status, elapsed, stderr } = await view.sh(command);
        t.is(status, 0, stderr);
        t.true(elapsed < 1_000, `${command} took ${elapsed} ms`);
      }
    }
    const sent = await local.sh(
      'i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo $i > c/send || exit 1; done',
    );
    t.is(sent.status, 0, sent.stderr);
    t.is((await receivers).status, 0);
    const got = await cluster.sh(
      'cat out/*[0-9] | sort -n | uniq | wc -l; cat out/*.status | sort | uniq -c',
    );
    t.regex(got.stdout, /^300\n +300 0\n$/);
  },
);
