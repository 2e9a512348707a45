import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { dial } from '../../../src/client/index.js';
import { Cluster } from '../../host/cluster.js';
import { twoMembers } from './circuit.js';

const LIBRARY = pathToFileURL(join(import.meta.dirname, '../../../src/client/index.js')).href;

test('a client sees the members, from whichever it has dialled', async (t) => {
  const { circuit, other, remote } = await twoMembers(t);
  const names = circuit.members().map(({ name }) => name);
  t.deepEqual(names, [circuit.self, remote].sort());
  t.is((await circuit.member(remote).peek()).Name, remote);
  t.throws(() => circuit.member('X0123456789abcdef'), { code: 'ENOENT' });
  await other.stop();
  await t.throwsAsync(circuit.refresh(), { code: 'EHOSTUNREACH' });
});

test('a call of a member takes a signal as its last argument, and fails with EINTR when that is aborted', async (t) => {
  const { circuit, remote } = await twoMembers(t);
  const signal = AbortSignal.abort();
  for (const name of [circuit.self, remote]) {
    const member = circuit.member(name);
    const calls = [
      member.addr(signal),
      member.peek(signal),
      member.peers(signal),
      member.stk(signal),
      member.log(signal),
      member.readLog(0, 1, signal),
      member.whenLogged(0, signal),
    ];
    for (const call of calls) await t.throwsAsync(call, { code: 'EINTR' });
  }
});

test('dial fails with an errno that says why', async (t) => {
  const cluster = new Cluster(t);
  const { address } = await cluster.start('--no-mount');
  const wrong = address.replace(/Q.*/, `Q${'0'.repeat(32)}`);
  await t.throwsAsync(dial(wrong), { code: 'EACCES' });
  await t.throwsAsync(dial('nonsense'), { code: 'EINVAL' });
  await t.throwsAsync(dial(address.replace(/:\d+\//, ':1/')), { code: 'ECONNREFUSED' });
  await t.throwsAsync(dial(address, { signal: AbortSignal.abort() }), { code: 'EINTR' });
});

test('anchors: walk, mkdir, view, rmdir, get', async (t) => {
  const { anchors, circuit, remote } = await twoMembers(t);
  t.throws(() => circuit.anchor('a'), { code: 'EINVAL' });
  t.throws(() => circuit.anchor('/'), { code: 'EINVAL' });
  t.throws(() => circuit.anchor('/a'), { code: 'ENOENT' });
  t.is(circuit.anchor(`/${remote}/a//b/`).path, `/${remote}/a/b`);
  for (const anchor of anchors) {
    await t.throwsAsync(anchor.view(), { code: 'ENOENT' });
    await anchor.mkdir();
    await t.throwsAsync(anchor.mkdir(), { code: 'EEXIST' });
    await anchor.walk('b').mkdir();
    t.is(anchor.walk('b', 'c/d').path, `${anchor.path}/b/c/d`);
    t.deepEqual(
      (await anchor.view()).anchors.map(({ name }) => name),
      ['b'],
    );
    await t.throwsAsync(anchor.rmdir(), { code: 'ENOTEMPTY' });
    t.is(await anchor.walk('b').get(), undefined);
    using channel = await anchor.walk('b').makeChannel(1);
    using same = await anchor.walk('b').get();
    t.is(same?.kind, 'chan');
    await t.throwsAsync(anchor.walk('b').makeChannel(1), { code: 'EEXIST' });
    await t.throwsAsync(anchor.walk('b').rmdir(), { code: 'EBUSY' });
    await channel.scrub();
    // `b` was made by mkdir, so it stays.
    await anchor.walk('b').rmdir();
    await anchor.rmdir();
    await t.throwsAsync(anchor.get(), { code: 'ENOENT' });
    await t.throwsAsync(anchor.scrub(), { code: 'ENOENT' });
    await t.throwsAsync(anchor.view({ signal: AbortSignal.abort() }), { code: 'EINTR' });
  }
});

test('a member that has gone cannot be reached', async (t) => {
  const { anchors, owner } = await twoMembers(t);
  const [, far] = anchors;
  using channel = await far.makeChannel(0);
  const waiting = channel.recv();
  const refused = t.throwsAsync(waiting, { code: 'EHOSTUNREACH' });
  await owner.stop('SIGKILL');
  await refused;
  await t.throwsAsync(far.view());
});

test('a program ends by itself when it has closed its client, whatever it has left open', async (t) => {
  const cluster = new Cluster(t);
  const { address } = await cluster.start('--no-mount');
  const program = `
    import { dial } from ${JSON.stringify(LIBRARY)};
    const settled = [];
    const circuit = await dial(process.argv[2]);
    try {
      const anchor = circuit.anchor('/' + circuit.self);
      const channel = await anchor.walk('c').makeChannel(0);
      settled.push(channel.recv().catch((error) => error.code));
      const proc = await anchor.walk('p').makeProcess({ Path: 'cat' });
      settled.push(proc.wait().catch((error) => error.code));
      proc.stdout.on('data', (data) => process.stdout.write(data));
      proc.stderr.resume();
      proc.stdin.write('hello ');
      await new Promise((resolve) => proc.stdout.once('data', resolve));
    } finally {
      await circuit[Symbol.asyncDispose]();
    }
    console.log(...(await Promise.all(settled)));
  `;
  const script = join(cluster.directory, 'program.mjs');
  writeFileSync(script, program);
  const result = await cluster.run([process.execPath, script, address]);
  t.is(result.stderr, '');
  t.is(result.stdout, 'hello EHOSTUNREACH EHOSTUNREACH\n');
  t.is(result.status, 0);
});
