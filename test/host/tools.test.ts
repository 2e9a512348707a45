import test, { type ExecutionContext } from 'ava';
import { Cluster, type TestDaemon } from './cluster.js';

/** Two joined daemons; the commands run in the mount of the first. */
async function pair(t: ExecutionContext) {
  const cluster = new Cluster(t);
  const [a, b] = [await cluster.start(), await cluster.start()];
  await cluster.sh(`echo "${b.address}" > ${a.mountpoint}/.self/join`);
  const other = await cluster.sh(
    'for m in X*; do [ "$m" = "$(readlink .self)" ] || echo $m; done',
    { cwd: a.mountpoint },
  );
  const sh = (script: string) => cluster.sh(script, { cwd: a.mountpoint });
  const python = (script: string) => cluster.run(['python3', '-c', script], { cwd: a.mountpoint });
  return { cluster, a, b, other: other.stdout.trim(), sh, python };
}

interface Case {
  readonly script: string;
  /** What it prints; a function gets the daemons' addresses and the other's name. */
  readonly prints: RegExp | ((a: TestDaemon, b: TestDaemon, other: string) => string);
  readonly status?: number;
}

const CASES: readonly Case[] = [
  { script: 'ls -la', prints: /^lrwxrwxrwx .* \.self -> X[0-9a-f]{16}$/m },
  { script: 'ls -la .self/', prints: /^-r-------- .* addr$/m },
  { script: 'ls -la $OTHER/', prints: /^--w------- .* join$/m },
  { script: 'cat .self/addr', prints: (a) => `${a.address}\n` },
  { script: 'cat $OTHER/addr', prints: (_a, b) => `${b.address}\n` },
  { script: 'head -c 10 .self/addr', prints: () => 'circuit://' },
  { script: 'stat -c "%F %a %U" .self/addr', prints: () => 'regular file 400 root\n' },
  { script: 'stat -c "%F %a" $OTHER', prints: () => 'directory 755\n' },
  { script: 'find . -name join | wc -l', prints: () => '2\n' },
  { script: 'find . -type f -readable ! -name log -size +100k', prints: () => '' },
  { script: 'tree -a .', prints: /── addr$/m },
  { script: 'cp $OTHER/addr "$TMP/copy" && cat "$TMP/copy"', prints: (_a, b) => `${b.address}\n` },
  { script: 'cp -r .self/help "$TMP/page" && cmp .self/help "$TMP/page"', prints: () => '' },
  { script: 'dd if=.self/addr bs=7 status=none', prints: (a) => `${a.address}\n` },
  { script: 'dd if=.self/addr bs=1 skip=8 count=2 status=none', prints: () => '//' },
  { script: 'cat $OTHER/addr | tee .self/join', prints: (_a, b) => `${b.address}\n` },
  {
    script: 'sed -n \'s/.*"Name": "\\(.*\\)".*/\\1/p\' $OTHER/peek',
    prints: (_a, _b, o) => `${o}\n`,
  },
  { script: "awk -F/ '{ print $3 }' .self/addr", prints: (a) => `${a.address.split('/')[2]}\n` },
  { script: 'ls | xargs -I{} cat {}/addr | wc -l', prints: () => '2\n' },
  // As in /proc: what can only be written cannot be searched, and grep says so.
  { script: 'grep -rl "$OTHER" . 2>/dev/null | grep peek', prints: (_a, _b, o) => `./${o}/peek\n` },
  { script: 'test -e .self/addr && test ! -e .self/nothing && test -d $OTHER', prints: () => '' },
  { script: 'df . | tail -1', prints: /^circuit .*\/host1$/m },
  { script: 'du -s .self', prints: /^[01]\t/ },
  { script: 'mkdir -p $OTHER/a/b/c && ls $OTHER/a/b', prints: /^c$/m },
  {
    script: 'rmdir $OTHER/a/b/c $OTHER/a/b $OTHER/a && ls -d $OTHER/a',
    prints: () => '',
    status: 2,
  },
  { script: 'echo X*/addr', prints: /^X\S+\/addr X\S+\/addr\n$/ },
  { script: 'cd $OTHER && pwd && cd .. && ls -d .', prints: /\/X[0-9a-f]{16}\n\.\n$/ },
  { script: 'echo "$(cat $OTHER/addr)" >> .self/join', prints: () => '' },
  { script: 'cat > .self/join <<EOF\n$(cat $OTHER/addr)\nEOF', prints: () => '' },
  { script: 'bash -c \'echo "$(<$OTHER/addr)" > .self/join\'', prints: () => '' },
  { script: 'bash -c \'cat <<< "$(<$OTHER/addr)" > .self/join\'', prints: () => '' },
  { script: "bash -c 'set -o noclobber; cat $OTHER/addr >| .self/join'", prints: () => '' },
  { script: 'printf %s "$(cat $OTHER/addr)" > .self/join', prints: () => '' },
  { script: 'wc -c < .self/addr', prints: (a) => `${a.address.length + 1}\n` },
  { script: 'tac .self/peek | head -1', prints: () => '}\n' },
  { script: 'od -c .self/addr | head -1', prints: /c {3}i {3}r {3}c/ },
  { script: 'touch .self/join', prints: () => '' },
  { script: 'tar cf - .self/help | tar tf -', prints: () => '.self/help\n' },
];

test('standard tools do on the mount what they do elsewhere', async (t) => {
  const { cluster, a, b, other } = await pair(t);
  for (const { script, prints, status = 0 } of CASES) {
    const result = await cluster.sh(script, {
      cwd: a.mountpoint,
      env: { OTHER: other, TMP: cluster.directory },
    });
    t.is(result.status, status, `${script}: ${result.stderr}`);
    if (prints instanceof RegExp) t.regex(result.stdout, prints, script);
    else t.is(result.stdout, prints(a, b, other), script);
  }
});

test('tail -f log prints what comes', async (t) => {
  const { cluster, a, other } = await pair(t);
  for (const member of ['.self', other]) {
    const tail = cluster.spawn(['tail', '-n', '0', '-f', '-s', '0.1', `${member}/log`], {
      cwd: a.mountpoint,
    });
    let seen = '';
    const found = new Promise<void>((resolve) => {
      tail.stdout?.on('data', (data) => {
        seen += data;
        if (seen.includes('mkdir')) resolve();
      });
    });
    // tail must have looked at the end before something comes.
    const marks = setInterval(() => {
      cluster.sh('mkdir mark; rmdir mark', { cwd: `${a.mountpoint}/${member}` });
    }, 200);
    await found;
    clearInterval(marks);
    tail.kill();
    t.regex(seen, /mkdir \/X[0-9a-f]{16}\/mark: ok\n/);
  }
});

test('chmod, chown, mv, ln, rm and new files are refused with EPERM', async (t) => {
  const { sh, other } = await pair(t);
  const refused = [
    'chmod 777 .self/addr',
    'chown nobody .self/addr',
    'mv .self/addr .self/other',
    'ln .self/addr .self/other',
    'ln -s addr .self/other',
    'rm -f .self/addr',
    'rm .self',
    'echo > .self/typo',
    'mkdir new',
    `rmdir ${other}`,
    'mkfifo .self/fifo',
  ];
  for (const script of refused) {
    const result = await sh(script);
    t.not(result.status, 0, script);
    t.regex(result.stderr, /not permitted/, script);
  }
});

test('a chmod, chown or utimens that changes nothing succeeds, and any other is refused with EPERM', async (t) => {
  const { sh, other } = await pair(t);
  for (const member of ['.self', other]) {
    await sh(`mkdir ${member}/a`);
    for (const script of [
      `mkdir -m 700 ${member}/b`,
      `install -d -m 755 ${member}/c`,
      `chown root:root ${member}/a`,
      `chmod 755 ${member}/a`,
      // Nobody but the owner can come here.
      `chmod 700 ${member}/a`,
      `chmod 400 ${member}/peek`,
      `touch ${member}/join`,
      `touch -r ${member}/help ${member}/help`,
    ]) {
      const result = await sh(script);
      t.deepEqual([result.status, result.stderr], [0, ''], script);
    }
    for (const script of [
      `chmod 500 ${member}/a`,
      `chmod +t ${member}/a`,
      `chmod u+w ${member}/peek`,
      `chgrp nogroup ${member}/a`,
      `touch -d 2001-01-01 ${member}/join`,
    ]) {
      const result = await sh(script);
      t.is(result.status, 1, script);
      t.regex(result.stderr, /not permitted/, script);
    }
  }
});

test('opening against the mode is EACCES, also for root', async (t) => {
  const { sh } = await pair(t);
  t.regex((await sh('cat .self/join')).stderr, /Permission denied/);
  t.regex((await sh('echo x > .self/addr')).stderr, /ermission denied/);
  t.regex((await sh('echo x >> .self/peek')).stderr, /ermission denied/);
});

test("Python's open and os.scandir", async (t) => {
  const { python, a, other } = await pair(t);
  const read = await python("print(open('.self/addr').read(), end='')");
  t.is(read.stdout, `${a.address}\n`, read.stderr);
  const scan = await python(
    `import os; print(sorted((e.name, e.is_dir()) for e in os.scandir('${other}'))[0])`,
  );
  t.is(scan.stdout, "('addr', False)\n", scan.stderr);
  const write = await python("with open('.self/join', 'w') as f: f.write('junk\\n')");
  t.regex(write.stderr, /\[Errno 22\] Invalid argument/);
  const walk = await python("import os; print(sum(len(f) for _, _, f in os.walk('.')))");
  t.is(walk.stdout, '23\n', walk.stderr);
  const copy = await python(
    "import shutil, os; shutil.copyfile('.self/addr', '../copy'); print(os.path.getsize('../copy'))",
  );
  t.is(copy.stdout, `${a.address.length + 1}\n`, copy.stderr);
});

test('a read in pieces is consistent: the content is taken once for each open', async (t) => {
  const { python, other } = await pair(t);
  const script = `
import os
fd = os.open('${other}/error', os.O_RDONLY)
try:
    with open('${other}/join', 'w') as f: f.write('junk\\n')
except OSError as e:
    print(e.errno)
print(len(os.read(fd, 5)))
print(open('${other}/error').read(), end='')`;
  const { stdout, stderr } = await python(script);
  t.regex(stdout, /^22\n0\na HOST.* takes a cluster key.*\n$/, stderr);
});

test('the page `help` of each directory has a line for each of its files', async (t) => {
  const { sh, other } = await pair(t);
  await sh(`cd ${other}; mkdir anchor c p s; echo 0 > c/mkchan; echo > s/mk@join
    echo '{"Path":"true"}' > p/mkproc`);
  const anchors = ['anchor', 'c', 'p', 's'].map((name) => `${other}/${name}`);
  for (const directory of ['.self', other, ...anchors]) {
    const files = (await sh(`find ${directory}/ -maxdepth 1 -type f -printf '%f\\n'`)).stdout;
    const page = (await sh(`cat ${directory}/help`)).stdout;
    for (const file of files.trim().split('\n')) {
      t.regex(page, new RegExp(`^  .*\\b${file}\\b`, 'm'), `${directory}/${file}`);
    }
  }
  t.regex((await sh('cat .help')).stdout, /\.self/);
});
