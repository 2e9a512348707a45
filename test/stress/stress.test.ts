/**
 * Eight programs do at random what programs can do with files, valid and not, on one mount of three
 * members. `npm run stress` does it for a minute; CIRCUIT_STRESS_SEED repeats what was done once.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { Cluster, eventually, PATIENCE, type TestDaemon } from '../host/cluster.js';

const PROGRAMS = 8;
const SECONDS = Number(process.env.CIRCUIT_STRESS_SECONDS ?? 2);
const SEED = Number(process.env.CIRCUIT_STRESS_SEED ?? Date.now() % 1_000_000);
/** A member that is killed and started again lives this long, in milliseconds. */
const LIFE_MS = 1_000;
/** `npm run stress` has the machine to itself: 99 % of the listings are to take no longer, in milliseconds. */
const LISTING_LIMIT_MS = process.env.CIRCUIT_STRESS_SECONDS === undefined ? Infinity : 50;
/** The interpreter itself, without the site's modules: `python3` may be a script that looks for it. */
const PYTHON = [
  execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim(),
  '-I',
  '-S',
];
const OPERATIONS = join(import.meta.dirname, '../../../test/stress/operations.py');

interface Report {
  readonly outcomes: Readonly<Record<string, number>>;
  readonly listings: readonly number[];
}

/** A daemon holds so many of each, by its stk. */
interface Held {
  readonly inodes: number;
  readonly openFiles: number;
  /** Requests of the kernel that are not answered. */
  readonly requests: number;
  readonly descriptors: number;
  readonly anchors: number;
  readonly imports: number;
  readonly exports: number;
}

/**
 * So much of each may be held by a daemon that lists two members without an anchor: the files of both, and over
 * the connection references to the other member, to a delegation of its anchors, and to calls. Thousands of
 * operations would have left hundreds.
 */
const AT_REST: Held = {
  inodes: 60,
  openFiles: 0,
  // The one that asks for this report.
  requests: 1,
  descriptors: 40,
  anchors: 0,
  imports: 20,
  exports: 20,
};

/** Makes the kernel know all that a listing shows, from the bottom up scrubs what is an element, and removes the anchors. */
const REMOVE_ALL = `
import os, sys
for directory, _, files in os.walk(sys.argv[1], topdown=False):
    for file in files: os.lstat(os.path.join(directory, file))
    if os.path.relpath(directory, sys.argv[1]).count('/') < 1: continue
    if 'scrub' in files: open(os.path.join(directory, 'scrub'), 'w').write('\\n')
    os.rmdir(directory)`;

for (const isKilled of [false, true]) {
  const also = isKilled ? ', also of a member that is killed and started again' : '';
  test.serial(
    `random operations of eight programs${also}: the daemons stay up, and hold nothing afterwards`,
    async (t) => {
      t.timeout(4 * SECONDS * 1_000 + 120_000);
      t.log(`CIRCUIT_STRESS_SEED=${SEED} CIRCUIT_STRESS_SECONDS=${SECONDS}`);
      const cluster = new Cluster(t);
      const options = { env: { ...process.env, DEBUG: 'circuit:fuse' } };
      const first = await cluster.startWith(options);
      const daemons = [first, await cluster.startWith(options, '-j', first.address)];
      const state = join(cluster.directory, 'third');
      const third = () => cluster.start('--no-mount', '--var', state, '-j', first.address);
      const restarts: string[] = [];
      const operated = operate(cluster, daemons, { seconds: SECONDS, seed: SEED });
      if (isKilled) restarts.push(...(await killUntil(operated, third)));
      t.is(new Set(restarts).size, isKilled ? 1 : 0, 'it comes back under its name');
      if (isKilled) t.log(`${restarts.length} starts of the member that is killed`);
      summarize(t, await operated);

      for (const daemon of daemons) {
        await eventually(() => heldAtRest(cluster, daemon), isAtRest);
        t.notRegex(daemon.log(), /circuit:fuse/, 'no error but those of system calls');
      }
    },
  );
}

/** Those of stress-ng that need no file of their own: a control file cannot be created. */
const STRESSORS = ['chattr', 'dir', 'dirdeep', 'dirmany', 'getdent', 'mknod', 'open', 'touch'];

test.serial(
  'stress-ng, fio and dd at once, on the mount of another member: nothing is held afterwards',
  async (t) => {
    t.timeout(4 * SECONDS * 1_000 + 120_000);
    const cluster = new Cluster(t);
    const first = await cluster.start();
    const second = await cluster.start('-j', first.address);
    const member = (await cluster.sh('readlink .self', { cwd: first.mountpoint })).stdout.trim();
    const cwd = join(second.mountpoint, member);
    const zero = `{"Path":"cat","Args":["/dev/zero"]}`;
    const sink = `{"Path":"wc","Args":["-c"]}`;
    const set = `echo '${zero}' > zero/mkproc && echo '${sink}' > sink/mkproc`;
    const made = await cluster.sh(`mkdir files zero sink && ${set}`, { cwd });
    t.is(made.status, 0, made.stderr);

    const stressors = STRESSORS.flatMap((name) => [`--${name}`, '1']);
    const stress = ['stress-ng', '--temp-path', 'files', '--timeout', `${SECONDS}`, ...stressors];
    const job = [
      '--name=read',
      '--filename=zero/stdout',
      '--rw=read',
      '--ioengine=sync',
      '--bs=64k',
    ];
    // Without the first it would make the file; without the second it would stop at the size, 0.
    const fio = ['fio', ...job, '--create_on_open=1', '--size=16m'];
    // fio opens for reading, too, what it writes, which the mode of stdin (0200) does not allow.
    const dd = ['dd', 'if=/dev/zero', 'of=sink/stdin', 'bs=64k', 'count=256'];
    const options = { cwd, timeout: SECONDS * 1_000 + PATIENCE };
    const results = await Promise.all([stress, fio, dd].map((argv) => cluster.run(argv, options)));
    for (const { status, stderr } of results) t.is(status, 0, stderr);
    const counted = await cluster.sh('cat sink/stdout', options);
    t.is(counted.stdout, `${256 * 65_536}\n`, 'each byte arrives once');
    await eventually(() => heldAtRest(cluster, second), isAtRest);
  },
);

/** Runs the programs, each on the mount of one of the daemons. */
function operate(
  cluster: Cluster,
  daemons: readonly TestDaemon[],
  { seconds, seed }: { readonly seconds: number; readonly seed: number },
): Promise<Report[]> {
  const run = async (i: number): Promise<Report> => {
    const mountpoint = daemons[i % daemons.length]?.mountpoint ?? '';
    const argv = [...PYTHON, OPERATIONS, mountpoint, `${seed + i}`, `${seconds}`];
    const { status, stdout, stderr } = await cluster.run(argv, {
      timeout: seconds * 1_000 + PATIENCE,
    });
    if (status !== 0)
      throw new Error(`the one with seed ${seed + i} ended with ${status}: ${stderr}`);
    return JSON.parse(stdout);
  };
  return Promise.all(Array.from({ length: PROGRAMS }, (_, i) => run(i)));
}

/** Starts a member and kills it after a while, again and again; gives the name that it had each time. */
async function killUntil(
  end: Promise<unknown>,
  start: () => Promise<TestDaemon>,
): Promise<readonly string[]> {
  const names: string[] = [];
  let isOver = false;
  const over = end.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const member = await start();
    names.push(...(/X[0-9a-f]{16}(?= listens on)/.exec(member.log()) ?? []));
    await Promise.race([delay(LIFE_MS), over]);
    member.process.kill('SIGKILL');
    await member.ended;
  }
  return names;
}

/** Removes all anchors of both members, and gives what is left. */
async function heldAtRest(cluster: Cluster, daemon: TestDaemon): Promise<Held> {
  await eventually(
    () => cluster.sh('ls', { cwd: daemon.mountpoint }),
    ({ stdout }) => stdout.split('\n').length - 1 === 2,
  );
  const { status, stderr } = await cluster.run([...PYTHON, '-c', REMOVE_ALL, daemon.mountpoint]);
  if (status !== 0) throw new Error(stderr);
  const { stdout } = await cluster.sh('cat .self/stk', { cwd: daemon.mountpoint });
  const { mountHolds, openFiles, anchors, rpc } = JSON.parse(stdout);
  return {
    inodes: mountHolds.inodes,
    openFiles: mountHolds.openFiles,
    requests: mountHolds.requests,
    descriptors: openFiles.open,
    anchors,
    imports: rpc.imports,
    exports: rpc.exports,
  };
}

function isAtRest(held: Held): boolean {
  return Object.entries(held).every(([what, count]) => count <= AT_REST[what as keyof Held]);
}

function summarize(t: ExecutionContext, reports: readonly Report[]): void {
  const outcomes = new Map<string, number>();
  for (const report of reports) {
    for (const [outcome, count] of Object.entries(report.outcomes)) {
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + count);
    }
  }
  const count = (pattern: RegExp) =>
    [...outcomes].reduce((sum, [name, times]) => sum + (pattern.test(name) ? times : 0), 0);
  const listings = reports.flatMap((report) => report.listings).sort((a, b) => a - b);
  const at = (share: number) => listings[Math.floor(listings.length * share)] ?? 0;
  const largest = listings.at(-1) ?? 0;
  t.log(`${count(/./)} operations: ${count(/ done$/)} done, ${count(/ interrupted$/)} interrupted`);
  t.log(
    `${listings.length} listings: median ${at(0.5).toFixed(2)} ms, 99 % ${at(0.99).toFixed(2)} ms, the largest ${largest.toFixed(2)} ms`,
  );
  // How many there are is the machine's affair.
  t.true(count(/ done$/) > PROGRAMS);
  t.true(at(0.99) < LISTING_LIMIT_MS, `99 % of the listings take ${at(0.99)} ms`);
}
