import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import test from 'ava';
import type { Process } from '../../../src/client/index.js';
import { eventually, PATIENCE } from '../../host/cluster.js';
import { binary, twoMembers } from './circuit.js';

test('a process: its streams, its end, its state', async (t) => {
  const { anchors } = await twoMembers(t);
  for (const anchor of anchors) {
    const script = 'echo out; echo err >&2; read x; echo "got $x"; exit 3';
    using process = await anchor.makeProcess({ Path: 'sh', Args: ['-c', script] });
    t.is((await process.peek()).Phase, 'running');
    const end = process.wait();
    process.stdin.end('hi there\n');
    t.is(await text(process.stdout), 'out\ngot hi there\n');
    t.is(await text(process.stderr), 'err\n');
    const { Exit, Phase, Cmd } = await end;
    t.deepEqual([Exit, Phase, Cmd.Args], ['3', 'exited', ['-c', script]]);
    t.deepEqual(await process.wait(), await process.peek());
    using same = await anchor.get();
    t.is(same?.kind, 'proc');
    await t.throwsAsync(process.signal('TERM'), { code: 'ESRCH' });
    await process.scrub();
    await t.throwsAsync(process.scrub(), { code: 'ENOENT' });
  }
});

test('standard input that is destroyed in the middle of a write ends', async (t) => {
  const { anchors, cluster } = await twoMembers(t);
  for (const anchor of anchors) {
    const script = 'head -c 100000 > /dev/null; echo begun; read go < "$0"; cat > /dev/null';
    const fifo = join(cluster.directory, anchor.path.replaceAll('/', '-'));
    execFileSync('mkfifo', [fifo]);
    using process = await anchor.makeProcess({ Path: 'sh', Args: ['-c', script, fifo] });
    process.stdin.write(binary(10_000_000));
    const [begun] = await once(process.stdout, 'data');
    t.is(String(begun), 'begun\n');
    process.stdin.destroy();
    await writeFile(fifo, 'go\n');
    t.is((await process.wait({ signal: AbortSignal.timeout(PATIENCE) })).Exit, '0');
  }
});

test('commands that cannot be carried out make no process', async (t) => {
  const { anchors } = await twoMembers(t);
  for (const anchor of anchors) {
    for (const [command, code] of [
      [{ Path: '' }, 'EINVAL'],
      [{ Path: 'ls', Args: ['a\0b'] }, 'EINVAL'],
      [{ Path: '/nonexistent' }, 'ENOENT'],
      [{ Path: '/etc/passwd' }, 'EACCES'],
      [{ Path: 'ls', Dir: '/nonexistent' }, 'ENOENT'],
    ] as const) {
      await t.throwsAsync(anchor.makeProcess(command), { code });
    }
    await t.throwsAsync(anchor.view(), { code: 'ENOENT' });
  }
});

test('a process that Scrub removes at its end is still held by its maker', async (t) => {
  const { anchors } = await twoMembers(t);
  for (const anchor of anchors) {
    for (let round = 0; round < 50; round += 1) {
      const command = { Path: 'echo', Args: [String(round)], Scrub: true };
      using process = await anchor.makeProcess(command);
      t.is((await process.wait()).Exit, '0');
      t.is(await text(process.stdout), `${round}\n`);
      await eventually(
        () => anchor.view().catch(() => undefined),
        (view) => view === undefined,
      );
      t.is((await process.peek()).Phase, 'exited');
    }
  }
});

test('10 MB through stdin and stdout have equal checksums', async (t) => {
  const { anchors } = await twoMembers(t);
  const data = binary(10_000_000);
  for (const anchor of anchors) {
    using process = await anchor.makeProcess({ Path: 'cat' });
    const hash = createHash('sha256');
    const fed = pipeline(Readable.from([data.subarray(0, 77), data.subarray(77)]), process.stdin);
    await pipeline(process.stdout, hash);
    await fed;
    t.is(hash.digest('hex'), createHash('sha256').update(data).digest('hex'));
    t.is((await process.wait()).Exit, '0');
    await process.scrub();
  }
});

test('wait is interrupted, signal and scrub end it', async (t) => {
  const { anchors } = await twoMembers(t);
  for (const anchor of anchors) {
    using process = await anchor.makeProcess({ Path: 'sleep', Args: ['1000'] });
    const interrupted = new AbortController();
    const waiting = t.throwsAsync(process.wait(interrupted), { code: 'EINTR' });
    await process.peek();
    interrupted.abort();
    await waiting;
    await t.throwsAsync(process.signal('FOO'), { code: 'EINVAL' });
    await process.signal('SIGKILL');
    t.is((await process.wait()).Exit, 'KILL');
    await process.scrub();
    using second = await anchor.makeProcess({ Path: 'sleep', Args: ['1000'] });
    await second.signal(15);
    t.is((await second.wait()).Exit, 'TERM');
    await second.scrub();
  }
});

/** Resolves when what was destroyed before has been let go, on each of at most two hops. */
async function givenBack(process: Process): Promise<void> {
  for (let hop = 0; hop < 2; hop += 1) {
    await process.peek();
    await process.peek();
  }
}

test('an output that is abandoned gives back what was not handed out', async (t) => {
  const { anchors } = await twoMembers(t);
  for (const anchor of anchors) {
    const data = binary(5_000_000);
    using process = await anchor.makeProcess({ Path: 'cat' });
    const fed = pipeline(Readable.from([data]), process.stdin);
    const head: Buffer[] = [];
    for await (const chunk of process.stdout) {
      head.push(chunk);
      break;
    }
    await givenBack(process);
    const second = process.stdout;
    await new Promise((resolve) => second.once('readable', resolve));
    const piece: Buffer = second.read(10);
    second.destroy();
    await givenBack(process);
    const rest = await buffer(process.stdout);
    await fed;
    const seen = Buffer.concat([...head, piece, rest]);
    t.is(seen.length, data.length);
    t.true(seen.equals(data));
    await process.scrub();
  }
});

test('input that nobody listens to does not end the program when its process or member is lost', async (t) => {
  const { anchors, owner, remote, circuit } = await twoMembers(t);
  for (const anchor of anchors) {
    using deaf = await anchor.makeProcess({ Path: 'sh', Args: ['-c', 'exec <&-; sleep 0.1'] });
    deaf.stdin.end(binary(5_000_000));
    t.is((await deaf.wait()).Exit, '0');
    await deaf.scrub();
  }
  using busy = await circuit
    .anchor(`/${remote}/busy`)
    .makeProcess({ Path: 'sleep', Args: ['1000'] });
  const closed = new Promise((resolve) => busy.stdin.once('close', resolve));
  busy.stdin.end(binary(5_000_000));
  owner.process.kill('SIGKILL');
  await t.throwsAsync(busy.wait(), { code: 'EHOSTUNREACH' });
  await closed;
});

test('a call to a member that has gone fails, and says that it has gone', async (t) => {
  const { owner, remote, circuit } = await twoMembers(t);
  const anchor = circuit.anchor(`/${remote}/gone`);
  await circuit.member(remote).addr();
  owner.process.kill('SIGKILL');
  await eventually(
    () => circuit.refresh(),
    (members) => members.length === 1,
  );
  await t.throwsAsync(anchor.makeProcess({ Path: 'true' }), {
    message:
      /^(there is no member X[0-9a-f]{16}|X[0-9a-f]{16} cannot be reached now: it is not in the network any more)$/,
  });
});

test('writing to a process that has ended fails with EPIPE', async (t) => {
  const { anchors } = await twoMembers(t);
  for (const anchor of anchors) {
    using process = await anchor.makeProcess({ Path: 'true' });
    await process.wait();
    await t.throwsAsync(pipeline(Readable.from([binary(1)]), process.stdin), { code: 'EPIPE' });
    await process.scrub();
  }
});
