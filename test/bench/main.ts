/**
 * `npm run bench`: medians of what a user waits for, and ratios against
 * yardsticks that run in turn with what they are compared to, since machines
 * are noisy. Needs root, and what test/provision.sh installs.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { blocked, program } from '../host/channels.js';
import { CIRCUIT_ENV, Cluster, type TestDaemon } from '../host/cluster.js';
import { median } from './median.js';
import { networkFigures, type Row } from './network.js';

const SYSCALLS = join(import.meta.dirname, 'syscalls.js');
const ELEMENTS = join(import.meta.dirname, 'elements.js');
const MESSAGES = join(import.meta.dirname, 'mount-messages.js');
const YARDSTICK = join(import.meta.dirname, 'rpc-yardstick.js');
const FUSE_NATIVE = join(import.meta.dirname, 'fuse-native-hello.js');

/** How long the daemons are watched at rest, in milliseconds. */
const REST = 10_000;

/** How many times what is compared runs in turn. */
const ROUNDS = 5;
const PROCESS_ROUNDS = 15;
const ELEMENT_ROUNDS = 3;
/** How many of messages by files run before those that count: V8 compiles on for so long. */
const FILE_WARM_UPS = 4;
const RECEIVERS = 1_000;

const rows: Row[] = [];
const teardowns: (() => unknown)[] = [];
const cluster = new Cluster({ teardown: (run) => teardowns.push(run) });
try {
  const daemons = [await cluster.start(), await cluster.start(), await cluster.start()] as const;
  const [a, b, c] = daemons;
  await cluster.sh(`echo "${b.address} ${c.address}" > ${a.mountpoint}/.self/join`);
  await rest(daemons);
  const hello = await mountHello();
  await mountFigures(a, b, hello);
  await elementFigures(a, b);
  await processFigures(a);
  await Promise.all(daemons.map((daemon) => daemon.stop()));
  rows.push(...(await networkFigures(cluster)));
} finally {
  for (const run of teardowns.reverse()) await run();
}
print();

/** Mounts fuse-native's hello world; gives its directory. */
async function mountHello(): Promise<string> {
  const directory = cluster.mkdir('hello');
  const child = cluster.spawn([process.execPath, FUSE_NATIVE, directory]);
  await new Promise((resolve, reject) => {
    child.stdout?.once('data', resolve);
    child.once('exit', () => reject(new Error('fuse-native did not mount')));
    child.stderr?.pipe(process.stderr);
  });
  return directory;
}

/** Starts the server of bare calls; gives its address. */
async function serveYardstick(): Promise<string> {
  const child = cluster.spawn([process.execPath, YARDSTICK, 'serve']);
  child.stderr?.pipe(process.stderr);
  const [address] = await once(child.stdout ?? child, 'data');
  return String(address).trim();
}

async function mountFigures(a: TestDaemon, b: TestDaemon, hello: string): Promise<void> {
  const nameOf = async (daemon: TestDaemon) =>
    (await cluster.run(['readlink', `${daemon.mountpoint}/.self`])).stdout.trim();
  const root = a.mountpoint;
  const own = `${root}/${await nameOf(a)}`;
  const other = `${root}/${await nameOf(b)}`;
  // Comparisons: ours, and fuse-native's hello world, in turn.
  await syscall('readdir', 2000, [
    ['readdir of the root, unchanged', root, 'under 10 µs'],
    ['readdir, fuse-native', hello],
  ]);
  await syscall('stat', 2000, [
    ['stat of this member', own, 'under 10 µs'],
    ['stat of another member', other, 'under 10 µs'],
    ['stat, fuse-native', `${hello}/hello`],
  ]);
  await syscall('failed lookup', 1000, [
    ['failed lookup in the root', `${root}/nothing`],
    ['failed lookup in this member', `${own}/nothing`],
    ['failed lookup in another member', `${other}/nothing`],
    ['failed lookup, fuse-native', `${hello}/nothing`],
  ]);
  await syscall('open+read+close', 1000, [
    ['open+read+close of addr', `${own}/addr`, 'at most fuse-native’s'],
    ['open+read+close of addr, another member', `${other}/addr`],
    ['open+read+close of peek', `${own}/peek`],
    ['open+read+close of peek, another member', `${other}/peek`, 'under 1 ms'],
    ['open+read+close, fuse-native', `${hello}/hello`],
  ]);
}

/** Runs one operation on each path in turn, several times. */
async function syscall(
  operation: string,
  count: number,
  targets: ReadonlyArray<readonly [what: string, path: string, goal?: string]>,
): Promise<void> {
  const medians = targets.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, [, path]] of targets.entries()) {
      const argv = [process.execPath, SYSCALLS, operation, String(count), path];
      const { stdout, stderr, status } = await cluster.run(argv);
      if (status !== 0) throw new Error(`${operation} ${path}: ${stderr}`);
      medians[index]?.push(Number(stdout));
    }
  }
  const yardstick = median(medians.at(-1) ?? []);
  for (const [index, [what, , goal]] of targets.entries()) {
    const time = median(medians[index] ?? []);
    const ratio =
      index === targets.length - 1 ? '' : `, ${(time / yardstick).toFixed(2)} × fuse-native`;
    rows.push({ what, measured: `${time.toFixed(1)} µs${ratio}`, ...(goal ? { goal } : {}) });
  }
}

/** Channels and processes, by a program that dials their member, and through another's mount. */
async function elementFigures(a: TestDaemon, b: TestDaemon): Promise<void> {
  const name = (await cluster.run(['readlink', `${a.mountpoint}/.self`])).stdout.trim();
  const rounds: Record<string, number[]> = {};
  const yardstick = await serveYardstick();
  for (let round = 0; round < ELEMENT_ROUNDS; round += 1) {
    for (const argv of [
      [YARDSTICK, 'call', yardstick],
      [ELEMENTS, a.address, name],
    ]) {
      const running = cluster.run([process.execPath, ...argv], { timeout: 120_000 });
      const { stdout, stderr, status } = await running;
      if (status !== 0) throw new Error(stderr);
      for (const line of stdout.trim().split('\n')) {
        const [what = '', value] = line.split('\t');
        rounds[what] = [...(rounds[what] ?? []), Number(value)];
      }
    }
  }
  const medianOf = (what: string) => median(rounds[what] ?? []);
  const figure = (what: string, unit: string, scale = 1) =>
    `${Math.round(medianOf(what) / scale)} ${unit}`;
  const ofBare = (what: string, bare: string) =>
    `${(medianOf(what) / medianOf(bare)).toFixed(2)} × bare`;
  // The Go circuit, on such a machine: 1,000–1,400, 900–930, 310–365 and 33–35.
  rows.push(
    {
      what: 'yardstick: bare Cap’n Web over ws over TLS, one call after the other',
      measured: figure('calls', '/s'),
    },
    { what: '… and 128 KiB in each answer', measured: figure('bytes', 'MB/s', 1_000_000) },
    {
      what: 'peek, library',
      measured: `${figure('peek', '/s')}, ${ofBare('peek', 'calls')}`,
      goal: '4,000/s',
    },
    {
      what: '64 bytes through a channel of capacity 0, library: 32 at once',
      measured: figure('messages, many', '/s'),
      goal: '5,000/s',
    },
    { what: '… one after the other', measured: figure('messages', '/s') },
    {
      what: '… by files: send at another member, recv at the channel’s own',
      measured: await messagesByFiles(b, a, name),
      goal: '1,000/s',
    },
    { what: '… both at another member', measured: await messagesByFiles(b, b, name) },
    {
      what: 'echo hi > send to the answer of a remote cat recv that waits',
      measured: await echoToCat(a, b, name),
      goal: '3 ms',
    },
    ...(await besideReceivers(b, name)),
    {
      what: 'make a process and wait for it, library',
      measured: figure('processes', '/s'),
      goal: '350/s',
    },
    {
      what: 'standard output of a process, library',
      measured: `${figure('stdout', 'MB/s', 1_000_000)}, ${ofBare('stdout', 'bytes')}`,
      goal: '300 MB/s',
    },
    {
      what: 'the same by cat on the mount of another member',
      measured: `${Math.round(await catOutput(`${b.mountpoint}/${name}`))} MB/s`,
      goal: '200 MB/s',
    },
  );
}

/** 64 bytes a message; every message opens the file anew. */
async function messagesByFiles(from: TestDaemon, to: TestDaemon, name: string): Promise<string> {
  const rates: number[] = [];
  const file = (daemon: TestDaemon, verb: string) => `${daemon.mountpoint}/${name}/m/${verb}`;
  await cluster.sh(`mkdir m && echo 0 > m/mkchan`, { cwd: join(to.mountpoint, name) });
  for (let round = 0; round < FILE_WARM_UPS + ELEMENT_ROUNDS; round += 1) {
    const program = (verb: string, daemon: TestDaemon) =>
      cluster.run([process.execPath, MESSAGES, verb, '3000', file(daemon, verb)]);
    const [sent, received] = await Promise.all([program('send', from), program('recv', to)]);
    if (sent.status !== 0 || received.status !== 0) throw new Error(sent.stderr + received.stderr);
    if (round >= FILE_WARM_UPS) rates.push(Number(received.stdout));
  }
  await cluster.sh(`echo > m/scrub && rmdir m`, { cwd: join(to.mountpoint, name) });
  return `${Math.round(median(rates))} /s`;
}

/** From the moment when a shell begins to write until a waiting cat has printed it. */
async function echoToCat(a: TestDaemon, b: TestDaemon, name: string): Promise<string> {
  const times: number[] = [];
  await cluster.sh(`mkdir e && echo 0 > e/mkchan`, { cwd: join(a.mountpoint, name) });
  const shell = cluster.spawn(['sh']);
  for (let round = 0; round < PROCESS_ROUNDS; round += 1) {
    const cat = program(cluster.spawn(['cat', `${b.mountpoint}/${name}/e/recv`]));
    await blocked(cat);
    const started = performance.now();
    const printed = once(cat.process.stdout ?? cat.process, 'data');
    shell.stdin?.write(`echo hi > ${a.mountpoint}/${name}/e/send\n`);
    await printed;
    times.push(performance.now() - started);
    await cat.status;
  }
  shell.stdin?.end();
  await cluster.sh(`echo > e/scrub && rmdir e`, { cwd: join(a.mountpoint, name) });
  return `${median(times).toFixed(2)} ms`;
}

/** ls and peek of a member while a thousand programs wait in recv on one of its channels. */
async function besideReceivers(from: TestDaemon, name: string): Promise<Row[]> {
  const member = join(from.mountpoint, name);
  await cluster.sh('mkdir w && echo 0 > w/mkchan', { cwd: member });
  const look = async () => {
    const [readdir, peek] = await Promise.all([
      cluster.run([process.execPath, SYSCALLS, 'readdir', '500', member]),
      cluster.run([process.execPath, SYSCALLS, 'open+read+close', '500', `${member}/peek`]),
    ]);
    return { readdir: Number(readdir.stdout), peek: Number(peek.stdout) };
  };
  const alone = await look();
  const waiting = Array.from({ length: RECEIVERS }, () =>
    program(cluster.spawn(['cat', `${member}/w/recv`])),
  );
  for (const one of waiting) await blocked(one);
  const beside = await look();
  await cluster.sh('echo > w/scrub', { cwd: member });
  await Promise.all(waiting.map(({ status }) => status));
  await cluster.sh('rmdir w', { cwd: member });
  const row = (what: string, verb: 'readdir' | 'peek') => ({
    what: `${what} of another member, beside ${RECEIVERS} blocked in recv`,
    measured: `${beside[verb].toFixed(0)} µs, ${(beside[verb] / alone[verb]).toFixed(2)} × without them`,
  });
  return [row('ls', 'readdir'), row('peek', 'peek')];
}

/** Megabytes a second. */
async function catOutput(member: string): Promise<number> {
  const megabytes = 1_000;
  const rates: number[] = [];
  for (let round = 0; round < ELEMENT_ROUNDS; round += 1) {
    const command = JSON.stringify({ Path: 'head', Args: ['-c', `${megabytes}MB`, '/dev/zero'] });
    await cluster.sh('mkdir -p o && cat > o/mkproc', { cwd: member, input: command });
    const { elapsed } = await cluster.sh('cat o/stdout > /dev/null', { cwd: member });
    rates.push(megabytes / (elapsed / 1000));
    await cluster.sh('echo > o/scrub', { cwd: member });
  }
  return median(rates);
}

async function processFigures(a: TestDaemon): Promise<void> {
  const times = { node: [] as number[], start: [] as number[], ls: [] as number[] };
  const { NODE, CIRCUIT } = CIRCUIT_ENV;
  for (let round = 0; round < PROCESS_ROUNDS; round += 1) {
    times.node.push((await cluster.run([NODE, '-e', '0'])).elapsed);
    times.ls.push((await cluster.run([NODE, CIRCUIT, 'ls', '-d', a.address, '/'])).elapsed);
    const started = performance.now();
    const daemon = await cluster.start();
    times.start.push(performance.now() - started);
    await daemon.stop();
  }
  const node = median(times.node);
  const ratios = (values: readonly number[]) => {
    const each = values.map((value, index) => value / (times.node[index] ?? Number.NaN));
    return `${median(values).toFixed(0)} ms, ${median(each).toFixed(2)} × node -e 0`;
  };
  rows.push(
    { what: 'node -e 0', measured: `${node.toFixed(0)} ms` },
    {
      what: 'circuit start to mounted and address printed',
      measured: ratios(times.start),
      goal: 'under 5 × node -e 0',
    },
    {
      what: 'circuit ls, whole process',
      measured: ratios(times.ls),
      goal: 'under 2.5 × node -e 0',
    },
  );
}

/** Memory and processor time of joined daemons that nobody uses. */
async function rest(daemons: readonly TestDaemon[]): Promise<void> {
  // At rest is after the start: its garbage is collected and its code compiled meanwhile.
  await sleep(REST);
  const before = daemons.map(({ pid }) => cpuSeconds(pid));
  await sleep(REST);
  const shares = daemons.map(
    ({ pid }, index) => ((cpuSeconds(pid) - (before[index] ?? 0)) / (REST / 1000)) * 100,
  );
  rows.push(
    {
      what: 'processor at rest, each of three joined daemons',
      measured: `${median(shares).toFixed(2)} % of a core, at most ${Math.max(...shares).toFixed(2)} %`,
      goal: 'under 0.5 %',
    },
    {
      what: 'resident memory at rest, each',
      measured: `${median(daemons.map(({ pid }) => residentMegabytes(pid))).toFixed(0)} MB`,
      goal: 'under 90 MB',
    },
  );
}

/** User and system time of a process so far; proc(5), stat, fields 14 and 15. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const TICKS_PER_SECOND = 100;
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function residentMegabytes(pid: number): number {
  const [, kilobytes] =
    /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1000;
}

function print(): void {
  const width = Math.max(...rows.map(({ what }) => what.length));
  const middle = Math.max(...rows.map(({ measured }) => measured.length));
  for (const { what, measured, goal } of rows) {
    process.stdout.write(
      `${what.padEnd(width)}  ${measured.padEnd(middle)}  ${goal ?? ''}`.trimEnd(),
    );
    process.stdout.write('\n');
  }
}
