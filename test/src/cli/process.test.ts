import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { CIRCUIT_ENV, Cluster, collect, exitOf } from '../../host/cluster.js';

/** A daemon, and `circuit VERB ARG…` on an anchor of it. */
async function member(t: ExecutionContext) {
  const cluster = new Cluster(t);
  const { address } = await cluster.start('--no-mount');
  const name = (await cluster.circuit(['ls', '-d', address])).stdout.trim();
  const circuit = (verb: string, args: readonly string[], input = '') =>
    cluster.circuit([verb, '-d', address, ...args], { input });
  return { cluster, address, name, circuit };
}

test('mkproc, stdin, stdout, stderr, wait, peek, scrub', async (t) => {
  const { circuit, name } = await member(t);
  const path = `${name}/a/p`;
  const command = { Path: 'sh', Args: ['-c', 'echo err >&2; tr a-z A-Z; exit 7'] };
  const made = await circuit('mkproc', [path], JSON.stringify(command));
  t.is(made.status, 0, made.stderr);
  t.regex((await circuit('ls', ['-l', `${name}/a`])).stdout, /^proc {4}/);
  t.is((await circuit('stdin', [path], 'shout\n')).status, 0);
  t.is((await circuit('stdout', [path])).stdout, 'SHOUT\n');
  t.is((await circuit('stderr', [path])).stdout, 'err\n');
  t.is(JSON.parse((await circuit('wait', [path])).stdout).Exit, '7');
  t.is(JSON.parse((await circuit('peek', [path])).stdout).Phase, 'exited');
  t.is((await circuit('scrub', [path])).status, 0);
  t.is((await circuit('ls', [`${name}/...`])).stdout, '');
});

test('exec is interrupted also when its process has ended, and left others with its output', async (t) => {
  const { cluster, circuit, address, name } = await member(t);
  const script = ['sh', '-c', 'sleep 1000 & echo it runs; exit 6'];
  const running = cluster.spawn([
    process.execPath,
    CIRCUIT_ENV.CIRCUIT,
    ...['exec', '-d', address, `${name}/run`, '--', ...script],
  ]);
  await once(running.stdout ?? running, 'data');
  await circuit('wait', [`${name}/run`]);
  running.kill('SIGINT');
  t.is(await exitOf(running), 128 + 2);
  t.is((await circuit('ls', [name])).stdout, '');
});

test('signal, waitany and waitall', async (t) => {
  const { circuit, name } = await member(t);
  const paths = [`${name}/p`, `${name}/q`];
  for (const path of paths) await circuit('mkproc', [path], '{"Path":"sleep","Args":["1000"]}');
  const any = circuit('waitany', paths);
  const all = circuit('waitall', paths);
  t.is((await circuit('signal', ['TERM', `${name}/q`])).status, 0);
  t.is((await any).stdout, `${name}/q signaled TERM\n`);
  t.is((await circuit('signal', ['9', `${name}/p`])).status, 0);
  t.is((await all).stdout, `${name}/q signaled TERM\n${name}/p signaled KILL\n`);
  const late = await circuit('signal', ['TERM', `${name}/p`]);
  t.is(late.status, 1);
  t.regex(late.stderr, /^circuit: .*ended/);
  t.regex((await circuit('signal', ['FOO', `${name}/p`])).stderr, /FOO/);
});

test('waitall and waitany take anchors from standard input, one a line', async (t) => {
  const { circuit, name } = await member(t);
  const paths = [`${name}/p`, `${name}/with space`];
  for (const path of paths) await circuit('mkproc', [path], '{"Path":"cat"}');
  const lines = `\n${paths[0]}\r\n   \n${paths[1]}`;
  const all = circuit('waitall', [], lines);
  const any = circuit('waitany', [], `${lines}\n\n`);
  t.is((await circuit('signal', ['TERM', `${name}/with space`])).status, 0);
  t.is((await any).stdout, `${name}/with space signaled TERM\n`);
  t.is((await circuit('stdin', [`${name}/p`])).status, 0);
  t.deepEqual((await all).stdout.split('\n').sort(), [
    '',
    `${name}/p exited 0`,
    `${name}/with space signaled TERM`,
  ]);
  // Arguments go before it, and it is not read then.
  t.is((await circuit('waitall', [`${name}/p`], `${name}/none`)).stdout, `${name}/p exited 0\n`);
  const wrong = await circuit('waitall', [], `${name}/none\n`);
  t.deepEqual([wrong.status, wrong.stdout], [1, '']);
  t.regex(wrong.stderr, /^circuit: \/X\S+\/none: there is no anchor \S*none\n$/);
});

test('waitall of no lines is done at once; waitany of none, and both on a terminal, are wrong usage', async (t) => {
  const { cluster, circuit, name } = await member(t);
  const { NODE, CIRCUIT } = CIRCUIT_ENV;
  const said = /^circuit: no anchor is given; name them as arguments, or one a line on/;
  for (const input of ['', '\n \n', (await circuit('ls', [name])).stdout]) {
    const all = await circuit('waitall', [], input);
    t.deepEqual([all.stdout, all.stderr, all.status], ['', '', 0]);
    const any = await circuit('waitany', [], input);
    t.deepEqual([any.stdout, any.status], ['', 2]);
    t.regex(any.stderr, said);
  }
  for (const verb of ['waitall', 'waitany']) {
    // script(1) gives it a terminal, on which nobody types.
    const typed = await cluster.run(['script', '-qec', `${NODE} ${CIRCUIT} ${verb}`, '/dev/null']);
    t.is(typed.status, 2);
    t.regex(typed.stdout, said);
  }
});

test('exec: our streams, arguments and exit status are the process’s, and nothing stays', async (t) => {
  const { circuit, name } = await member(t);
  const path = `${name}/run`;
  const script = 'cat; echo "$1|$2" >&2; exit 5';
  const run = await circuit('exec', [path, '--', 'sh', '-c', script, 'sh', 'a b', '-x'], 'in\n');
  t.deepEqual([run.stdout, run.stderr, run.status], ['in\n', 'a b|-x\n', 5]);
  t.is((await circuit('ls', [name])).stdout, '');
  const killed = await circuit('exec', [path, '--', 'sh', '-c', 'kill -9 $$']);
  t.is(killed.status, 128 + 9);
  // A real-time signal has a number and no name.
  t.is((await circuit('exec', [path, '--', 'sh', '-c', 'kill -40 $$'])).status, 128 + 40);
  const missing = await circuit('exec', [path, '--', 'no-such-program']);
  t.is(missing.status, 127);
  t.regex(missing.stderr, /^circuit: .*no-such-program/);
  t.is((await circuit('exec', [path, '--', '/etc/passwd'])).status, 126);
  const nowhere = await circuit('exec', ['/X0123456789abcdef/run', '--', 'true']);
  t.is(nowhere.status, 1);
  t.regex(nowhere.stderr, /^circuit: there is no member X0123456789abcdef\n$/);
});

test('exec ends with its process, though standard input stays open', async (t) => {
  const { cluster, address, name } = await member(t);
  const { NODE, CIRCUIT } = CIRCUIT_ENV;
  const argv = [NODE, CIRCUIT, 'exec', '-d', address, `${name}/run`, '--', 'echo', 'hi'];
  const child = cluster.spawn(argv);
  const [out, err] = [collect(child.stdout), collect(child.stderr)];
  t.is(await exitOf(child), 0);
  t.deepEqual([await out, await err], ['hi\n', '']);
});

test('exec ends the process when nobody reads its output any more', async (t) => {
  const { circuit, cluster, name, address } = await member(t);
  const { NODE, CIRCUIT } = CIRCUIT_ENV;
  for (const [command, redirected] of [
    ['yes', ''],
    ["sh -c 'yes >&2'", '2>&1 >/dev/null'],
  ]) {
    const exec = `"$0" "$1" exec -d "$2" "$3" -- ${command} ${redirected}`;
    const script = `{ ${exec}; echo $? >&3; } 3>&2 | head -1`;
    const run = await cluster.run(['sh', '-c', script, NODE, CIRCUIT, address, `${name}/run`]);
    t.deepEqual([run.stdout, run.stderr], ['y\n', '141\n']);
    t.is((await circuit('ls', [name])).stdout, '');
  }
});

test('a reader of stdout that has had enough ends it, and the bytes beyond go to the next', async (t) => {
  const { circuit, cluster, name, address } = await member(t);
  const { NODE, CIRCUIT } = CIRCUIT_ENV;
  const path = `${name}/p`;
  await circuit('mkproc', [path], '{"Path":"seq","Args":["1","1000000"]}');
  // There is more at once than a pipe takes.
  const script = '{ "$0" "$1" stdout -d "$2" "$3"; echo $? >&2; } | head -1';
  const run = await cluster.run(['sh', '-c', script, NODE, CIRCUIT, address, path]);
  t.deepEqual([run.stdout, run.stderr], ['1\n', '0\n']);
  t.regex((await circuit('stdout', [path])).stdout, /\n1000000\n$/);
});

test('exec ends as its process does when somebody else scrubs that', async (t) => {
  const { cluster, address, name, circuit } = await member(t);
  const { NODE, CIRCUIT } = CIRCUIT_ENV;
  const script = 'echo ready; exec sleep 60';
  const argv = [NODE, CIRCUIT, 'exec', '-d', address, `${name}/run`, '--', 'sh', '-c', script];
  const child = cluster.spawn(argv);
  const complaints = collect(child.stderr);
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  t.is((await circuit('scrub', [`${name}/run`])).status, 0);
  t.is(await exitOf(child), 128 + 9);
  t.is(await complaints, '');
});

test('exec passes signals on', async (t) => {
  const { cluster, address, name, circuit } = await member(t);
  const { NODE, CIRCUIT } = CIRCUIT_ENV;
  const script = 'trap "echo caught; exit 3" INT; echo ready; while :; do sleep 0.05; done';
  const argv = [NODE, CIRCUIT, 'exec', '-d', address, `${name}/run`, '--', 'sh', '-c', script];
  const child = cluster.spawn(argv);
  const printed = collect(child.stdout);
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  const ended = exitOf(child);
  child.kill('SIGINT');
  t.is(await ended, 3);
  t.is(await printed, 'ready\ncaught\n');
  t.is((await circuit('ls', [name])).stdout, '');
});
