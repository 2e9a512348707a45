import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { alarmed, blocked, channelViews, rendezvousViews } from './channels.js';

test('capacity 0 is a rendezvous: the sender waits for its receiver', async (t) => {
  const { local, remote } = await rendezvousViews(t);
  for (const [from, to] of [
    [local, local],
    [local, remote],
    [remote, local],
    [remote, remote],
  ] as const) {
    const sender = from.spawn('sh', '-c', 'exec /bin/echo hello > c/send');
    await blocked(sender);
    t.is(sender.process.exitCode, null);
    const received = await to.sh('cat c/recv');
    t.deepEqual([received.stdout, received.status], ['hello\n', 0], received.stderr);
    t.is(await sender.status, 0);
  }
  const { stdout } = await remote.sh('cat c/peek');
  t.deepEqual(JSON.parse(stdout), { Cap: 0, Closed: false, NumSend: 4, NumRecv: 4 });
});

test('a buffer takes as many messages as it has places, and gives them in order', async (t) => {
  const { local, remote } = await channelViews(t);
  for (const [name, from, to] of [
    ['a', local, remote],
    ['b', remote, local],
  ] as const) {
    const sent = await from.sh(
      `mkdir ${name}; echo 3 > ${name}/mkchan; for i in 1 2 3; do echo $i > ${name}/send; done`,
    );
    t.is(sent.status, 0, sent.stderr);
    t.is((await to.sh(`cat ${name}/cap`)).stdout, '3\n');
    const fourth = from.spawn('sh', '-c', `exec /bin/echo 4 > ${name}/send`);
    await blocked(fourth);
    const got = await to.sh(`for i in 1 2 3 4; do cat ${name}/recv; done`);
    t.is(got.stdout, '1\n2\n3\n4\n', got.stderr);
    t.is(await fourth.status, 0);
  }
});

test('binary data of any length pass unchanged; opening and closing sends nothing', async (t) => {
  const { cluster, local, remote } = await channelViews(t);
  await local.sh('mkdir c && echo 1 > c/mkchan');
  const bytes = Buffer.from(Array.from({ length: 100_003 }, (_, i) => (i * 7919) & 0xff));
  const file = join(cluster.directory, 'bytes');
  writeFileSync(file, bytes);
  for (const [from, to] of [
    [local, remote],
    [remote, local],
  ] as const) {
    t.is((await from.sh(': > c/send')).status, 0);
    const sender = from.sh(`cat ${file} > c/send`);
    const received = await to.sh(`cat c/recv > ${file}.got`);
    t.is(received.status, 0, received.stderr);
    t.is((await sender).status, 0);
    t.true(readFileSync(`${file}.got`).equals(bytes));
    const { NumSend, NumRecv } = JSON.parse((await to.sh('cat c/peek')).stdout);
    t.is(NumSend, NumRecv);
  }
  // One open is one message, in however many reads and writes.
  const pieces = local.sh('(printf a; printf b; printf "\\0c") > c/send');
  t.is(
    (await remote.sh('dd if=c/recv bs=1 status=none | od -An -c')).stdout,
    '   a   b  \\0   c\n',
  );
  t.is((await pieces).status, 0);
});

test('trysend and tryrecv fail with EAGAIN where send and recv would wait', async (t) => {
  const { local, remote } = await channelViews(t);
  await local.sh('mkdir c d && echo 1 > c/mkchan && echo 0 > d/mkchan');
  for (const view of [local, remote]) {
    t.regex((await view.sh('cat c/tryrecv')).stderr, /Resource temporarily unavailable/);
    t.is((await view.sh('/bin/echo one > c/trysend')).status, 0);
    t.regex((await view.sh('/bin/echo two > c/trysend')).stderr, /Resource temporarily/);
    t.is((await view.sh('cat c/tryrecv')).stdout, 'one\n');
    t.regex((await view.sh('/bin/echo two > d/trysend')).stderr, /Resource temporarily/);
    t.is(
      (await view.sh('cat d/error')).stdout,
      'would have to wait: no receiver and no place is free\n',
    );
    const receiver = view.spawn('cat', 'd/recv');
    await blocked(receiver);
    t.is((await local.sh('/bin/echo two > d/trysend')).status, 0);
    t.is(await receiver.stdout, 'two\n');
  }
});

test('what tryrecv has begun to receive it receives whole', async (t) => {
  const { local, remote } = await rendezvousViews(t);
  for (const view of [local, remote]) {
    for (const size of [3, 5_000_000]) {
      const sender = local.spawn('sh', '-c', `exec head -c ${size} /dev/zero > c/send`);
      await blocked(sender);
      const received = await view.sh('cat c/tryrecv | wc -c');
      t.is(received.stdout.trim(), `${size}`, received.stderr);
      t.is(received.stderr, '');
      t.is(await sender.status, 0);
    }
  }
});

test('close: EPIPE for senders, ENODATA for receivers when all is drained', async (t) => {
  const { local, remote } = await channelViews(t);
  for (const [name, view, other] of [
    ['a', local, remote],
    ['b', remote, local],
  ] as const) {
    await view.sh(`mkdir ${name} && echo 1 > ${name}/mkchan && echo kept > ${name}/send`);
    const waiting = view.spawn('sh', '-c', `exec /bin/echo late > ${name}/send`);
    await blocked(waiting);
    t.is((await other.sh(`echo > ${name}/close`)).status, 0);
    t.is(await waiting.status, 1);
    t.regex(await waiting.stderr, /Broken pipe/);
    t.regex((await view.sh(`/bin/echo x > ${name}/send`)).stderr, /Broken pipe/);
    t.regex((await view.sh(`/bin/echo x > ${name}/trysend`)).stderr, /Broken pipe/);
    t.is((await view.sh(`cat ${name}/recv`)).stdout, 'kept\n');
    for (const file of ['recv', 'tryrecv']) {
      const drained = await view.sh(`cat ${name}/${file}`);
      t.is(drained.stderr, `cat: ${name}/${file}: No data available\n`);
      t.is(drained.status, 1);
    }
    t.true(JSON.parse((await other.sh(`cat ${name}/peek`)).stdout).Closed);
  }
});

test('scrub lets go whoever waits, and the anchor can be made anew', async (t) => {
  const { local, remote } = await channelViews(t);
  for (const scrubber of [local, remote]) {
    t.is((await scrubber.sh('mkdir -p c && echo 0 > c/mkchan')).status, 0);
    t.is((await scrubber.sh('cat c/kind')).stdout, 'chan\n');
    const receivers = [local, remote].map((view) => view.spawn('cat', 'c/recv'));
    await Promise.all(receivers.map(blocked));
    t.is((await scrubber.sh('echo > c/scrub')).status, 0);
    for (const receiver of receivers) {
      t.is(await receiver.status, 1);
      t.regex(await receiver.stderr, /No data available/);
    }
    t.is((await scrubber.sh('echo 0 > c/mkchan')).status, 0);
    const sender = local.spawn('sh', '-c', 'exec /bin/echo x > c/send');
    await blocked(sender);
    t.is((await scrubber.sh('echo > c/scrub')).status, 0);
    t.is(await sender.status, 1);
    t.regex(await sender.stderr, /Broken pipe/);
    t.is((await scrubber.sh('ls c')).stdout.includes('mkchan'), true);
    t.is((await scrubber.sh('ls c')).stdout.includes('send'), false);
  }
});

test('a capacity that is none is EINVAL, with a sentence in `error`', async (t) => {
  const { local, remote } = await channelViews(t);
  await local.sh('mkdir c');
  for (const view of [local, remote]) {
    for (const capacity of ['-1', 'x', '1e9', '', '1000001', '1 2', '99999999999999999999']) {
      const { status, stderr } = await view.sh(`/bin/echo '${capacity}' > c/mkchan`);
      t.is(status, 1, capacity);
      t.regex(stderr, /Invalid argument/);
      t.regex(
        (await view.sh('cat c/error')).stdout,
        /^the capacity of a channel is a whole number/,
      );
    }
    t.is((await view.sh('ls c/kind')).status, 2);
  }
});

test('an anchor has one element, and names that its files bear are taken', async (t) => {
  const { local, remote } = await channelViews(t);
  await local.sh('mkdir -p c hidden/send && echo 0 > c/mkchan');
  for (const view of [local, remote]) {
    // The makers have gone; who has one open still gets the answer.
    t.is((await view.sh('ls c/mkchan')).status, 2);
    t.regex((await view.sh('mkdir c/send')).stderr, /File exists/);
    t.regex((await view.sh('/bin/echo 1 > hidden/mkchan')).stderr, /File exists/);
    t.regex(
      (await view.sh('cat hidden/error')).stdout,
      /^the sub-anchor \/X[0-9a-f]{16}\/hidden\/send would be hidden by a control file\n$/,
    );
    t.regex((await view.sh('rmdir c')).stderr, /Device or resource busy/);
    t.regex(
      (await view.sh('cat error')).stdout,
      /^\/X[0-9a-f]{16}\/c has a live channel; scrub it first\n$/,
    );
    const name = `open-${view.name}`;
    const second = await view.sh(
      `mkdir ${name}; exec 3> ${name}/mkchan; echo 1 >&3; /bin/echo 1 >&3`,
    );
    t.is(second.status, 1);
    t.regex(second.stderr, /File exists/);
    t.regex((await view.sh(`cat ${name}/error`)).stdout, /has a channel already\n$/);
  }
});

test('a program that was left the open file of a command, and ends, does not have half of it run', async (t) => {
  const { local, remote } = await channelViews(t);
  await local.sh('mkdir a b c d');
  for (const [name, write, capacity] of [
    ['a', "printf 1; /bin/true; printf '2\\n'", '12'],
    ['b', 'printf 1; /bin/printf 2; /bin/true; printf 3', '123'],
    ['c', 'printf 4; /bin/true', '4'],
    ['d', '/bin/printf 5; /bin/true', '5'],
  ] as const) {
    const view = name === 'b' ? remote : local;
    const { status, stderr } = await view.sh(`{ ${write}; } > ${name}/mkchan`);
    t.deepEqual([status, stderr], [0, ''], name);
    t.is((await view.sh(`cat ${name}/cap`)).stdout, `${capacity}\n`);
  }
});

test('a sub-anchor of a channel is no hindrance, and outlives it', async (t) => {
  const { local, remote } = await channelViews(t);
  t.is((await remote.sh('mkdir -p c/below && echo 1 > c/mkchan')).status, 0);
  t.is((await remote.sh('echo 1 > c/below/mkchan && echo x > c/below/send')).status, 0);
  t.is((await local.sh('echo > c/scrub && cat c/below/recv')).stdout, 'x\n');
});

test('readers of one open file that are killed leave nobody behind', async (t) => {
  const { local, remote } = await channelViews(t);
  for (const view of [local, remote]) {
    await view.sh('mkdir c; echo 0 > c/mkchan');
    const { status, stderr } = await view.sh(`exec 3< c/recv
      cat <&3 & one=$!; cat <&3 & two=$!
      sleep 1; kill $one $two; wait $one $two; exec 3<&-`);
    t.is(status, 0, stderr);
    const receiver = view.spawn('cat', 'c/recv');
    t.is((await view.sh('echo hi > c/send')).status, 0);
    t.is(await receiver.stdout, 'hi\n');
    await view.sh('echo > c/scrub; rmdir c');
  }
});

test('a program that is interrupted in the middle of a message goes on with it', async (t) => {
  const { local, remote } = await channelViews(t);
  for (const view of [local, remote]) {
    await view.sh('mkdir c; echo 0 > c/mkchan');
    const reader = alarmed(
      view,
      `
fd = os.open('c/recv', os.O_RDONLY)
message = os.read(fd, 65536)
signal.alarm(1)
while True:
    data = os.read(fd, 65536)
    if not data: break
    message += data
print(message.decode())`,
    );
    const writer = view.spawn('sh', '-c', 'exec > c/send; printf one; read more; printf two');
    await reader.printed('interrupted');
    writer.process.stdin?.end('go on\n');
    t.is(await reader.status, 0, await reader.stderr);
    t.is(await reader.stdout, 'interrupted\nonetwo\n');
    t.is(await writer.status, 0);

    const big = alarmed(
      view,
      `
fd = os.open('c/send', os.O_WRONLY)
os.write(fd, b'x')
signal.setitimer(signal.ITIMER_REAL, 1, 0.2)
for _ in range(40):
    rest = b'y' * 100000
    # An interrupted write(2) may have taken a part.
    while rest: rest = rest[os.write(fd, rest):]
signal.setitimer(signal.ITIMER_REAL, 0)
os.close(fd)`,
    );
    const slow = await view.sh('exec < c/recv; head -c 1; sleep 3; wc -c');
    t.regex(slow.stdout, /^x\s*4000000\n$/, slow.stderr);
    t.is(await big.status, 0, await big.stderr);
    t.regex(await big.stdout, /interrupted/);
    await view.sh('echo > c/scrub; rmdir c');
  }
});
