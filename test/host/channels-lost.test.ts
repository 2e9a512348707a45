import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { blocked, channelViews, endsBy, rendezvousViews, type View } from './channels.js';
import { eventually } from './cluster.js';

/** A program that sends what it is given on its standard input. */
const sendAll = (view: View) => view.spawn('sh', '-c', 'exec cat > c/send');

for (const signal of ['SIGINT', 'SIGKILL'] as const) {
  test(`${signal} ends a waiting receiver at once, and the next one gets the message`, async (t) => {
    const { local, remote } = await rendezvousViews(t);
    for (const view of [local, remote]) {
      for (const other of [local, remote]) {
        const gone = view.spawn('cat', 'c/recv');
        await blocked(gone);
        await endsBy(gone, signal);
        const sent = other.sh('echo message > c/send');
        const { stdout, status } = await view.sh('cat c/recv');
        t.deepEqual([stdout, status], ['message\n', 0]);
        t.is((await sent).status, 0);
        t.is(await gone.stdout, '');
      }
    }
  });

  test(`${signal} ends a waiting sender at once, and its message was never sent`, async (t) => {
    const { local, remote } = await rendezvousViews(t);
    for (const view of [local, remote]) {
      for (const other of [local, remote]) {
        const gone = view.spawn('sh', '-c', 'exec /bin/echo never > c/send');
        await blocked(gone);
        await endsBy(gone, signal);
        const sent = view.sh('echo message > c/send');
        const { stdout, status } = await other.sh('cat c/recv');
        t.deepEqual([stdout, status], ['message\n', 0]);
        t.is((await sent).status, 0);
      }
    }
    t.is(JSON.parse((await local.sh('cat c/peek')).stdout).NumSend, 4);
  });

  test(`${signal} of a receiver in the moment of the hand-off loses no message and doubles none`, async (t) => {
    const { local, remote } = await rendezvousViews(t);
    for (const view of [local, remote]) {
      let handedOver = 0;
      for (let round = 0; round < 10; round += 1) {
        const first = view.spawn('cat', 'c/recv');
        await blocked(first);
        const sent = local.sh(`echo ${round} > c/send; echo ${round}. > c/send`);
        // Before, amid, or after the hand-off.
        const moment = performance.now() + round;
        while (performance.now() < moment) await new Promise(setImmediate);
        first.process.kill(signal);
        await first.status;
        const counted = JSON.parse((await view.sh('cat c/peek')).stdout);
        let next = (await view.sh('cat c/recv')).stdout;
        // Where the first one had it, the second message comes next.
        if (next === `${round}\n`) {
          t.is(await first.stdout, '');
          next = (await view.sh('cat c/recv')).stdout;
        } else {
          t.is(counted.NumRecv % 2, 1);
          handedOver += 1;
        }
        t.is(next, `${round}.\n`);
        t.is((await sent).status, 0);
        const { NumSend, NumRecv } = JSON.parse((await view.sh('cat c/peek')).stdout);
        t.is(NumSend, NumRecv);
      }
      t.log(`${view.name}: ${handedOver} of 10 had the message`);
    }
  });
}

test('a daemon that dies while its receiver waits has received nothing', async (t) => {
  const { local, remotes, others } = await channelViews(t, 3);
  const [dying, next] = remotes;
  if (!dying || !next) throw new Error('three members');
  await local.sh('mkdir c && echo 0 > c/mkchan');
  const waiting = dying.spawn('cat', 'c/recv');
  await blocked(waiting);
  await others[0]?.stop('SIGKILL');
  t.not(await waiting.status, 0);
  const sent = local.sh('echo message > c/send');
  t.is((await next.sh('cat c/recv')).stdout, 'message\n');
  t.is((await sent).status, 0);
});

test('a receiver whose daemon dies in the middle of the message gives the sender EPIPE', async (t) => {
  const { local, remotes, others } = await channelViews(t, 3);
  const [dying, next] = remotes;
  if (!dying || !next) throw new Error('three members');
  await local.sh('mkdir c && echo 0 > c/mkchan');
  const sender = sendAll(local);
  sender.process.stdin?.on('error', () => {});
  sender.process.stdin?.write('begun');
  const receiver = dying.spawn('cat', 'c/recv');
  await receiver.printed('begun');
  await others[0]?.stop('SIGKILL');
  t.not(await receiver.status, 0);
  const writing = setInterval(() => sender.process.stdin?.write('more'), 10);
  t.is(await sender.status, 1);
  clearInterval(writing);
  t.regex(await sender.stderr, /Broken pipe/);
  const sent = local.sh('echo message > c/send');
  t.is((await next.sh('cat c/recv')).stdout, 'message\n');
  t.is((await sent).status, 0);
});

test('a receiver that goes away in the middle of the message gives the sender EPIPE', async (t) => {
  const { local, remote } = await rendezvousViews(t);
  for (const [from, to] of [
    [local, local],
    [local, remote],
    [remote, local],
    [remote, remote],
  ] as const) {
    const sender = from.sh('cat /dev/zero > c/send');
    t.is((await to.sh('head -c 10 c/recv | wc -c')).stdout, '10\n');
    const { stderr, status } = await sender;
    t.is(status, 1);
    t.regex(stderr, /Broken pipe/);
  }
});

test('a sender that is killed half-way gives the receiver EIO, never a clean end', async (t) => {
  const { local, remote } = await rendezvousViews(t);
  for (const [from, to] of [
    [local, local],
    [local, remote],
    [remote, local],
    [remote, remote],
  ] as const) {
    const sender = sendAll(from);
    sender.process.stdin?.write('begun');
    const receiver = to.spawn('cat', 'c/recv');
    await receiver.printed('begun');
    sender.process.kill('SIGKILL');
    t.is(await receiver.status, 1);
    t.is(await receiver.stdout, 'begun');
    t.is(await receiver.stderr, 'cat: c/recv: Input/output error\n');
  }
});

test('so does one whose wrapper holds the open file, too, and ends as usual', async (t) => {
  const { cluster, local, remote } = await rendezvousViews(t);
  for (const [from, to] of [
    [local, remote],
    [remote, local],
  ] as const) {
    // The shell opens the file, and closes it after cat, which is killed when part is received.
    for (const [then, status, received] of [
      ['true', 1, 'part\n'],
      // One that goes on where another was killed completes the message.
      ['echo rest', 0, 'part\nrest\n'],
    ] as const) {
      const pid = join(cluster.directory, 'pid');
      const killed = `sh -c 'echo $$ > "$0"; exec cat' ${pid}`;
      const sender = from.spawn('sh', '-c', `{ ${killed}; ${then}; } > c/send`);
      sender.process.stdin?.write('part\n');
      const receiver = to.spawn('cat', 'c/recv');
      await receiver.printed('part\n');
      process.kill(Number(readFileSync(pid, 'utf8')), 'SIGTERM');
      t.deepEqual([await receiver.stdout, await receiver.status], [received, status]);
      t.is(await receiver.stderr, status === 0 ? '' : 'cat: c/recv: Input/output error\n');
      t.is(await sender.status, 0);
    }
  }
});

test('one that ends without closing has sent its message, be it that it has threads', async (t) => {
  const { local, remote } = await rendezvousViews(t);
  const node = `const f = require('fs').openSync('c/send', 'w'); require('fs').writeSync(f, 'all');`;
  const python = `import os, threading, time
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
os.write(os.open('c/send', os.O_WRONLY), b'all'); os._exit(0)`;
  for (const argv of [
    [process.execPath, '-e', `${node} process.exit()`],
    ['python3', '-c', python],
  ]) {
    const sender = local.spawn(...argv);
    const { stdout, stderr, status } = await remote.sh('cat c/recv');
    t.deepEqual([stdout, stderr, status], ['all', '', 0]);
    t.is(await sender.status, 0);
  }
});

test('a message breaks off where who holds it open is killed, though another wrote', async (t) => {
  const { local, remote } = await rendezvousViews(t);
  const sender = local.sh('exec 3> c/send; /bin/echo part >&3; sleep 0.3; kill -9 $$');
  const { stdout, status } = await remote.sh('cat c/recv');
  t.deepEqual([stdout, status], ['part\n', 1]);
  await sender;
});

test('a sender whose daemon dies half-way gives the receiver EIO', async (t) => {
  const { local, remote, others } = await rendezvousViews(t);
  const sender = sendAll(remote);
  sender.process.stdin?.write('begun');
  const receiver = local.spawn('cat', 'c/recv');
  await receiver.printed('begun');
  await others[0]?.stop('SIGKILL');
  t.is(await receiver.status, 1);
  t.is(await receiver.stdout, 'begun');
  t.is(await receiver.stderr, 'cat: c/recv: Input/output error\n');
  sender.process.stdin?.end();
  await sender.status;
});

test("the owner's death gives who waits an error, and who is in the middle EIO", async (t) => {
  const { local, remote, owner } = await channelViews(t);
  await local.sh('mkdir c d && echo 0 > c/mkchan && echo 0 > d/mkchan');
  const waiting = remote.spawn('cat', 'd/recv');
  await blocked(waiting);
  const sender = sendAll(remote);
  sender.process.stdin?.on('error', () => {});
  sender.process.stdin?.write('begun');
  const receiver = remote.spawn('cat', 'c/recv');
  await receiver.printed('begun');
  await owner.stop('SIGKILL');
  t.is(await receiver.status, 1);
  t.regex(await receiver.stderr, /Input\/output error/);
  t.is(await waiting.status, 1);
  t.regex(await waiting.stderr, /No route to host/);
  const writing = setInterval(() => sender.process.stdin?.write('more'), 10);
  t.is(await sender.status, 1);
  clearInterval(writing);
});

test('SIGKILL of a sender leaves what the buffer has taken', async (t) => {
  const { local, remote } = await channelViews(t);
  await local.sh('mkdir c && echo 1 > c/mkchan');
  for (const view of [local, remote]) {
    t.is((await view.sh('echo kept > c/send')).status, 0);
    const second = view.spawn('sh', '-c', 'exec /bin/echo never > c/send');
    await blocked(second);
    await endsBy(second, 'SIGKILL');
    t.is((await view.sh('cat c/recv')).stdout, 'kept\n');
    await eventually(
      () => view.sh('cat c/tryrecv'),
      ({ stderr }) => /temporarily unavailable/.test(stderr),
    );
  }
});
