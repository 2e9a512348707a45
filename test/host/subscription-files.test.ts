import test from 'ava';
import { blocked, channelViews } from './channels.js';
import { loggedAll, subscribe, subscriptionViews } from './subscriptions.js';

test('an anchor is made a subscription by mk@join or mk@leave, and has its files then', async (t) => {
  const { local, remote } = await channelViews(t);
  for (const view of [local, remote]) {
    for (const kind of ['@join', '@leave']) {
      t.is((await view.sh(`mkdir s && test -e s/mk@join && test -e s/mk@leave`)).status, 0);
      t.is((await view.sh(`echo > s/mk${kind}`)).status, 0);
      for (const other of [local, remote]) {
        const { stdout } = await other.sh(`ls s; cat s/kind; stat -c %a s/recv s/scrub s/kind`);
        t.is(stdout, `error\nhelp\nkind\npeek\nrecv\nscrub\n${kind}\n400\n200\n400\n`);
        t.deepEqual(JSON.parse((await other.sh('cat s/peek')).stdout), {
          Source: kind,
          Pending: kind === '@join' ? 2 : 0,
          Closed: false,
        });
        t.is((await other.sh(`test -e s/mk@join || test -e s/mk@leave`)).status, 1);
        t.regex((await other.sh('cat s/help')).stdout, /^This anchor is a subscription/);
        t.regex((await other.sh('echo x > s/recv')).stderr, /Permission denied/);
      }
      t.is((await view.sh('echo > s/scrub && test -e s/mk@join && rmdir s')).status, 0);
    }
  }
});

test('an anchor has one element, and names that its files bear are taken', async (t) => {
  const { local, remote } = await channelViews(t);
  await local.sh('mkdir -p s hidden/recv && echo > s/mk@join');
  for (const view of [local, remote]) {
    t.regex((await view.sh('mkdir s/recv')).stderr, /File exists/);
    t.is((await view.sh('mkdir s/send && rmdir s/send')).status, 0);
    t.regex((await view.sh('/bin/echo > hidden/mk@leave')).stderr, /File exists/);
    t.regex(
      (await view.sh('cat hidden/error')).stdout,
      /^the sub-anchor \/X[0-9a-f]{16}\/hidden\/recv would be hidden by a control file\n$/,
    );
    t.regex((await view.sh('rmdir s')).stderr, /Device or resource busy/);
    t.regex(
      (await view.sh('cat error')).stdout,
      /^\/X[0-9a-f]{16}\/s has a live subscription; scrub it first\n$/,
    );
    t.regex((await view.sh('mkdir hidden/mk@join')).stderr, /File exists/);
    // The makers have gone; who has one open still gets the answer.
    const name = `open-${view.name}`;
    const second = await view.sh(
      `mkdir ${name}; exec 3> ${name}/mk@leave; echo >&3; /bin/echo >&3`,
    );
    t.is(second.status, 1);
    t.regex(second.stderr, /File exists/);
    t.regex((await view.sh(`cat ${name}/error`)).stdout, /has a subscription already\n$/);
  }
});

test('scrub ends a read that waits with ENODATA, and the makers come back', async (t) => {
  const { local, remote } = await channelViews(t);
  await local.sh('mkdir s');
  for (const [reader, scrubber] of [
    [local, local],
    [local, remote],
    [remote, local],
    [remote, remote],
  ] as const) {
    t.is((await local.sh('echo > s/mk@leave')).status, 0);
    const waiting = reader.spawn('cat', 's/recv');
    await blocked(waiting);
    t.is((await scrubber.sh('echo > s/scrub')).status, 0);
    t.is(await waiting.status, 1);
    t.is(await waiting.stderr, 'cat: s/recv: No data available\n');
    t.is((await scrubber.sh('test -e s/mk@leave')).status, 0);
    t.is((await scrubber.sh('test -e s/recv')).status, 1);
  }
});

/** Fails to read without waiting, waits by poll(2) for an event, and reads it without waiting. */
const POLL = `
import os, select
fd = os.open('s/recv', os.O_RDONLY | os.O_NONBLOCK)
try: print(os.read(fd, 100))
except BlockingIOError: print('EAGAIN', flush=True)
poll = select.poll()
poll.register(fd, select.POLLIN)
print(poll.poll(30000) == [(fd, select.POLLIN)])
print(os.read(fd, 100).decode(), end='')
print(len(os.read(fd, 100)))
`;

test('poll(2) waits for an event, and without one O_NONBLOCK gives EAGAIN', async (t) => {
  const { owner, local, remote, guest, come, go } = await subscriptionViews(t);
  await subscribe(local, 's', 2);
  for (const [round, view] of [local, remote].entries()) {
    const program = view.spawn('python3', '-c', POLL);
    await program.printed('EAGAIN');
    t.is((await come()).status, 0);
    t.is(await program.stdout, `EAGAIN\nTrue\n${guest}\n0\n`, await program.stderr);
    t.is((await go()).status, 0);
    await loggedAll(owner, 'left', round + 1);
  }
});
