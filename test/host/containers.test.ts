import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { blocked, endsBy, type View } from './channels.js';
import { eventually } from './cluster.js';
import {
  type ContainerHosts,
  containerHosts,
  containerOf,
  inside,
  make,
  ofAnchor,
  script,
  UNTIL_TERM,
} from './containers.js';
import { growth, MIB } from './memory.js';

let hosts: ContainerHosts;

test.before('an engine and two members', async () => {
  hosts = await containerHosts();
});

test.after.always('nothing of them is left', () => hosts?.end());

/** How long after an event of the engine an element tells of it at the latest, in milliseconds. */
const NOTICED = 1000;

/** Runs a test from the member that makes the containers, and from another one, on an anchor for each. */
function bothViews(run: (view: View, anchor: string) => Promise<void>, name: string) {
  return Promise.all([hosts.local, hosts.remote].map((view) => run(view, `${name}-${view.name}`)));
}

/** The content of a file that the engine gives: one that is busy may not do so within 4 s, and is asked again. */
async function told({ sh }: View, file: string): Promise<string> {
  const { stdout } = await eventually(
    () => sh(`cat ${file}`),
    ({ status }) => status === 0,
  );
  return stdout;
}

/** Resolves when the element's phase is this; fails where that takes longer than is promised. */
async function noticed({ directory }: View, phase: string, limit = NOTICED): Promise<void> {
  const text = () => readFile(join(directory, 'phase'), 'utf8');
  await eventually(text, (seen) => seen === `${phase}\n`, limit);
}

test('a container: what it prints, what it is given, how it ends, and what the engine says of it, here and on another member', (t) =>
  bothViews(async (view, anchor) => {
    const line = 'echo out; echo err >&2; read x; echo "got $x in $PWD with $A"; exit 3';
    const given = { Dir: '/tmp', Env: ['A=b'], entry: '', CPUSHARES: 512, lxc: ['a=b'] };
    const { sh } = await make(view, anchor, script(line, given));
    t.is((await sh('cat kind phase exit')).stdout, 'docker\nrunning\n\n');
    const name = await containerOf(hosts.engine, anchor);
    const asked = '{{.State.Pid}} {{.HostConfig.CpuShares}}';
    const inspected = (await hosts.engine.docker('inspect', '--format', asked, name)).stdout;
    t.is(inspected, `${(await told(view, `${anchor}/pid`)).trim()} 512\n`);
    t.true('memory_stats' in JSON.parse(await told(view, `${anchor}/stats`)));
    const peek = JSON.parse(await told(view, `${anchor}/peek`));
    t.is(peek.Name, `/${name}`);
    t.regex(peek.Note, /Lxc/);
    t.is((await sh('echo hi there > stdin')).status, 0);
    t.is((await sh('cat stdout')).stdout, 'out\ngot hi there in /tmp with b\n');
    t.is((await sh('cat stderr')).stdout, 'err\n');
    const waited = JSON.parse((await sh('cat wait')).stdout);
    t.deepEqual([waited.Phase, waited.Exit, waited.State.ExitCode], ['exited', '3', 3]);
    t.is((await sh('cat phase exit pid')).stdout, 'exited\n3\n0\n');
    const { Image, Args } = JSON.parse((await sh('cat cmd')).stdout);
    t.deepEqual([Image, Args], ['busybox', ['-c', line]]);
    t.regex((await sh('bash -c "echo x > stdin"')).stderr, /Broken pipe/);
    t.regex((await sh('echo > scrub; ls')).stdout, /^error\nhelp\nmk(.*\n)*mkdkr\n(mk.*\n)*$/);
    t.deepEqual(await ofAnchor(hosts.engine, anchor), []);
  }, 'whole'));

test('fifty containers at once, of two members, all report the right exit, and leave nothing', async (t) => {
  const statuses = Array.from({ length: 50 }, (_, i) => [0, 3, 126, 127, 137][i] ?? i);
  const views = [hosts.local, hosts.remote];
  const ended = statuses.map(async (status, i) => {
    const view = views[i % 2] ?? hosts.local;
    const { sh } = await make(view, `fifty/${i}`, script(`exit ${status}`));
    const { Exit } = JSON.parse((await sh('cat wait')).stdout);
    t.is((await sh('echo > scrub')).status, 0);
    return Number(Exit);
  });
  t.deepEqual(await Promise.all(ended), statuses);
  const names = statuses.map((_, i) => ofAnchor(hosts.engine, `fifty/${i}`));
  t.deepEqual((await Promise.all(names)).flat(), []);
});

test('a container that cannot be made makes nothing, and `error` says why', (t) =>
  bothViews(async (view, anchor) => {
    const bad: ReadonlyArray<readonly [object | string, RegExp, RegExp]> = [
      [{ Image: 'no-such-image' }, /No such file/, /no image "no-such-image"/],
      [{ Image: 'busybox', Path: 'no-such-program' }, /No such file/, /no-such-program/],
      [{ Image: 'busybox', Path: '/etc' }, /Permission denied/, /\/etc/],
      [{ ...script(''), Foo: 1 }, /Invalid argument/, /Foo/],
      [{ ...script(''), Memory: 1000 }, /Invalid argument/, /from 6291456/],
      [{ ...script(''), CpuShares: 1 }, /Invalid argument/, /CpuShares/],
      [{ Path: 'sh' }, /Invalid argument/, /Image/],
      ['nonsense', /Invalid argument/, /JSON/],
    ];
    const { sh } = inside(view, anchor);
    await view.sh(`mkdir ${anchor}`);
    for (const [command, errno, reason] of bad) {
      const json = typeof command === 'string' ? command : JSON.stringify(command);
      t.regex((await sh(`printf %s '${json}' | cat > mkdkr`)).stderr, errno, json);
      t.regex((await sh('cat error; ls')).stdout, reason, json);
    }
    t.regex((await sh('ls')).stdout, /mkdkr/);
    t.deepEqual(await ofAnchor(hosts.engine, anchor), []);
  }, 'bad'));

test('a member without --docker makes no containers, and says how it would', async (t) => {
  const { cluster, other } = hosts;
  const { stdout, stderr } = await cluster.sh(
    `mkdir c; echo '{"Image":"busybox"}' | cat > c/mkdkr; cat c/error`,
    { cwd: join(other.mountpoint, '.self') },
  );
  t.regex(stderr, /not supported/);
  t.regex(stdout, /circuit start --docker/);
});

/** How often a container is made whose want of memory an engine may not tell. */
const MAX_UNTOLD = 5;

/** Makes a container that runs on after the kernel has killed a process of it, as the engine has told. */
async function outOfMemory(view: View, anchor: string): Promise<View> {
  // Of one whose first process is the one that is killed the engine tells less often.
  const command = script('tail /dev/zero; status=$?; echo $status; read x; exit $status', {
    Memory: 8 * MIB,
  });
  const filters = ['--filter', 'event=oom', '--filter', `label=circuit.anchor=${anchor}`];
  for (let untold = 0; untold < MAX_UNTOLD; untold += 1) {
    const made = await make(view, anchor, command);
    const { stdout } = await made.sh('head -n 1 stdout');
    if (stdout !== '137\n') throw new Error(`the process ended with ${stdout}`);
    const told = await eventually(
      () => hosts.engine.docker('events', '--since', '0', '--until', '0s', ...filters),
      (events) => events.stdout !== '',
      NOTICED,
    ).catch(() => undefined);
    if (told) return made;
    await made.sh('echo > scrub');
  }
  throw new Error('the engine tells of no want of memory');
}

test('a container that ended because it may take no more memory is told apart from one that was killed', (t) =>
  bothViews(async (view, anchor) => {
    const { sh } = await outOfMemory(view, anchor);
    t.is((await sh('cat phase; echo > stdin')).stdout, 'running\n');
    const { Phase, Exit, HostConfig } = JSON.parse((await sh('cat wait')).stdout);
    t.deepEqual([Phase, Exit, HostConfig.Memory], ['oom', '137', 8 * MIB]);
    await sh('echo > scrub');
  }, 'oom'));

test('with a terminal both outputs are one; without, they are two', (t) =>
  bothViews(async (view, anchor) => {
    const line = 'tty; echo err >&2; read x; echo "got $x"';
    const { sh } = await make(view, anchor, script(line, { Tty: true }));
    const printed = '/dev/pts/0\r\nerr\r\n';
    t.is((await sh(`head -c ${printed.length} stdout`)).stdout, printed);
    await sh('echo hi >> stdin');
    // What is typed is shown.
    t.is((await sh('cat stdout')).stdout, 'hi\r\ngot hi\r\n');
    t.is((await sh('cat stderr')).stdout, '');
    t.is((await sh('cat exit; echo > scrub')).stdout, '0\n');
    const plain = await make(view, anchor, script('tty; echo err >&2'));
    t.is((await plain.sh('cat stdout')).stdout, 'not a tty\n');
    t.is((await plain.sh('cat stderr; echo > scrub')).stdout, 'err\n');
  }, 'tty'));

test('standard input comes whole, and its end when the last writer closes, but not after >>', (t) =>
  bothViews(async (view, anchor) => {
    const { sh } = await make(view, anchor, script('md5sum; echo end'));
    const input = 'seq 1 500000';
    t.is((await sh(`${input} | head -c 5000 >> stdin`)).stderr, '');
    t.is((await sh(`${input} | tail -c +5001 > stdin`)).stderr, '');
    const sum = (await sh(`${input} | md5sum`)).stdout;
    t.is((await sh('cat stdout')).stdout, `${sum}end\n`);
    await sh('echo > scrub');
  }, 'stdin'));

test('a signal reaches the first process; unknown ones are EINVAL, those to an ended container ESRCH', (t) =>
  bothViews(async (view, anchor) => {
    const { sh } = await make(
      view,
      anchor,
      script(`${UNTIL_TERM.replace('trap', 'echo up; trap')}`),
    );
    await sh('head -c 3 stdout');
    t.regex((await sh('bash -c "echo FOO > signal"')).stderr, /Invalid argument/);
    t.regex((await sh('cat error')).stdout, /FOO/);
    // The trap may be set a moment later.
    await eventually(
      () => sh('echo TERM > signal; cat phase'),
      ({ stdout }) => stdout === 'exited\n',
    );
    t.is((await sh('cat exit')).stdout, '7\n');
    t.regex((await sh('bash -c "echo KILL > signal"')).stderr, /No such process/);
    await sh('echo > scrub');
    const killed = await make(view, anchor, script('sleep 1000'));
    t.is((await killed.sh('echo KILL > signal')).status, 0);
    t.is(JSON.parse((await killed.sh('cat wait')).stdout).Exit, '137');
    await sh('echo > scrub');
  }, 'signal'));

test('Ctrl-C of a reader that waits loses nothing, and the next reader gets what comes', (t) =>
  bothViews(async (view, anchor) => {
    const there = await make(view, anchor, script('read x; echo "$x"; read y'));
    const waiting = there.spawn('cat', 'stdout');
    await blocked(waiting);
    await endsBy(waiting, 'SIGINT');
    await there.sh('echo hi >> stdin');
    t.is((await there.sh('head -n 1 stdout')).stdout, 'hi\n');
    await there.sh('echo > scrub');
  }, 'reader'));

test('Retain: every reader sees the last bytes, and the container is never held back', (t) =>
  bothViews(async (view, anchor) => {
    const line = 'head -c 4000000 /dev/zero; echo end; echo err >&2';
    const { sh } = await make(view, anchor, script(line, { Retain: 100 }));
    t.regex((await sh('cat wait')).stdout, /"Exit": "0"/);
    for (let reader = 0; reader < 2; reader += 1) {
      t.is((await sh('cat stdout | tr "\\0" x')).stdout, `${'x'.repeat(96)}end\n`);
      t.is((await sh('cat stderr')).stdout, 'err\n');
    }
    await sh('echo > scrub');
  }, 'retain'));

/** Some are measured, before the others fill the machine. */
const alone = test.serial;

alone('what the engine is told by others is noticed within a second: pause, kill, removal', (t) =>
  bothViews(async (view, anchor) => {
    const docker = (...args: string[]) => hosts.engine.docker(...args);
    const paused = await make(view, anchor, script('sleep 1000'));
    const name = await containerOf(hosts.engine, anchor);
    await docker('pause', name);
    await noticed(paused, 'paused');
    await docker('unpause', name);
    await noticed(paused, 'running');
    const waiting = paused.spawn('cat', 'wait');
    await docker('kill', name);
    await noticed(paused, 'exited');
    t.is(JSON.parse(await waiting.stdout).Exit, '137');
    await docker('rm', name);
    await noticed(paused, 'removed');
    t.is((await paused.sh('cat exit; cat peek > /dev/null && echo > scrub')).stdout, '137\n');
    const removed = await make(view, anchor, script('sleep 1000'));
    await docker('rm', '--force', await containerOf(hosts.engine, anchor));
    await noticed(removed, 'removed');
    t.is((await removed.sh('cat wait > /dev/null && cat exit; echo > scrub')).stdout, '137\n');
  }, 'behind'),
);

test('a container whose output nobody reads is held back, and can be killed from outside', (t) =>
  bothViews(async (view, anchor) => {
    const held = await make(view, anchor, script('while :; do echo 0123456789abcdef; done'));
    const name = await containerOf(hosts.engine, anchor);
    const { stdout: pid } = await held.sh('cat pid');
    // It waits in a write to a pipe.
    await eventually(
      () => readFile(`/proc/${pid.trim()}/wchan`, 'utf8'),
      (where) => /pipe_write/.test(where),
    );
    t.is((await hosts.engine.docker('kill', name)).status, 0);
    await noticed(held, 'exited');
    const { stdout } = await held.sh('tail -n +2 stdout | head -n 1; cat exit; echo > scrub');
    t.is(stdout, '0123456789abcdef\n137\n');
  }, 'held'));

alone(
  '128 MiB of output come unchanged to another member, and no daemon grows by 48 MiB',
  async (t) => {
    const { cluster, owner, other, remote } = hosts;
    const file = join(cluster.directory, 'random');
    const four = `cat ${file} ${file} ${file} ${file}`;
    const made = await cluster.sh(`head -c ${32 * MIB} /dev/urandom > ${file}; ${four} | cksum`);
    const grown = await growth([owner, other], async () => {
      const command = { ...script('exec cat /f /f /f /f'), Volume: [`${file}:/f:ro`] };
      const { sh } = await make(remote, 'large', command);
      t.is((await sh('cat stdout | cksum; cat exit; echo > scrub')).stdout, `${made.stdout}0\n`);
    });
    for (const bytes of grown) t.true(bytes < 48 * MIB, `a daemon grew by ${bytes} bytes`);
  },
);

test('after scrub, and after the end of one with Scrub, the engine has neither container nor volume', (t) =>
  bothViews(async (view, anchor) => {
    for (const Scrub of [false, true]) {
      const { sh } = await make(view, anchor, script('read x', { Volume: ['/data'], Scrub }));
      const { Mounts } = JSON.parse((await sh('cat peek')).stdout);
      t.is((await sh(Scrub ? 'echo > stdin' : 'echo > scrub')).status, 0);
      await eventually(
        () => sh('ls'),
        ({ stdout }) => stdout.includes('mkdkr'),
      );
      t.deepEqual(await ofAnchor(hosts.engine, anchor), []);
      t.is((await hosts.engine.docker('volume', 'inspect', Mounts[0].Name)).status, 1);
    }
  }, 'scrub'));

test('the library makes a container on this member and on another, and it is gone after scrub', async (t) => {
  await Promise.all(
    hosts.circuits.map(async (circuit, i) => {
      const anchor = circuit.anchor(`/${hosts.name}/library/${i}`);
      const container = await anchor.makeContainer({
        Image: 'busybox',
        Network: 'host',
        Path: 'sh',
        Args: ['-c', 'echo err >&2; cat; exit 5'],
      });
      const { id, cpu_stats, memory_stats, pids_stats } = await container.stats();
      t.is((await container.peek()).Id, id);
      const counted = [cpu_stats.cpu_usage.total_usage, memory_stats.usage, pids_stats.current];
      for (const value of counted) t.true(Number(value) > 0, String(value));
      container.stdin.end('hello');
      t.deepEqual(await Promise.all([text(container.stdout), text(container.stderr)]), [
        'hello',
        'err\n',
      ]);
      const { Exit, Phase, State } = await container.wait();
      t.deepEqual([Exit, Phase, State?.ExitCode], ['5', 'exited', 5]);
      await container.scrub();
      await t.throwsAsync(anchor.makeContainer({ Image: 'none' }), { code: 'ENOENT' });
      t.deepEqual(await ofAnchor(hosts.engine, `library/${i}`), []);
    }),
  );
});

test('the command line makes a container, gives it input, shows its output and waits for it', async (t) => {
  const { cluster, owner, other, name } = hosts;
  await Promise.all(
    [owner, other].map(async ({ address }, i) => {
      const anchor = `/${name}/verbs${i}`;
      const run = (verb: string[], input = '') =>
        cluster.circuit([...verb.slice(0, 1), '-d', address, ...verb.slice(1)], { input });
      const made = await run(['mkdkr', anchor], JSON.stringify(script('cat; exit 4')));
      t.is(made.stderr, '');
      await run(['stdin', anchor], 'typed');
      t.is((await run(['stdout', anchor])).stdout, 'typed');
      t.regex((await run(['wait', anchor])).stdout, /"Exit": "4"/);
      t.regex((await run(['waitall', anchor])).stdout, /4/);
      t.is((await run(['scrub', anchor])).stderr, '');
      t.deepEqual(await ofAnchor(hosts.engine, `verbs${i}`), []);
    }),
  );
});

test('a daemon that ends in order leaves nothing in the engine', async (t) => {
  const { cluster, engine } = hosts;
  const daemon = await cluster.start('--docker', engine.socket);
  const view = { ...hosts.local, directory: join(daemon.mountpoint, '.self') };
  view.sh = (line, timeout = 60_000) => cluster.sh(line, { cwd: view.directory, timeout });
  await make(view, 'ending/a', script(UNTIL_TERM, { Volume: ['/data'] }));
  await make(view, 'ending/b', script('exit 1'));
  await make(view, 'ending/c', script(UNTIL_TERM));
  await engine.docker('pause', await containerOf(engine, 'ending/c'));
  t.is(await daemon.stop(), 0, daemon.log());
  for (const anchor of ['ending/a', 'ending/b', 'ending/c']) {
    t.deepEqual(await ofAnchor(engine, anchor), []);
  }
});

test('what a killed daemon left is an element again of the next one with the same state, also what has ended', async (t) => {
  const { cluster, engine } = hosts;
  const state = join(cluster.directory, 'state');
  const args = ['--docker', engine.socket, '--var', state];
  const first = await cluster.start(...args);
  const viewOf = (directory: string): View => ({
    ...hosts.local,
    directory,
    sh: (line, timeout = 60_000) => cluster.sh(line, { cwd: directory, timeout }),
  });
  const view = viewOf(join(first.mountpoint, '.self'));
  await make(view, 'left/running', script('read x; echo "$x"; read y; exit 5'));
  await make(view, 'left/ended', script('read x; exit 6'));
  const pid = (await view.sh('cat left/running/pid')).stdout;
  await first.stop('SIGKILL');
  await cluster.sh(`umount -l ${first.mountpoint}`);
  await engine.docker('kill', await containerOf(engine, 'left/ended'));
  const second = await cluster.start(...args);
  const again = viewOf(join(second.mountpoint, '.self'));
  await eventually(
    () => again.sh('cat left/running/phase left/ended/phase'),
    ({ stdout }) => stdout === 'running\nexited\n',
  );
  t.is((await again.sh('cat left/running/pid left/ended/exit')).stdout, `${pid}137\n`);
  t.is((await again.sh('echo > left/ended/scrub')).status, 0);
  t.is((await again.sh('echo > left/running/scrub')).status, 0);
  t.deepEqual(await ofAnchor(engine, 'left/running'), []);
  t.is(await second.stop(), 0);
});
