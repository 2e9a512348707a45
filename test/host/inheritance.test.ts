import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { CIRCUIT_ENV, Cluster, eventually } from './cluster.js';

/** All that a process inherits, one line each. */
const PROBE = `
  ulimit -a -S; ulimit -a -H
  umask; nice; pwd
  cat /proc/self/oom_score_adj /proc/self/timerslack_ns /proc/self/personality /proc/self/cgroup
  grep -E '^(Sig(Pnd|Blk|Ign)|Shd|Cap|NoNewPrivs|Seccomp|Cpus|Uid|Gid|Groups|CoreDumping|THP)' /proc/self/status
  # All but the shell's own, and those that tell where it is.
  env | grep -vE '^(_|SHLVL|PWD|OLDPWD)=' | sort
`;

/** Starts a daemon by a line of shell; gives what its processes print of a script. */
async function startedBy(t: ExecutionContext, prepare: string, env: NodeJS.ProcessEnv = {}) {
  const cluster = new Cluster(t);
  const address = join(cluster.directory, 'address');
  const { CIRCUIT } = CIRCUIT_ENV;
  const start = `${CIRCUIT} start --no-mount -a 127.0.0.1:0 > ${address} 2> ${cluster.directory}/log`;
  cluster.spawn(['sh', '-c', `umask 077; ${prepare} ${start}`], { env });
  await eventually(
    async () => cluster.sh(`cat ${address}`),
    ({ stdout }) => stdout.endsWith('\n'),
  );
  const dial = ['-d', readFileSync(address, 'utf8').trim()];
  const name = (await cluster.circuit(['ls', ...dial])).stdout.trim();
  const run = async (...command: string[]) => {
    const result = await cluster.circuit(['exec', ...dial, `${name}/p`, '--', ...command]);
    t.is(result.stderr, '');
    return result.stdout;
  };
  return { cluster, run };
}

test('a process has what the daemon was started with: limits, umask, priority, directory, environment', async (t) => {
  const { cluster, run } = await startedBy(
    t,
    `
    mkdir here; cd here
    ulimit -S -n 1000; ulimit -H -n 5000; ulimit -S -c 0; ulimit -S -s 4096
    umask 027
    echo 321 > /proc/$$/oom_score_adj
    sh -c "$PROBE" > expected
    exec nice -n 7`,
    { PROBE, ORDINARY: 'as it was' },
  );
  const expected = readFileSync(join(cluster.directory, 'here/expected'), 'utf8');
  t.regex(expected, /^ORDINARY=as it was$/m);
  t.regex(expected, /^321$/m);
  t.is(await run('sh', '-c', 'ulimit -S -n; ulimit -H -n'), '1000\n5000\n');
  t.is(await run('sh', '-c', PROBE), expected.replace(/^0$/m, '7'));
});

/** Becomes a program that has a terminal, descriptors too many, and every signal ignored and blocked. */
const UNTIDY = `
import ctypes, fcntl, os, signal, sys, termios
if os.getsid(0) != os.getpid(): os.setsid()
for fd in os.openpty(): os.set_inheritable(fd, True)
fcntl.ioctl(fd, termios.TIOCSCTTY, 0)
rt_sigaction = {'x86_64': 13, 'aarch64': 134}[os.uname().machine]
SIG_IGN = (ctypes.c_ulong * 4)(1)
for signo in range(1, 65): ctypes.CDLL(None).syscall(rt_sigaction, signo, SIG_IGN, None, 8)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
os.execvp(sys.argv[1], sys.argv[1:])
`;

test('a process has no other descriptor, no terminal, and no signal that is ignored or blocked', async (t) => {
  const { run } = await startedBy(t, 'exec python3 -c "$UNTIDY"', { UNTIDY });
  const has =
    'ls /proc/$$/fd; cut -d" " -f7 /proc/$$/stat; exec grep -E "Sig(Blk|Ign)" /proc/self/status';
  t.is(
    await run('sh', '-c', has),
    '0\n1\n2\n0\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n',
  );
});

test('what a service manager says to the daemon is not for its processes', async (t) => {
  const { run } = await startedBy(t, 'exec', {
    NOTIFY_SOCKET: '/run/systemd/notify',
    JOURNAL_STREAM: '8:1234',
    INVOCATION_ID: '0123456789abcdef0123456789abcdef',
    WATCHDOG_USEC: '3000000',
    LISTEN_FDS: '1',
    CREDENTIALS_DIRECTORY: '/run/credentials/circuit.service',
    RUNTIME_DIRECTORY: '/run/circuit',
    STATE_DIRECTORY: '/var/lib/circuit',
    SYSTEMD_EXEC_PID: '42',
    RC_SVCNAME: 'circuit',
    _FUSE_COMMFD: '3',
    ORDINARY: 'as it was',
  });
  const names =
    'NOTIFY|JOURNAL|INVOCATION|WATCHDOG|LISTEN|_DIRECTORY|SYSTEMD|SVCNAME|FUSE|ORDINARY';
  t.is(await run('sh', '-c', `env | grep -E '${names}'`), 'ORDINARY=as it was\n');
});

test('a daemon that node runs without the command gives the conventional limit of 1024 files', async (t) => {
  const cluster = new Cluster(t);
  const { address } = await cluster.start('--no-mount');
  const name = (await cluster.circuit(['ls', '-d', address])).stdout.trim();
  const limits = ['sh', '-c', 'ulimit -S -n; ulimit -H -n'];
  const { stdout } = await cluster.circuit(['exec', '-d', address, `${name}/p`, '--', ...limits]);
  const hard = (await cluster.sh('ulimit -H -n')).stdout;
  t.is(stdout, `${Math.min(1024, Number(hard))}\n${hard}`);
});
