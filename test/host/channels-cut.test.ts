import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { blocked, type View } from './channels.js';
import { eventually, PATIENCE, within } from './cluster.js';
import { linkedViews } from './link.js';

/** How many messages are on their way when the link is cut; some of them in the very moment. */
const MESSAGES = 100;

/** Prints whether a message waits for receivers of a file, and takes none. */
const IS_READABLE = `
import os, select, sys
poll = select.poll()
poll.register(os.open(sys.argv[1], os.O_RDONLY | os.O_NONBLOCK), select.POLLIN)
print(bool(poll.poll(0)))`;

/**
 * Runs a command of the shell once for each message, `$i`, all at once; what each
 * prints goes to `name`/$i, and when it ends its exit status to `name`/$i.status.
 */
async function forEach(
  { sh, directory }: Pick<View, 'sh' | 'directory'>,
  out: string,
  command: string,
) {
  const count = `i=0; while [ $i -lt ${MESSAGES} ]; do i=$((i+1))`;
  return await sh(
    `cd ${directory}; ${count}; { (${command}) > ${out}/$i 2> ${out}/$i.said; echo $? > ${out}/$i.status; } & done; wait`,
  );
}

/** What {@link forEach} has left, by the number of the message. */
function outcomes(out: string) {
  const read = (name: string) => readFileSync(join(out, name), 'utf8').trim();
  return Array.from({ length: MESSAGES }, (_, i) => `${i + 1}`).map((number) => ({
    number,
    printed: read(number),
    said: read(`${number}.said`),
    status: Number(read(`${number}.status`)),
  }));
}

/** Resolves when so many have ended. */
async function ended(out: string, atLeast: number): Promise<void> {
  await eventually(
    async () => readdirSync(out).filter((name) => name.endsWith('.status')).length,
    (count) => count >= atLeast,
  );
}

/** Fails where TCP itself, which tries for a quarter of an hour, would have found the link cut. */
async function inTime(ends: Promise<unknown>): Promise<void> {
  await within(PATIENCE, ends, () => 'the link is cut');
}

test('a link that is cut in the moment of the hand-off loses no message to a receiver', async (t) => {
  const { cluster, local, remote, cut } = await linkedViews(t);
  await local.sh('mkdir c idle && echo 0 > c/mkchan && echo 0 > idle/mkchan');
  const [there, sent] = [cluster.mkdir('there'), cluster.mkdir('sent')];
  const receivers = forEach(remote, there, 'cat c/recv');
  const waiting = remote.spawn('cat', 'idle/recv');
  await blocked(waiting);
  const senders = forEach(local, sent, '/bin/echo $i > c/send');
  await ended(there, 1);
  await cut();
  // Who waits over there learns that nothing will come.
  await inTime(Promise.all([receivers, waiting.status]));
  t.is(await waiting.status, 1);
  t.regex(await waiting.stderr, /No route to host/);
  // What has not reached them is the next receivers', here.
  const gotThere = outcomes(there);
  const next = local.sh(
    `until [ "$(ls ${sent}/*.status | wc -l)" = ${MESSAGES} ]; do cat c/tryrecv; done 2>/dev/null`,
  );
  t.is((await senders).status, 0);
  for (const { number, status, said } of outcomes(sent)) t.is(status, 0, `${number}: ${said}`);
  const gotHere = (await next).stdout.trim().split('\n');
  const complete = gotThere.filter(({ status }) => status === 0).map(({ printed }) => printed);
  const failed = gotThere.filter(({ status }) => status !== 0);
  t.log(`${complete.length} had been received, ${gotHere.length} went to the next`);
  for (const { said } of failed) t.regex(said, /Input\/output error|No route to host/);
  // Each once; one that its receiver could not acknowledge has printed it and failed.
  const all = [...complete, ...gotHere];
  t.deepEqual(new Set(all).size, all.length);
  const broken = failed.map(({ printed }) => printed).filter((printed) => printed !== '');
  for (let number = 1; number <= MESSAGES; number += 1) {
    t.true([...all, ...broken].includes(String(number)), `${number} was lost`);
  }
});

test('a link that is cut in the moment of the hand-off loses no message that was sent', async (t) => {
  const { cluster, local, remote, cut } = await linkedViews(t);
  await local.sh('mkdir c idle && echo 0 > c/mkchan && echo 0 > idle/mkchan');
  const [got, sent] = [cluster.mkdir('got'), cluster.mkdir('sent')];
  const waiting = remote.spawn('sh', '-c', 'exec /bin/echo never > idle/send');
  const isReadable = async () => {
    const { stdout } = await local.sh(`python3 -c '${IS_READABLE}' idle/recv`);
    return stdout.trim() === 'True';
  };
  await eventually(isReadable, (is) => is);
  const receivers = forEach(local, got, 'cat c/recv');
  const senders = forEach(remote, sent, '/bin/echo $i > c/send');
  await ended(got, 1);
  await cut();
  await inTime(waiting.status);
  await inTime(senders);
  t.is(await waiting.status, 1);
  t.regex(await waiting.stderr, /No route to host/);
  // Those that are left over are let go.
  t.is((await local.sh('echo > c/close')).status, 0);
  t.is((await receivers).status, 0);
  // The channel's own member may notice later than the sender that nobody is there any more.
  await eventually(isReadable, (is) => !is);
  t.is((await local.sh('cat idle/tryrecv')).stdout, '');
  const received = outcomes(got)
    .map(({ printed }) => printed)
    .filter((printed) => printed !== '');
  t.deepEqual(new Set(received).size, received.length);
  const succeeded = outcomes(sent).filter(({ status }) => status === 0);
  t.log(`${received.length} were received, ${succeeded.length} of their senders know it`);
  for (const { number } of succeeded) t.true(received.includes(number), `${number} was lost`);
  for (const { status, said } of outcomes(sent)) {
    if (status !== 0) t.regex(said, /Input\/output error|No route to host/);
  }
});

test('a link that is cut in the middle of a message: EIO for its receiver, EPIPE for its sender', async (t) => {
  const { local, remote, cut } = await linkedViews(t);
  await local.sh('mkdir out in && echo 0 > out/mkchan && echo 0 > in/mkchan');
  const ways = [
    { from: local, to: remote, channel: 'out' },
    { from: remote, to: local, channel: 'in' },
  ].map(({ from, to, channel }) => ({
    sender: from.spawn('sh', '-c', `exec > ${channel}/send; printf begun; exec cat /dev/zero`),
    receiver: to.spawn('sh', '-c', `exec cat ${channel}/recv`),
  }));
  // What was written second: so the sender knows that the message has begun.
  for (const { receiver } of ways) await receiver.printed('\0');
  await cut();
  const ends = ways.flatMap(({ sender, receiver }) => [sender.status, receiver.status]);
  await inTime(Promise.all(ends));
  for (const { sender, receiver } of ways) {
    t.is(await receiver.status, 1);
    t.regex(await receiver.stderr, /Input\/output error/);
    t.is(await sender.status, 1);
  }
  t.regex((await ways[0]?.sender.stderr) ?? '', /Broken pipe/);
  // Its sender over there cannot know whether the receiver has gone, or the link.
  t.regex((await ways[1]?.sender.stderr) ?? '', /Input\/output error/);
});
