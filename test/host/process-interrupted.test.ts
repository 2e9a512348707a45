import { existsSync, readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { alarmed, blocked, channelViews, endsBy, type View } from './channels.js';
import { eventually } from './cluster.js';

/** What a pipe takes, in bytes: pipe(7). */
const PIPE_FULL = 64 * 1024;

/** Makes a process of a line of shell. */
async function make(t: ExecutionContext, { sh }: View, script: string): Promise<void> {
  const command = JSON.stringify({ Path: 'sh', Args: ['-c', script] });
  const made = await sh(`mkdir -p p && echo '${command}' > p/mkproc`);
  t.is(made.status, 0, made.stderr);
}

for (const signal of ['SIGINT', 'SIGKILL'] as const) {
  test(`${signal} ends who writes to a full stdin at once; the process gets what was taken`, async (t) => {
    const { local, remote } = await channelViews(t);
    for (const view of [local, remote]) {
      await make(t, view, 'read go; kill -STOP $$; wc -c');
      await view.sh('echo go >> p/stdin');
      await eventually(
        () => view.sh('cat p/phase'),
        ({ stdout }) => stdout === 'stopped\n',
      );
      const writer = view.spawn('sh', '-c', 'while :; do printf %4096s; done > p/stdin');
      await eventually(
        async () =>
          Number(/wchar: (\d+)/.exec(readFileSync(`/proc/${writer.pid}/io`, 'utf8'))?.[1]),
        (taken) => taken >= PIPE_FULL,
      );
      await blocked(writer);
      await endsBy(writer, signal);
      t.is((await view.sh('echo CONT > p/signal')).status, 0);
      // What was taken is a pipe full, and the end of the input follows.
      const count = Number((await view.sh('cat p/stdout')).stdout);
      t.true(count >= PIPE_FULL, `${count} bytes`);
      t.regex((await view.sh('cat p/wait; echo > p/scrub')).stdout, /"Exit": "0"/);
    }
  });

  test(`${signal} ends who waits for stdout, stderr or the end at once, and nothing is lost`, async (t) => {
    const { local, remote } = await channelViews(t);
    for (const view of [local, remote]) {
      await make(t, view, 'read x; echo "$x"; echo "$x" >&2; read y');
      for (const file of ['stdout', 'stderr', 'wait']) {
        const reader = view.spawn('cat', `p/${file}`);
        await blocked(reader);
        await endsBy(reader, signal);
        t.is(await reader.stdout, '');
      }
      t.is((await view.sh('echo kept >> p/stdin')).status, 0);
      for (const file of ['stdout', 'stderr']) {
        t.is((await view.sh(`head -c 5 p/${file}`)).stdout, 'kept\n');
      }
      const wait = view.spawn('cat', 'p/wait');
      await blocked(wait);
      t.is((await view.sh('echo > p/stdin')).status, 0);
      t.regex(await wait.stdout, /"Exit": "0"/);
      await view.sh('echo > p/scrub');
    }
  });
}

test('a program that is interrupted while it writes to a full stdin loses nothing and doubles none', async (t) => {
  const { local, remote } = await channelViews(t);
  for (const view of [local, remote]) {
    await make(t, view, 'head -c 1; sleep 3; wc -c');
    const writer = alarmed(
      view,
      `
fd = os.open('p/stdin', os.O_WRONLY)
os.write(fd, b'x')
signal.setitimer(signal.ITIMER_REAL, 0.5, 0.2)
left = 4_000_000
while left: left -= os.write(fd, b'y' * min(left, 100_000))
signal.setitimer(signal.ITIMER_REAL, 0)
os.close(fd)`,
    );
    t.regex((await view.sh('cat p/stdout')).stdout, /^x\s*4000000\n$/);
    t.is(await writer.status, 0, await writer.stderr);
    t.regex(await writer.stdout, /interrupted/);
    await view.sh('echo > p/scrub');
  }
});

test('what could not be started in time does not start when it could', async (t) => {
  const { cluster, local, remote } = await channelViews(t);
  const third = await cluster.start();
  const command = JSON.stringify({
    Path: 'touch',
    Args: [`${cluster.directory}/ran`],
    Dir: third.mountpoint,
  });
  await local.sh('mkdir p');
  third.process.kill('SIGSTOP');
  const late = await remote.sh(`/bin/echo '${command}' > p/mkproc`);
  t.regex(late.stderr, /No route to host/);
  t.regex((await remote.sh('cat p/error')).stdout, /no answer within 5\.5 s/);
  await eventually(
    () => local.sh('cat log'),
    ({ stdout }) => /p\/mkproc .*: EINTR/.test(stdout),
  );
  third.process.kill('SIGCONT');
  // It answers again, and so would the start be answered.
  t.is((await cluster.sh(`ls ${third.mountpoint}`)).status, 0);
  t.regex((await local.sh('ls p/kind')).stderr, /No such file/);
  t.false(existsSync(`${cluster.directory}/ran`));
});
