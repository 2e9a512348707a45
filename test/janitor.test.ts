import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { Cluster, eventually } from './host/cluster.js';

const REPOSITORY = join(import.meta.dirname, '../..');
const JANITOR = join(REPOSITORY, 'test/janitor.sh');
const CLUSTER = pathToFileURL(join(import.meta.dirname, 'host/cluster.js')).href;

/**
 * A test that waits for ever, with all that a test can set up: a daemon that runs a process with
 * an environment of its own, and programs in the background, one in a session of its own.
 */
const ENDLESS = `
import { renameSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { Cluster } from ${JSON.stringify(CLUSTER)};

test('waits', async (t) => {
  const cluster = new Cluster(t);
  const daemon = await cluster.start();
  const netns = await cluster.namespace();
  const controlGroup = cluster.controlGroup();
  const { stdout } = await cluster.sh(\`
    mkdir p; cd p
    echo '{"Path": "sleep", "Args": ["1000"], "Env": ["A=B"]}' > mkproc
    cat pid
    sleep 1000 > /dev/null 2>&1 & echo $!
    echo $! > \${controlGroup}/cgroup.procs
    setsid sleep 1000 > /dev/null 2>&1 & echo $!\`, { cwd: \`\${daemon.mountpoint}/.self\` });
  const pids = [process.pid, process.ppid, daemon.pid, ...stdout.trim().split('\\n').map(Number)];
  const { directory } = cluster;
  writeFileSync('new', JSON.stringify({ pids, directory, netns, controlGroup }));
  renameSync('new', 'begun');
  await new Promise(() => {});
});
`;

interface Begun {
  /** The worker, ava, the daemon, and three programs. */
  readonly pids: readonly number[];
  readonly directory: string;
  readonly netns: string;
  readonly controlGroup: string;
}

/** Runs `npm test` in a project whose only test waits for ever; resolves when it does. */
async function runEndless(t: ExecutionContext) {
  const cluster = new Cluster(t);
  const project = cluster.mkdir('project');
  const { scripts } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'));
  const { default: ava } = await import(join(REPOSITORY, 'ava.config.js'));
  const described = {
    type: 'module',
    scripts: { test: scripts.test },
    ava: { ...ava, files: ['*.test.js'], cache: false },
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify(described));
  writeFileSync(join(project, 'endless.test.js'), ENDLESS);
  symlinkSync(join(REPOSITORY, 'node_modules'), join(project, 'node_modules'));
  const npm = cluster.spawn(['npm', 'test'], { cwd: project });
  const file = join(project, 'begun');
  await eventually(async () => existsSync(file), Boolean);
  const begun: Begun = JSON.parse(readFileSync(file, 'utf8'));
  return { npm: npm.pid ?? 0, ...begun };
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    // It has ended, before or while it was read (ESRCH).
    return '';
  }
}

/** The command lines of those that still run; what only waits to be reaped has none. */
function running(pids: readonly number[]): string[] {
  return pids.flatMap((pid) => {
    const line = commandLine(pid);
    return line === '' ? [] : [line];
  });
}

for (const [name, signal] of [
  ['worker', 'SIGKILL'],
  ['ava', 'SIGKILL'],
  ['ava', 'SIGTERM'],
  ['npm', 'SIGKILL'],
  ['npm', 'SIGTERM'],
] as const) {
  test.serial(`${signal} of ${name} leaves nothing of a test that was running`, async (t) => {
    const { npm, pids, directory, netns, controlGroup } = await runEndless(t);
    // A program has no command line in the moment of its exec (get_mm_cmdline in fs/proc/base.c).
    await eventually(
      async () => running(pids),
      ({ length }) => length === 6,
    );
    const [worker = 0, ava = 0] = pids;
    process.kill({ worker, ava, npm }[name], signal);
    const left = await eventually(
      async () => ({
        programs: running([npm, ...pids]),
        mounts: readFileSync('/proc/self/mountinfo', 'utf8').includes(directory),
        // With what lies beside it.
        directory: existsSync(join(directory, '..')),
        netns: existsSync(`/run/netns/${netns}`),
        controlGroup: existsSync(controlGroup),
      }),
      ({ programs, ...kept }) => programs.length === 0 && !Object.values(kept).includes(true),
    );
    const nothing = { mounts: false, directory: false, netns: false, controlGroup: false };
    t.deepEqual(left, { programs: [], ...nothing });
  });
}

test('a process of a daemon that was killed ends with the test', async (t) => {
  const ends: (() => void | Promise<void>)[] = [];
  const cluster = new Cluster({ teardown: (end) => ends.push(end) });
  const daemon = await cluster.start();
  const { stdout } = await cluster.sh(
    `mkdir p; cd p; echo '{"Path": "sleep", "Args": ["1000"]}' > mkproc; cat pid`,
    { cwd: `${daemon.mountpoint}/.self` },
  );
  await daemon.stop('SIGKILL');
  t.deepEqual(running([Number(stdout)]), ['sleep 1000 ']);
  for (const end of ends) await end();
  await eventually(
    async () => running([Number(stdout)]),
    (left) => left.length === 0,
  );
});

/** Runs a janitor, with a /run/circuit of its own that `prepare` has made, for the directory `dir`. */
async function tidy(cluster: Cluster, prepare: string) {
  cluster.mkdir('dir');
  const script = `mount -t tmpfs tmpfs /run/circuit && { ${prepare}
    sh "$JANITOR" "$PWD/dir" < /dev/null; ls -A /run/circuit; }`;
  const env = { JANITOR };
  return await cluster.run(['unshare', '--mount', 'sh', '-c', script], { env });
}

test('the janitor does its work also where it cannot keep the address file', async (t) => {
  const cluster = new Cluster(t);
  await tidy(cluster, 'mkdir /run/circuit/address;');
  t.false(existsSync(join(cluster.directory, 'dir')));
});

test('the janitor keeps the address file that is there, and takes it away', async (t) => {
  const cluster = new Cluster(t);
  const tools = cluster.mkdir('tools');
  // The first time, another janitor takes the file away before the lock is got.
  const flock = `[ -e ../removed ] || mv /run/circuit/address ../removed; exec flock "$@"`;
  // It waits by cat(1) for the end of the test.
  const cat = `flock --exclusive --nonblock /run/circuit/address true || echo kept > ../kept`;
  for (const [tool, line] of Object.entries({ flock, cat })) {
    const script = `#!/bin/sh\nPATH=\${PATH#*:}; cd ${tools}; ${line}\n`;
    writeFileSync(join(tools, tool), script, { mode: 0o755 });
  }
  const { stdout, stderr } = await tidy(cluster, `PATH=${tools}:$PATH;`);
  t.deepEqual([stdout, stderr], ['', '']);
  t.true(existsSync(join(cluster.directory, 'kept')));
  t.false(existsSync(join(cluster.directory, 'dir')));
});
