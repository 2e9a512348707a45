import test from 'ava';
import { blocked, channelViews } from './channels.js';
import { loggedAll, subscribe, subscriptionViews } from './subscriptions.js';

test('each member that comes, and each that goes, is one event, for readers on any host', async (t) => {
  const { cluster, owner, local, remote } = await channelViews(t);
  t.is((await local.sh('mkdir l && echo > l/mk@leave')).status, 0);
  await subscribe(local, 'j', 2);
  for (const view of [local, remote]) {
    for (const end of ['SIGTERM', 'SIGKILL'] as const) {
      const joined = view.spawn('cat', 'j/recv');
      const left = view.spawn('cat', 'l/recv');
      await Promise.all([blocked(joined), blocked(left)]);
      const third = await cluster.start('--no-mount', '-j', owner.address);
      const name = (await cluster.circuit(['ls', '-d', third.address])).stdout;
      t.deepEqual([await joined.status, await joined.stderr], [0, '']);
      const path = await joined.stdout;
      t.true(name.includes(path), path);
      await third.stop(end);
      t.deepEqual([await left.status, await left.stdout], [0, path]);
    }
  }
  for (const kind of ['j', 'l']) {
    t.is(JSON.parse((await remote.sh(`cat ${kind}/peek`)).stdout).Pending, 0);
  }
});

test('mk@join first gives every member that is there, its own included, in the order of ls', async (t) => {
  const { owner, others, local, remote, name } = await channelViews(t, 3);
  const listed = (await local.sh(`ls -d /${owner.mountpoint}/X*`)).stdout.replaceAll(/.*X/g, '/X');
  t.true(listed.includes(`/${name}\n`));
  for (const view of [local, remote]) {
    t.is(await subscribe(view, `j-${view.name}`, 1 + others.length), listed);
  }
});

test('whenever a subscription is made, each member is told once: in the list, or as one that comes', async (t) => {
  const { cluster, owner, local } = await channelViews(t);
  let coming = true;
  const five = Promise.all(
    [1, 2, 3, 4, 5].map(() => cluster.start('--no-mount', '-j', owner.address)),
  ).finally(() => {
    coming = false;
  });
  let made = 0;
  while (coming) {
    made += 1;
    t.is((await local.sh(`mkdir ${made} && echo > ${made}/mk@join`)).status, 0);
  }
  await five;
  await loggedAll(owner, 'joined', 6);
  const members = await subscribe(local, 'last', 7);
  for (let each = 1; each <= made; each += 1) {
    const told = await local.sh(`for i in 1 2 3 4 5 6 7; do cat ${each}/recv; done`);
    t.is(told.stdout.split('\n').sort().join('\n').trim(), members.trim());
    t.is(JSON.parse((await local.sh(`cat ${each}/peek`)).stdout).Pending, 0);
  }
  t.log(`${made} subscriptions`);
});

test('of five daemons that come at once, and go at once, none is missed and none told twice, in the order of the log', async (t) => {
  const { cluster, owner, local, remote } = await channelViews(t);
  await local.sh('mkdir l && echo > l/mk@leave');
  await subscribe(local, 'j', 2);
  for (const [round, view] of [local, remote].entries()) {
    const reading = view.sh('for i in 1 2 3 4 5; do cat j/recv; done');
    const five = await Promise.all(
      [1, 2, 3, 4, 5].map(() => cluster.start('--no-mount', '-j', owner.address)),
    );
    // The first to join was the other view's daemon, before there were subscriptions.
    const all = await loggedAll(owner, 'joined', 1 + 5 * (round + 1));
    const [came, went] = [
      (await reading).stdout,
      view.sh('for i in 1 2 3 4 5; do cat l/recv; done'),
    ];
    t.is(came, all.split('\n').slice(-6).join('\n'));
    await Promise.all(five.map((daemon) => daemon.stop('SIGKILL')));
    const gone = await loggedAll(owner, 'failed', 5 * (round + 1));
    t.is((await went).stdout, gone.split('\n').slice(-6).join('\n'));
  }
  const peek = JSON.parse((await local.sh('cat j/peek')).stdout);
  t.deepEqual(peek, { Source: '@join', Pending: 0, Closed: false });
});

test('what nobody reads waits, and two readers get distinct events', async (t) => {
  const { cluster, owner, local, remote } = await channelViews(t);
  await subscribe(local, 'j', 2);
  await Promise.all([1, 2, 3, 4].map(() => cluster.start('--no-mount', '-j', owner.address)));
  const joined = await loggedAll(owner, 'joined', 5);
  t.is(JSON.parse((await remote.sh('cat j/peek')).stdout).Pending, 4);
  const two = 'for i in 1 2; do cat j/recv; done';
  const [a, b] = await Promise.all([local.sh(two), remote.sh(two)]);
  const lines = (text: string) => text.trim().split('\n');
  t.deepEqual(
    [...lines(a.stdout), ...lines(b.stdout)].sort(),
    lines(joined).slice(1).sort(),
    'each once',
  );
});

for (const signal of ['SIGINT', 'SIGKILL'] as const) {
  test(`${signal} of a reader that waits, or is being told, loses no event and doubles none`, async (t) => {
    const { owner, local, remote, guest, come, go } = await subscriptionViews(t);
    await local.sh('mkdir l && echo > l/mk@leave');
    let events = 0;
    for (const view of [local, remote]) {
      const gone = view.spawn('cat', 'l/recv');
      await blocked(gone);
      gone.process.kill(signal);
      t.deepEqual([await gone.status, await gone.stdout], [signal, '']);
      let told = 0;
      for (let round = 0; round < 5; round += 1) {
        await come();
        const first = view.spawn('cat', 'l/recv');
        await blocked(first);
        const leaving = go();
        // Before the event, or a little after it.
        events += 1;
        if (round > 0) await loggedAll(owner, 'left', events);
        const moment = performance.now() + round - 1;
        while (performance.now() < moment) await new Promise(setImmediate);
        first.process.kill(signal);
        await first.status;
        await leaving;
        await loggedAll(owner, 'left', events);
        const { Pending } = JSON.parse((await view.sh('cat l/peek')).stdout);
        if (Pending === 0) {
          told += 1;
        } else {
          t.is(await first.stdout, '');
          t.is((await view.sh('cat l/recv')).stdout, `${guest}\n`);
        }
        t.is(JSON.parse((await view.sh('cat l/peek')).stdout).Pending, 0);
      }
      t.log(`${view.name}: ${told} of 5 had reached it`);
    }
  });
}

test('the event for a reader whose daemon dies goes to the next', async (t) => {
  const { cluster, owner, local, remotes, others } = await channelViews(t, 3);
  const [dying, next] = remotes;
  if (!dying || !next) throw new Error('three members');
  await subscribe(local, 'j', 3);
  const waiting = dying.spawn('cat', 'j/recv');
  await blocked(waiting);
  await others[0]?.stop('SIGKILL');
  t.not(await waiting.status, 0);
  await cluster.start('--no-mount', '-j', owner.address);
  const joined = await loggedAll(owner, 'joined', 3);
  t.is((await next.sh('cat j/recv')).stdout, `${joined.trim().split('\n').at(-1)}\n`);
});

test("the events are those of the subscription's own member", async (t) => {
  const { cluster, owner, others, name, local } = await channelViews(t);
  const [other] = others;
  if (!other) throw new Error('two members');
  const otherName = (await cluster.sh(`readlink ${other.mountpoint}/.self`)).stdout.trim();
  const made = await local.sh(
    `mkdir own ../${otherName}/far && echo > own/mk@leave && echo > ../${otherName}/far/mk@leave`,
  );
  t.is(made.status, 0, made.stderr);
  await cluster.sh(`echo > ${owner.mountpoint}/.self/leave`);
  t.is((await local.sh('cat own/recv')).stdout, `/${otherName}\n`);
  const far = await cluster.sh(`cat ${other.mountpoint}/.self/far/recv`);
  t.is(far.stdout, `/${name}\n`);
});
