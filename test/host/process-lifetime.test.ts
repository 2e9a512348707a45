import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { channelViews, type View } from './channels.js';
import { AT_ONCE, type Cluster, eventually } from './cluster.js';

/** How long processes are given to end by themselves when their daemon ends, in milliseconds. */
const GRACE = 5_000;

/** Makes a process in the view's `anchor`; gives its process id. */
async function make(
  t: ExecutionContext,
  { sh }: View,
  anchor: string,
  command: object,
): Promise<string> {
  const json = JSON.stringify(command).replaceAll("'", "'\\''");
  const made = await sh(`mkdir -p ${anchor} && printf %s '${json}' > ${anchor}/mkproc`);
  t.is(made.status, 0, made.stderr);
  return (await sh(`cat ${anchor}/pid`)).stdout.trim();
}

const shell = (script: string) => ({ Path: 'sh', Args: ['-c', script] });

/** Who lives in a process group; one that has ended and waits for its parent does not. */
async function living(cluster: Cluster, group: string): Promise<string[]> {
  const { stdout } = await cluster.sh(`ps -o stat=,pid= -g ${group}`);
  return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('Z'));
}

for (const [how, ends] of [
  ['SIGTERM', 'kill -TERM $DAEMON'],
  ['echo > shutdown', 'echo > shutdown'],
] as const) {
  test(`${how}: nothing is left of any process, also of one that does not listen to TERM`, async (t) => {
    const { cluster, owner, local, remote } = await channelViews(t);
    const groups = [
      await make(t, local, 'plain', shell('sleep 1000 & sleep 1000 & wait')),
      await make(t, remote, 'orphans', shell('sleep 1000 & exit 0')),
      await make(t, remote, 'stopped', shell('sleep 1000 & kill -STOP $$')),
      await make(t, local, 'inside', { ...shell('sleep 1000'), Dir: local.directory }),
      await make(t, local, 'deaf', shell('trap "" TERM; sleep 1000 & echo ready; wait')),
    ];
    t.is((await local.sh('head -c 6 deaf/stdout; cat orphans/exit')).stdout, 'ready\n0\n');
    for (const group of groups) t.not((await living(cluster, group)).length, 0);
    t.is((await cluster.sh(`cd ${local.directory}; DAEMON=${owner.pid}; ${ends}`)).status, 0);
    t.is(await owner.ended, 0, owner.log());
    const elapsed = owner.loggedAt(/ ended$/) - owner.loggedAt(/ left the network /);
    t.true(elapsed >= GRACE && elapsed < GRACE + AT_ONCE, `it took ${elapsed} ms`);
    for (const group of groups) t.deepEqual(await living(cluster, group), []);
    t.is((await cluster.sh(`mount | grep -c ' ${owner.mountpoint} '`)).stdout, '0\n');
  });
}

test('what is being started when its daemon ends does not start any more', async (t) => {
  const { cluster, owner, local, remote } = await channelViews(t);
  const frozen = await cluster.start();
  const ran = join(cluster.directory, 'ran');
  const command = { Path: 'touch', Args: [ran], Dir: frozen.mountpoint };
  frozen.process.kill('SIGSTOP');
  const makers = [local, remote].map((view, index) =>
    view.spawn(
      'sh',
      '-c',
      `mkdir p${index}; /bin/echo '${JSON.stringify(command)}' > p${index}/mkproc`,
    ),
  );
  await eventually(
    () => cluster.sh(`ps -o wchan=,pid= --ppid ${owner.pid}`),
    ({ stdout }) => stdout.trim().split('\n').length === 2,
  );
  t.is(await owner.stop(), 0, owner.log());
  for (const maker of makers) {
    t.not(await maker.status, 0);
    t.regex(await maker.stderr, /No route to host|not connected/);
  }
  frozen.process.kill('SIGCONT');
  t.is((await cluster.sh(`ls ${frozen.mountpoint}`)).status, 0);
  t.false(existsSync(ran));
});

test('a group is signalled, and scrubbed, as a whole: children, and what a leader that ended left', async (t) => {
  const { cluster, local, remote } = await channelViews(t);
  for (const view of [local, remote]) {
    const forked = await make(t, view, 'p', shell('sleep 1000 & (sleep 1000 & sleep 1000) & wait'));
    await eventually(
      () => living(cluster, forked),
      ({ length }) => length >= 4,
    );
    t.is((await view.sh('echo TERM > p/signal')).status, 0);
    t.regex((await view.sh('cat p/wait')).stdout, /"Exit": "TERM"/);
    await eventually(
      () => living(cluster, forked),
      ({ length }) => length === 0,
    );
    await view.sh('echo > p/scrub');
    const left = await make(t, view, 'p', shell('(sleep 1000 & sleep 1000) & exit 3'));
    t.regex((await view.sh('cat p/wait')).stdout, /"Exit": "3"/);
    t.not((await living(cluster, left)).length, 0);
    t.is((await view.sh('echo > p/scrub')).status, 0);
    t.deepEqual(await living(cluster, left), []);
  }
});

test('a process that works in the mount, or reads it as it starts, hangs no daemon', async (t) => {
  const { owner, local, remote } = await channelViews(t);
  const other = (await local.sh(`ls ${owner.mountpoint}`)).stdout
    .split('\n')
    .find((name) => name !== '' && !local.directory.endsWith(name));
  for (const view of [local, remote]) {
    // The mount is the owner's, whose daemon it is that starts the process.
    for (const member of [local.directory, `${owner.mountpoint}/${other}`]) {
      await make(t, view, 'p', { ...shell('pwd -P; cat addr | wc -l'), Dir: member });
      t.is((await view.sh('cat p/stdout')).stdout, `${member}\n1\n`);
      await view.sh('echo > p/scrub');
      for (const path of [`${member}/addr`, './addr']) {
        const command = JSON.stringify({ Path: path, Dir: member });
        const refused = await view.sh(`printf %s '${command}' | cat > p/mkproc`);
        t.regex(refused.stderr, /Permission denied/, path);
        t.regex((await view.sh('cat p/error')).stdout, /addr" may not be executed\n$/);
      }
      const missing = JSON.stringify({ Path: 'ls', Dir: `${member}/nothing` });
      const refused = await view.sh(`printf %s '${missing}' | cat > p/mkproc`);
      t.regex(refused.stderr, /No such file/);
    }
    // It asks its own element, and waits for an answer of its own daemon.
    const own = 'until [ -e p/phase ]; do :; done; cat p/phase';
    await make(t, view, 'p', { ...shell(own), Dir: local.directory });
    t.is((await view.sh('cat p/stdout')).stdout, 'running\n');
    await view.sh('echo > p/scrub');
  }
});
