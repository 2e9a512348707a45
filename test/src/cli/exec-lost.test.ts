import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Program, program } from '../../host/channels.js';
import { CIRCUIT_ENV, eventually, type TestDaemon } from '../../host/cluster.js';
import { commands } from './commands.js';

/** Goes on at HUP, with another in its group that does, and notes that it came. */
const DEAF = `
  trap 'echo HUP > "$1"' HUP
  (trap "" HUP; while :; do sleep 0.1; done) &
  echo "group $$"
  while :; do sleep 0.1; done`;

/** So long after exec was lost its process and its anchor may still be there, in milliseconds. */
const GONE_WITHIN = 10_000;

interface Run {
  readonly path: string;
  /** The one on whose host it runs. */
  readonly daemon: TestDaemon;
  readonly program: Program;
  readonly hangUpFile: string;
}

/** For two members of a cluster an exec that runs, by way of the first of them. */
async function attended(t: ExecutionContext) {
  const all = await commands(t);
  const { cluster, own, other, start } = all;
  const runs = [own, other].map((member, index): Run => {
    const path = `${member}/x/p`;
    const hangUpFile = join(cluster.directory, `hang-up${index}`);
    const exec = start('exec', path, '--', 'sh', '-c', DEAF, 'sh', hangUpFile);
    return { path, daemon: index === 0 ? all.a : all.b, program: exec, hangUpFile };
  });
  for (const run of runs) await run.program.printed('group');
  const pids = await Promise.all(runs.map(async ({ path }) => (await all.peek(path)).Pid));
  const leftOvers = async () => {
    const { stdout } = await cluster.sh(`ps -o stat= ${pids.map((pid) => `-g ${pid}`).join(' ')}`);
    const anchors = await Promise.all(
      [own, other].map((name) => all.circuit(['ls', `${name}/...`])),
    );
    return stdout.replace(/^Z.*\n/gm, '') + anchors.map((ls) => ls.stdout).join('');
  };
  const log = () => all.a.log() + all.b.log();
  /** Whether the log of its daemon has it that an anchor was removed in time. */
  const inTime = (since: number) =>
    runs.every(({ path, daemon }) => {
      const removed = daemon.loggedAt(new RegExp(` ${path} was removed$`));
      return removed - since <= GONE_WITHIN;
    });
  const mkproc = async (path: string) => {
    const made = await all.circuit(['mkproc', path], '{"Path": "sleep", "Args": ["1000"]}');
    if (made.status !== 0) throw new Error(made.stderr);
  };
  const phase = async (path: string) => (await all.peek(path)).Phase;
  return { ...all, runs, leftOvers, log, inTime, mkproc, phase };
}

test('exec is killed: the group gets HUP, and later KILL, the anchors go within 10 s, and the log tells', async (t) => {
  const { runs, leftOvers, log, inTime } = await attended(t);
  const since = Date.now();
  for (const run of runs) run.program.process.kill('SIGKILL');
  await eventually(leftOvers, (left) => left === '');
  t.true(inTime(since), log());
  for (const { path, hangUpFile } of runs) {
    t.regex(readFileSync(hangUpFile, 'utf8'), /^HUP\n$/);
    t.regex(
      log(),
      new RegExp(`${path} has lost its exec; its group gets HUP, and after 3 s KILL\n`),
    );
  }
});

test('exec that stays suspended loses the process within 10 s, and fails when it goes on', async (t) => {
  const { runs, leftOvers, log, inTime, mkproc, phase } = await attended(t);
  const since = Date.now();
  for (const run of runs) run.program.process.kill('SIGSTOP');
  const hangUps = () => Promise.all(runs.map(async (run) => read(run.hangUpFile)));
  await eventually(hangUps, (seen) => seen.every((note) => note !== ''));
  await eventually(leftOvers, (left) => left === '');
  t.true(inTime(since), log());
  for (const { path } of runs) await mkproc(path);
  for (const { program: exec, path } of runs) {
    exec.process.kill('SIGCONT');
    t.not(await exec.status, 0, path);
    t.is(await phase(path), 'running', path);
  }
});

test('exec whose process somebody has removed leaves alone what is at its anchor now', async (t) => {
  const { runs, circuit, mkproc, phase } = await attended(t);
  for (const { path, program: exec } of runs) {
    exec.process.kill('SIGSTOP');
    t.is((await circuit(['scrub', path])).status, 0);
    await mkproc(path);
    exec.process.kill('SIGCONT');
    t.deepEqual([await exec.status, await exec.stderr], [128 + 9, '']);
    t.is(await phase(path), 'running', path);
  }
});

test('exec that loses the daemon through which it goes loses the process within 10 s', async (t) => {
  const { runs, a, b, other, cluster } = await attended(t);
  const [, run] = runs;
  const since = Date.now();
  a.process.kill('SIGKILL');
  t.is(await run?.program.status, 1);
  t.regex((await run?.program.stderr) ?? '', /^circuit: .*connection.* was lost\n$/);
  const ls = () => cluster.circuit(['ls', '-d', b.address, `${other}/...`]);
  await eventually(ls, ({ stdout }) => stdout === '');
  t.true(b.loggedAt(/ was removed$/) - since <= GONE_WITHIN, b.log());
});

test('exec -n reads nothing, and so leaves a loop its input', async (t) => {
  const { cluster, a, own } = await commands(t);
  const { NODE, CIRCUIT } = CIRCUIT_ENV;
  const loop =
    'while read -r line; do "$0" "$1" exec -n -d "$2" "$3" -- sh -c "cat; echo got $line"; done';
  const argv = ['sh', '-c', loop, NODE, CIRCUIT, a.address, `${own}/p`];
  const { stdout, stderr } = await cluster.run(argv, { input: 'one\ntwo\nthree\n' });
  t.deepEqual([stdout, stderr], ['got one\ngot two\ngot three\n', '']);
  // Also where its own standard input does not end.
  const open = program(
    cluster.spawn([NODE, CIRCUIT, 'exec', '-n', '-d', a.address, `${own}/p`, '--', 'cat']),
  );
  t.is(await open.status, 0);
});

/** Runs a program on a terminal that is never read, prints its pid, and hangs up at the end of input. */
const STOPPED_TERMINAL = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0: os.execvp(sys.argv[1], sys.argv[1:])
print(pid, flush=True)
sys.stdin.read()
os.close(terminal)
os.waitpid(pid, 0)
`;

test('exec whose terminal is stopped, as by Ctrl-S, is not suspended by that', async (t) => {
  const { cluster, a, own, circuit } = await commands(t);
  const terminated = join(cluster.directory, 'terminated');
  const script = 'trap "echo TERM > $0" TERM; yes';
  const { NODE, CIRCUIT } = CIRCUIT_ENV;
  const exec = [
    NODE,
    CIRCUIT,
    'exec',
    '-d',
    a.address,
    `${own}/p`,
    '--',
    'sh',
    '-c',
    script,
    terminated,
  ];
  const terminal = program(cluster.spawn(['python3', '-c', STOPPED_TERMINAL, ...exec]));
  await terminal.printed('\n');
  const { pid } = terminal;
  const child = async () => (await cluster.sh(`ps -o pid= --ppid ${pid}`)).stdout.trim();
  await eventually(
    async () => (await cluster.sh(`cat /proc/${await child()}/task/*/wchan`)).stdout,
    (wchan) => /tty_write|wait_woken/.test(wchan),
  );
  // It hears of a signal, and passes it on.
  await cluster.sh(`kill -TERM ${await child()}`);
  await eventually(
    async () => read(terminated),
    (note) => note === 'TERM',
  );
  terminal.process.stdin?.end();
  await eventually(
    () => circuit(['ls', `${own}/...`]),
    ({ stdout }) => stdout === '',
  );
  t.pass();
});

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
