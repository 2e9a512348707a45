import test, { type ExecutionContext } from 'ava';
import { channelViews } from './channels.js';
import { AT_ONCE, type Result } from './cluster.js';

/** In c, a channel, and p, a process: how each file is used. */
const READ = [
  ...['kind', 'peek', 'recv', 'tryrecv', 'cap'].map((file) => `c/${file}`),
  ...['kind', 'peek', 'cmd', 'stdout', 'stderr', 'wait', 'pid', 'phase', 'exit'].map(
    (file) => `p/${file}`,
  ),
  ...['addr', 'peek', 'peers', 'stk', 'log'],
];
const WRITE = [
  ...['send', 'trysend', 'close', 'scrub'].map((file) => `c/${file}`),
  ...['stdin', 'signal', 'scrub'].map((file) => `p/${file}`),
  ...['free/mkchan', 'free/mkproc', 'free/mk@join', 'free/mk@leave'],
  ...['join', 'leave', 'reload', 'shutdown'],
];

/**
 * Opens all files before the member goes, and says so; then uses each, and
 * prints the errno and the seconds that it took. What is a value is read at open(2).
 */
const USE_WHAT_IS_OPEN = `
import errno, os, sys, time
read, write = (arg.split() for arg in sys.argv[1:])
fds = [(os.open(f, os.O_RDONLY), f, lambda fd: os.read(fd, 4096)) for f in read]
fds += [(os.open(f, os.O_WRONLY), f, lambda fd: os.write(fd, b'1\\n')) for f in write]
print('open', flush=True)
sys.stdin.readline()
for fd, name, use in fds:
    started = time.monotonic()
    try: use(fd); outcome = 'done'
    except OSError as error: outcome = errno.errorcode[error.errno]
    print(name, outcome, round(time.monotonic() - started, 1), flush=True)
`;

/** What an open value file goes on to give. */
const VALUES = /\/(kind|peek|cap|cmd|pid|phase|exit)$|^(addr|peek|peers|stk)$/;

/** What stands for a member that has gone: not in the network any more, or not yet known to be. */
const GONE = /^(ENOENT|EHOSTUNREACH)$/;

/** Before it is dropped from the listing. */
function tellsWhatIsKnown(t: ExecutionContext, { stdout }: Result) {
  t.deepEqual(Object.keys(JSON.parse(stdout)), ['Name', 'Addr', 'Joined', 'State', 'Since']);
}

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`of a member that has gone by ${signal} every file fails at once, also one that is open, but for what is known`, async (t) => {
    const { cluster, owner, local, remote } = await channelViews(t);
    const made = await local.sh(
      `mkdir c p free && echo 0 > c/mkchan && echo '{"Path":"cat"}' > p/mkproc`,
    );
    t.is(made.status, 0, made.stderr);
    const user = remote.spawn(
      ...['python3', '-u', '-c', USE_WHAT_IS_OPEN],
      READ.join(' '),
      WRITE.join(' '),
    );
    await user.printed('open\n');
    await owner.stop(signal);
    for (const command of [
      ...READ.map((file) => `cat $M/${file}`),
      ...WRITE.map((file) => `/bin/echo 1 > $M/${file}`),
      ...['ls $M', 'ls $M/c', 'mkdir $M/new', 'rmdir $M/free'],
    ]) {
      const result = await cluster.sh(command, { env: { M: remote.directory } });
      t.true(result.elapsed < AT_ONCE, `${command} took ${result.elapsed} ms`);
      if (command === 'cat $M/peek' && result.status === 0) tellsWhatIsKnown(t, result);
      else {
        t.not(result.status, 0, command);
        t.regex(result.stderr, /No such file or directory|No route to host|nonexistent/, command);
      }
    }
    user.process.stdin?.end('go\n');
    t.is(await user.status, 0, await user.stderr);
    const outcomes = (await user.stdout).trim().split('\n').slice(1);
    t.is(outcomes.length, READ.length + WRITE.length);
    for (const outcome of outcomes) {
      const [name = '', code = '', seconds] = outcome.split(' ');
      if (VALUES.test(name)) t.is(code, 'done', outcome);
      else t.regex(code, GONE, outcome);
      t.true(Number(seconds) < AT_ONCE / 1_000, outcome);
    }
  });
}
