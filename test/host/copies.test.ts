import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Cluster } from './cluster.js';

const ROUNDS = 8;

/** Every value file of a member on which c is a channel and p a process. */
const VALUES = [
  ...['addr', 'error', 'peek', 'peers', 'stk'],
  ...['c/cap', 'c/error', 'c/kind', 'c/peek'],
  ...['p/cmd', 'p/error', 'p/exit', 'p/kind', 'p/peek', 'p/phase', 'p/pid'],
];

/** Programs that copy as many bytes as st_size tells: the value files `$FILES`, to the directory `$TO`. */
const PROGRAMS = [
  'for f in $FILES; do busybox cat $f > $TO/$f; done',
  'for f in $FILES; do busybox cp $f $TO/$f; done',
  'busybox tar cf - $FILES | tar xf - -C $TO',
  'tar cf $TO.tar $FILES && tar xf $TO.tar -C $TO',
  'rsync -aR $FILES $TO/',
  'printf "%s\\n" $FILES | cpio -o --quiet -O $TO.cpio && cd $TO && cpio -id --quiet < $TO.cpio',
  `python3 -c 'import os, shutil, sys
for f in sys.argv[1:]: shutil.copyfile(f, os.environ["TO"] + "/" + f)' $FILES`,
];

const JSON_THAT_CHANGES = new Set(['stk', 'peers']);

/** Two joined daemons, and the directory of each member in the mount of the first. */
async function pair(t: ExecutionContext) {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  const b = await cluster.start('-j', a.address);
  const own = join(a.mountpoint, '.self');
  const self = (await cluster.sh(`readlink ${own}`)).stdout.trim();
  const name = readdirSync(a.mountpoint).find((one) => one.startsWith('X') && one !== self);
  const other = join(a.mountpoint, name ?? '');
  const python = (script: string, cwd = other) => cluster.run(['python3', '-c', script], { cwd });
  return { cluster, a, b, own, other, python };
}

test('programs that trust st_size copy every value file whole, here and of another member', async (t) => {
  const { cluster, own, other } = await pair(t);
  let copies = 0;
  for (const member of [own, other]) {
    const made = await cluster.sh(
      `mkdir c p; echo 3 > c/mkchan; echo '{"Path":"sleep","Args":["1000"]}' > p/mkproc`,
      { cwd: member },
    );
    t.is(made.status, 0, made.stderr);
    const cat = await Promise.all(VALUES.map((file) => cluster.sh(`cat ${member}/${file}`)));
    const isWhole = (file: string, text: string) => {
      // It is whole if its JSON is.
      if (JSON_THAT_CHANGES.has(file)) return isJson(text);
      return text === cat[VALUES.indexOf(file)]?.stdout;
    };
    for (const program of PROGRAMS) {
      let late = 0;
      for (let whole = 0; whole < ROUNDS; ) {
        copies += 1;
        const to = cluster.mkdir(`copy${copies}`);
        const script = `mkdir $TO/c $TO/p; set -e; ${program}`;
        const env = { FILES: VALUES.join(' '), TO: to };
        const { status, stderr } = await cluster.sh(script, { cwd: member, env });
        const copyOf = (file: string) => {
          const path = join(to, file);
          return existsSync(path) ? readFileSync(path, 'utf8') : '';
        };
        const broken = VALUES.filter((file) => !isWhole(file, copyOf(file)));
        if (status === 0 && broken.length === 0) whole += 1;
        else late += 1;
        // A busy machine may keep the other member from answering a look in time: then a file is
        // empty, but never cut short.
        const mayBeLate = member === other && broken.every((file) => copyOf(file) === '');
        if (late > (mayBeLate ? ROUNDS : 0)) {
          return t.fail(`${program}: ${status} ${stderr} ${broken.join(' ')}`);
        }
      }
      if (late > 0)
        t.log(`${program}: ${late} of ${late + ROUNDS} while the member did not answer in time`);
    }
  }
  t.pass();
});

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

test('what an open value file shows stays as it was: size, time and content', async (t) => {
  const { python, own, other } = await pair(t);
  for (const member of [own, other]) {
    const seen = await python(
      `
import os
os.mkdir('c')
open('c/mkchan', 'w').write('3\\n')
fd = os.open('c/peek', os.O_RDONLY)
before = os.fstat(fd)
for i in range(3):
    with open('c/send', 'w') as f: f.write('hello')
    os.stat('c/peek')
after = os.fstat(fd)
print(before.st_size == after.st_size == len(os.read(fd, 4096)), before.st_mtime_ns == after.st_mtime_ns)
print(os.stat('c/peek').st_mtime_ns > after.st_mtime_ns)
same = os.stat('c/peek')
print(os.stat('c/peek').st_mtime_ns == same.st_mtime_ns)`,
      member,
    );
    t.is(seen.stdout, 'True True\nTrue\nTrue\n', seen.stderr);
  }
});

test('a program that looks, writes, and reads at once finds what it has done', async (t) => {
  const { python, own, other } = await pair(t);
  for (const member of [own, other]) {
    const seen = await python(
      `
import json, os
os.mkdir('c')
open('c/mkchan', 'w').write('100\\n')
for i in range(1, 50):
    os.stat('c/peek')
    with open('c/send', 'w') as f: f.write('x')
    assert json.load(open('c/peek'))['NumSend'] == i
for i in range(1, 50):
    os.stat('c/peek')
    open('c/recv').read()
    assert json.load(open('c/peek'))['NumRecv'] == i
print('done')`,
      member,
    );
    t.is(seen.stdout, 'done\n', seen.stderr);
  }
});

test('rsync takes a value that has changed', async (t) => {
  const { cluster, other } = await pair(t);
  const seen = await cluster.sh(
    `mkdir c; echo 3 > c/mkchan; rsync -a c/peek $OUT
    # rsync compares whole seconds.
    until [ $(date +%s) -gt $(stat -c %Y $OUT/peek) ]; do :; done
    echo x > c/send; rsync -a c/peek $OUT
    cmp c/peek $OUT/peek && echo same`,
    { cwd: other, env: { OUT: cluster.directory } },
  );
  t.is(seen.stdout, 'same\n', seen.stderr);
});

test('a look at the files of a member that does not answer, and from within it, does not fail', async (t) => {
  const { cluster, a, b, other } = await pair(t);
  await cluster.sh('mkdir -p anchor', { cwd: other });
  // A shell's prompt looks at the directory that it is in.
  const prompt = cluster.spawn(['sh', '-c', 'echo in; read _; stat -c %F . $ROOT; df . $ROOT'], {
    cwd: join(other, 'anchor'),
    env: { ROOT: a.mountpoint },
  });
  let printed = '';
  await new Promise<void>((resolve) =>
    prompt.stdout?.on('data', (data) => {
      printed += data;
      if (printed.includes('in\n')) resolve();
    }),
  );
  b.process.kill('SIGSTOP');
  const looked = await cluster.sh(
    `for f in addr peek peers stk; do stat -c '%n %s' ${other}/$f || exit; done; ls -l ${other}/log`,
  );
  t.is(looked.status, 0, looked.stderr);
  t.regex(looked.stdout, /^(\S+\/(addr|peek|peers|stk) 0\n){4}-r-------- .*log\n$/);
  const ended = new Promise((resolve) => prompt.once('close', resolve));
  prompt.stdin?.end('go\n');
  t.is(await ended, 0, printed);
  t.regex(printed, /^in\ndirectory\ndirectory\n/);
  b.process.kill('SIGCONT');
});

test('a stream is read whole by the programs that docs/files.md names for it', async (t) => {
  const { cluster, own, other } = await pair(t);
  for (const member of [own, other]) {
    const made = await cluster.sh(
      `mkdir c p; echo 9 > c/mkchan; echo '{"Path":"echo","Args":["one"]}' > p/mkproc
      for i in 1 2 3 4 5; do echo one > c/send; done`,
      { cwd: member },
    );
    t.is(made.status, 0, made.stderr);
    for (const program of [
      'busybox dd if=c/recv status=none',
      'busybox tail -n +1 c/recv | cat',
      'cat c/recv | sort',
      'read line < c/recv; echo $line',
      'cp c/recv $OUT/copy && cat $OUT/copy',
      'cat p/stdout | head -n 1',
    ]) {
      const { stdout, stderr } = await cluster.sh(program, {
        cwd: member,
        env: { OUT: cluster.directory },
      });
      t.deepEqual([stdout, stderr], ['one\n', ''], program);
    }
    const exit = await cluster.sh('busybox tail -n +1 p/wait', { cwd: member });
    t.is(JSON.parse(exit.stdout).Exit, '0');
  }
});
