import test, { type ExecutionContext } from 'ava';
import { CALL_TIMEOUT_MS } from '../../src/transport/limits.js';
import { channelViews } from './channels.js';
import { AT_ONCE } from './cluster.js';

/** Two joined daemons, and shells in the same directory as each of them sees it. */
async function views(t: ExecutionContext) {
  const { cluster, owner, others, name, local, remote } = await channelViews(t);
  const [other = owner] = others;
  return { cluster, a: owner, b: other, name, here: local.sh, there: remote.sh };
}

/** Prints the sub-anchors only. */
const LIST = 'find . -mindepth 1 -maxdepth 1 -type d -printf "%f\\n" | sort';

test('an anchor made on one member is seen at once on all, at any depth', async (t) => {
  const { here, there } = await views(t);
  t.is((await here('mkdir one')).status, 0);
  t.is((await there(LIST)).stdout, 'one\n');
  t.is((await there('mkdir -p one/two/three')).status, 0);
  t.is((await here('find one -type d')).stdout, 'one\none/two\none/two/three\n');
  // The kernel has copies of these listings and of the missing name by now.
  t.is((await here('ls -d new')).status, 2);
  t.is((await there('mkdir new')).status, 0);
  t.is((await here('ls -d new')).stdout, 'new\n');
  t.is((await here(LIST)).stdout, 'new\none\n');
  t.is((await here('rmdir new')).status, 0);
  t.is((await there('ls -d new')).status, 2);
  t.is((await there(LIST)).stdout, 'one\n');
});

test('a hundred rounds of mkdir here and rmdir there never show a stale view', async (t) => {
  const { here, cluster, a, b, name } = await views(t);
  const round = `
    mkdir "$B/x" && [ -d "$A/x" ] && ls "$A" | grep -qx x &&
    rmdir "$A/x" && [ ! -e "$B/x" ] && ! ls "$B" | grep -qx x &&
    mkdir "$A/y" && [ -d "$B/y" ] && ls "$B" | grep -qx y &&
    rmdir "$B/y" && [ ! -e "$A/y" ] && ! ls "$A" | grep -qx y`;
  const script = `i=0; while [ $i -lt 100 ]; do ${round} || { echo round $i; exit 1; }; i=$((i+1)); done`;
  const result = await cluster.sh(script, {
    env: { A: `${a.mountpoint}/${name}`, B: `${b.mountpoint}/${name}` },
  });
  t.is(result.status, 0, result.stdout + result.stderr);
  t.is((await here(LIST)).stdout, '');
});

test('what each of three members has just seen of an anchor is not stale when another changes it', async (t) => {
  const { cluster, owner, others, name } = await channelViews(t, 3);
  const script = `
    fail() { echo "$1: by $by, seen by $from"; exit 1; }
    i=0; while [ $i -lt 6 ]; do for by in $DIRECTORIES; do for from in $DIRECTORIES; do
      mkdir $by/x && [ -e $from/x/mkchan ] || fail mkdir
      echo 0 > $by/x/mkchan; [ -e $from/x/send ] && [ ! -e $from/x/mkchan ] || fail mkchan
      echo > $by/x/scrub; [ ! -e $from/x/send ] && [ -e $from/x/mkchan ] || fail scrub
      rmdir $by/x; [ ! -e $from/x ] || fail rmdir
    done; done; i=$((i+1)); done`;
  const directories = [owner, ...others].map(({ mountpoint }) => `${mountpoint}/${name}`);
  const env = { DIRECTORIES: directories.join(' ') };
  const { status, stdout, stderr } = await cluster.sh(script, { env });
  t.deepEqual([status, stdout, stderr], [0, '', '']);
});

test('rmdir: ENOTEMPTY with sub-anchors, ENOENT without the anchor; `error` says so', async (t) => {
  const { here, there } = await views(t);
  await here('mkdir -p a/b');
  for (const sh of [here, there]) {
    t.regex((await sh('rmdir a')).stderr, /not empty/);
    t.regex(
      (await sh('cat error')).stdout,
      /^\/X[0-9a-f]{16}\/a has sub-anchors; remove them first\n$/,
    );
    t.regex((await sh('rmdir nothing')).stderr, /No such file/);
    t.regex((await sh('mkdir a')).stderr, /File exists/);
  }
});

test('an anchor that is made anew is another one', async (t) => {
  const { here, there } = await views(t);
  await there('mkdir -p a/old');
  const [one, other] = [await here('stat -c %i a'), await there('stat -c %i a')];
  await here('rmdir a/old a; mkdir -p a/new');
  t.is((await there('ls -d a/*/')).stdout, 'a/new/\n');
  t.not((await here('stat -c %i a')).stdout, one.stdout);
  t.not((await there('stat -c %i a')).stdout, other.stdout);
});

test('help, kind and peek tell of what is there now, also where they were read before', async (t) => {
  const { here, there } = await views(t);
  const look = 'head -1 a/help; cat a/kind; grep -o \'"Cap"\\|"Cmd"\\|"Pending"\' a/peek';
  await here('mkdir a');
  for (const [make, words, rest] of [
    [':', /is an anchor/, ''],
    ['echo 1 > a/mkchan', /channel/, 'chan\n"Cap"\n'],
    [`echo > a/scrub; echo '{"Path":"true"}' > a/mkproc`, /process/, 'proc\n"Cmd"\n'],
    ['echo > a/scrub; echo > a/mk@join', /subscription/, '@join\n"Pending"\n'],
    ['echo > a/scrub', /is an anchor/, ''],
  ] as const) {
    t.is((await here(make)).status, 0);
    for (const view of [here, there]) {
      const [title = '', ...others] = (await view(look)).stdout.split(/(?<=\n)/);
      t.regex(title, words);
      t.is(others.join(''), rest);
    }
  }
});

test('names: UTF-8, spaces, newlines, 255 bytes; 256 bytes and control files are refused', async (t) => {
  const { here, there } = await views(t);
  const names = [
    'ä€😀',
    'a b',
    'new\nline',
    '-rf',
    '*',
    "'",
    'x'.repeat(255),
    '€'.repeat(85),
    '...',
  ];
  for (const sh of [here, there]) {
    for (const name of names) {
      const quoted = `'./${name.replaceAll("'", "'\\''")}'`;
      const result = await sh(`mkdir ${quoted} && ls -d ${quoted} && rmdir ${quoted}`);
      t.is(result.status, 0, `${name}: ${result.stderr}`);
      t.is(result.stdout, `./${name}\n`);
    }
    for (const long of ['x'.repeat(256), `${'€'.repeat(85)}x`]) {
      t.regex((await sh(`mkdir ${long}`)).stderr, /name too long/i);
    }
    for (const file of ['join', 'log', 'help']) {
      t.regex((await sh(`mkdir ${file}`)).stderr, /File exists/);
    }
    t.regex((await sh('mkdir "$(printf \'\\377\')"')).stderr, /Invalid argument|Invalid or/);
    t.regex((await sh('ls "$(printf \'\\377\')"')).stderr, /No such file/);
    t.is((await sh('ls -d ..')).status, 0);
    for (const dots of ['.', '..']) t.regex((await sh(`mkdir ${dots}`)).stderr, /File exists/);
    t.regex((await sh('rmdir ..')).stderr, /not empty|Device or resource busy|not permitted/);
  }
});

test('the longest name, and the strangest, are those of anchors like any other', async (t) => {
  const { here, there } = await views(t);
  for (const name of ['€'.repeat(85), 'a b\nc', "it's", '*', '-n']) {
    const env = `A='./${name.replaceAll("'", "'\\''")}'`;
    for (const [maker, user] of [
      [here, there],
      [there, here],
    ] as const) {
      const made = await maker(`${env}; mkdir "$A" && echo 1 > "$A/mkchan" && mkdir "$A/$A"`);
      t.is(made.status, 0, made.stderr);
      const used = await user(
        `${env}; echo hi > "$A/send" && cat "$A/recv" "$A/kind" && rmdir "$A/$A" && echo > "$A/scrub" && rmdir "$A"`,
      );
      t.deepEqual([used.stdout, used.stderr], ['hi\nchan\n', '']);
    }
  }
});

test('a sub-anchor may bear the name of a control file that its directory does not have', async (t) => {
  const { here, there, name } = await views(t);
  for (const [maker, user] of [
    [here, there],
    [there, here],
  ] as const) {
    // An anchor without an element has makers; `send` is free there, and `mkchan` is not.
    t.regex((await maker('mkdir a; mkdir a/mkchan')).stderr, /File exists/);
    t.is((await maker('mkdir a/send a/join')).status, 0);
    t.regex((await user('/bin/echo 1 > a/mkchan')).stderr, /File exists/);
    t.is(
      (await user('cat a/error')).stdout,
      `the sub-anchor /${name}/a/send would be hidden by a control file\n`,
    );
    // A process has no `send`. It has no makers either, but they come back when it goes.
    t.is((await user(`echo '{"Path":"true"}' > a/mkproc`)).status, 0);
    t.regex((await user('mkdir a/mkchan')).stderr, /File exists/);
    t.is(
      (await user('cat a/error')).stdout,
      `/${name}/a/mkchan is a control file where there is no element\n`,
    );
    t.is((await maker('cd a && ls -d send join')).stdout, 'join\nsend\n');
    t.is((await user('echo > a/scrub')).status, 0);
    t.is((await maker('rmdir a/send a/join a')).status, 0);
  }
});

test('circuit mkdir makes an anchor, and rmdir removes it, also when scrub has left it', async (t) => {
  const { here, cluster, a, b, name } = await views(t);
  const own = `/${name}`;
  for (const { address } of [a, b]) {
    const steps = [
      ['mkdir', '/a', ''],
      ['mkdir', '/a/b', ''],
      ['mkdir', '/a/b', `there is an anchor ${own}/a/b already`],
      ['mkdir', '/a/none/c', `there is no anchor ${own}/a/none`],
      ['mkdir', '/a/mkchan', `${own}/a/mkchan is a control file`],
      ['rmdir', '/a/none', `there is no anchor ${own}/a/none`],
      ['rmdir', '/a', `${own}/a has sub-anchors; remove them first`],
      ['mkchan', '/a/b', ''],
      ['rmdir', '/a/b', `${own}/a/b has a live channel; scrub it first`],
      ['scrub', '/a/b', ''],
      ['scrub', '/a/b', `${own}/a/b has no element`],
      ['rmdir', '/a/b', ''],
      ['rmdir', '', `${own} is not an anchor, as in /X…/a`],
    ] as const;
    for (const [verb, path, complaint] of steps) {
      const more = verb === 'mkchan' ? ['1'] : [];
      const args = [verb, '-d', address, `${own}${path}`, ...more];
      const { status, stdout, stderr } = await cluster.circuit(args);
      t.is(stdout, '');
      t.is(stderr, complaint && `circuit: ${complaint}\n`);
      t.is(status, complaint ? 1 : 0);
    }
    t.is((await here(LIST)).stdout, 'a\n');
    t.is((await cluster.circuit(['rmdir', '-d', address, `${own}/a`])).status, 0);
  }
});

test('circuit ls /... lists members and anchors, -l their kinds', async (t) => {
  const { here, cluster, b, name } = await views(t);
  await here('mkdir -p a/b c');
  const all = await cluster.circuit(['ls', '-d', b.address, '/...']);
  const lines = all.stdout.trim().split('\n');
  t.is(lines.filter((line) => /^\/X[0-9a-f]{16}$/.test(line)).length, 2);
  t.deepEqual(
    lines.filter((line) => line.startsWith(`/${name}/`)),
    [`/${name}/a`, `/${name}/a/b`, `/${name}/c`],
  );
  const below = await cluster.circuit(['ls', '-l', '-d', b.address, `/${name}`]);
  t.is(below.stdout, `-       /${name}/a\n-       /${name}/c\n`);
  t.is((await cluster.circuit(['ls', '-d', b.address, `/${name}/a/...`])).stdout, `/${name}/a/b\n`);
  const none = await cluster.circuit(['ls', '-d', b.address, `/${name}/nothing`]);
  t.is(none.status, 1);
  t.is(none.stderr, `circuit: there is no anchor /${name}/nothing\n`);
});

test('a member that cannot be reached is EHOSTUNREACH after 5 s, and listing all stays quick', async (t) => {
  const { cluster, a, b, name } = await views(t);
  await cluster.sh(`ls ${b.mountpoint}/${name}`);
  a.process.kill('SIGSTOP');
  const ls = await cluster.sh(`ls -l ${b.mountpoint}`);
  t.is(ls.status, 0);
  t.true(ls.elapsed < AT_ONCE);
  const [peers, all, peek] = await Promise.all([
    cluster.sh(`cat ${b.mountpoint}/${name}/peers`),
    cluster.circuit(['ls', '-d', b.address, '/...']),
    cluster.sh(`cat ${b.mountpoint}/${name}/peek`),
  ]);
  t.regex(peers.stderr, /No route to host/);
  t.true(peers.elapsed < CALL_TIMEOUT_MS + AT_ONCE);
  // The others are listed all the same.
  t.is(all.status, 1);
  t.regex(all.stderr, new RegExp(`^circuit: /${name}: .*\\n$`));
  t.is(all.stdout.match(/^\/X\w{16}$/gm)?.length, 2);
  // What is known of it without asking it.
  t.is(JSON.parse(peek.stdout).Addr, a.address);
  t.true(peek.elapsed < CALL_TIMEOUT_MS + AT_ONCE);
  a.process.kill('SIGCONT');
});
