import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { program } from '../host/channels.js';
import { type Cluster, eventually, exitOf } from '../host/cluster.js';
import { COMPILED, circuitOf, EXAMPLES } from './circuit.js';

async function nothingIsLeft(t: ExecutionContext, cluster: Cluster, mount: string) {
  t.is((await cluster.sh(`find ${mount}/X* -mindepth 1 -type d`)).stdout, '');
}

test('pipeline.sh counts what passes three members', async (t) => {
  const { cluster, mount } = await circuitOf(t, 3);
  const result = await cluster.run(['sh', join(EXAMPLES, 'pipeline.sh'), mount]);
  t.deepEqual([result.stdout, result.stderr, result.status], ['271\n', '', 0]);
  await nothingIsLeft(t, cluster, mount);
});

/** Presses Ctrl-C, as somebody does who is in a hurry, until the program has ended. */
async function interruptedAgainAndAgain(child: ChildProcess) {
  const ended = exitOf(child);
  const hasEnded = async () => {
    child.kill('SIGINT');
    return child.exitCode !== null || child.signalCode !== null;
  };
  await eventually(hasEnded, (yes) => yes);
  return await ended;
}

test('pipeline.sh that is interrupted, however often, leaves nothing', async (t) => {
  const { cluster, mount } = await circuitOf(t, 3);
  const pipeline = cluster.spawn(['sh', join(EXAMPLES, 'pipeline.sh'), mount]);
  await eventually(
    () => cluster.sh(`ls -d ${mount}/X*/pipeline-*`),
    ({ stdout }) => stdout !== '',
  );
  await interruptedAgainAndAgain(pipeline);
  await nothingIsLeft(t, cluster, mount);
});

test('work-queue.sh: each job is done once, and every worker ends', async (t) => {
  const { cluster, mount } = await circuitOf(t, 3);
  const result = await cluster.run(['sh', join(EXAMPLES, 'work-queue.sh'), mount, '2', '12']);
  t.is(result.stderr, '');
  t.is(result.status, 0);
  const done = [...result.stdout.matchAll(/^(\d+) squared is (\d+), says X\w+\/[12]$/gm)];
  const numbers = done.map(([, job]) => Number(job)).sort((a, b) => a - b);
  t.deepEqual(
    numbers,
    Array.from({ length: 12 }, (_, i) => i + 1),
  );
  t.true(done.every(([, job, square]) => Number(job) ** 2 === Number(square)));
  await nothingIsLeft(t, cluster, mount);
});

test('wait-first prints who ends first, and kills the others', async (t) => {
  const { cluster, mount, addressFile } = await circuitOf(t, 3);
  // The first to make the directory ends; the others would go on for ever.
  const command = `mkdir ${cluster.directory}/won 2>/dev/null && echo hello || sleep 1000`;
  const result = await cluster.run([
    process.execPath,
    join(COMPILED, 'wait-first.js'),
    addressFile,
    'sh',
    '-c',
    command,
  ]);
  t.is(result.stderr, '');
  t.regex(result.stdout, /^\/X\w+\/wait-first-\d+ ended first: 0\nhello\n$/);
  t.is(result.status, 0);
  await nothingIsLeft(t, cluster, mount);
});

test('on-member.sh runs a command for each member that is there, comes, or goes, until Ctrl-C', async (t) => {
  const { cluster, mount, names, addressFile } = await circuitOf(t, 1);
  const script = join(EXAMPLES, 'on-member.sh');
  const start = (...args: string[]) => program(cluster.spawn(['sh', script, mount, ...args]));
  const joins = start('join', 'echo', 'there:');
  const leaves = start('leave', 'echo', 'gone:');
  let there = `there: /${names[0]}\n`;
  let gone = '';
  await joins.printed(there);
  await eventually(
    () => cluster.sh(`ls -d ${mount}/${names[0]}/on-leave-*/recv`),
    ({ status }) => status === 0,
  );
  const address = readFileSync(addressFile, 'utf8').trim();
  for (const end of ['SIGTERM', 'SIGKILL'] as const) {
    const guest = await cluster.start('--no-mount', '-j', address);
    const { stdout } = await cluster.sh(`ls ${mount} | grep -v ${names[0]}`);
    there += `there: /${stdout}`;
    gone += `gone: /${stdout}`;
    await joins.printed(there);
    await guest.stop(end);
    await leaves.printed(gone);
  }
  for (const [watch, printed] of [
    [joins, there],
    [leaves, gone],
  ] as const) {
    watch.process.kill('SIGINT');
    t.is(await watch.status, 130);
    t.deepEqual([await watch.stdout, await watch.stderr], [printed, '']);
  }
  await nothingIsLeft(t, cluster, mount);
});

for (const [example, anchor] of [
  ['watchbot.sh', 'watchbot'],
  ['watchbot.ts', 'watchbot-ts'],
] as const) {
  test(`${example}: the guards restart each other, and Ctrl-C takes both down`, async (t) => {
    const { cluster, mount, names, addressFile } = await circuitOf(t, 2);
    const argv = example.endsWith('.sh')
      ? ['sh', join(EXAMPLES, example), mount]
      : [process.execPath, join(COMPILED, 'watchbot.js'), addressFile];
    const bot = cluster.spawn(argv);
    const ended = exitOf(bot);
    const pids = async () =>
      (
        await cluster.sh(`cat ${names.map((name) => `${mount}/${name}/${anchor}/pid`).join(' ')}`)
      ).stdout
        .trim()
        .split('\n');
    let both = await eventually(pids, (seen) => seen.length === 2);
    for (const [index, name] of names.entries()) {
      const victim = both[index];
      // One that is killed while it starts the other has not given it the address yet.
      if (example === 'watchbot.ts') {
        await cluster.sh(
          names.map((watching) => `head -1 ${mount}/${watching}/${anchor}/stdout`).join('; '),
        );
      }
      await cluster.sh(`echo KILL > ${mount}/${name}/${anchor}/signal`);
      both = await eventually(pids, (seen) => seen.length === 2 && seen[index] !== victim);
    }
    if (example === 'watchbot.sh') t.is(await interruptedAgainAndAgain(bot), 130);
    else bot.kill('SIGINT');
    await ended;
    await nothingIsLeft(t, cluster, mount);
  });
}
