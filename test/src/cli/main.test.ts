import { once } from 'node:events';
import { createServer } from 'node:net';
import test from 'ava';
import { Address, newSecret } from '../../../src/base/address.js';
import { CIRCUIT_ENV, Cluster, type Result } from '../../host/cluster.js';

test('the exit status is 2 and one line says why when a command is called wrongly', async (t) => {
  const cluster = new Cluster(t);
  const wrong = [
    [['frob'], /^circuit: unknown command 'frob'\n$/],
    [['join'], /^circuit: missing required argument 'ANCHOR'\n$/],
    [['ls', '-x'], /^circuit: unknown option '-x'\n/],
    [['ls', '-d'], /^circuit: option .* argument missing\n$/],
    [['start', 'extra'], /^circuit: too many arguments for 'start'/],
  ] as const;
  for (const [args, said] of wrong) {
    const { status, stdout, stderr } = await cluster.circuit(args);
    t.is(status, 2, args.join(' '));
    t.is(stdout, '');
    t.regex(stderr, said);
  }
});

test('the exit status is 1 and one line says why when a command fails', async (t) => {
  const cluster = new Cluster(t);
  const { address } = await cluster.start('--no-mount');
  const name = (await cluster.circuit(['ls', '-d', address])).stdout.trim();
  const failing: ReadonlyArray<readonly [readonly string[], RegExp]> = [
    [['ls', '-d', 'junk'], /takes a cluster key \(--hmac FILE\); a circuit address looks/],
    [['ls', '-d', address, 'relative'], /relative is not a path; it begins with a slash/],
    [['ls', '-d', address, '/Xnone'], /there is no member Xnone/],
    [['ls', '-d', address, `${name}/none`], /there is no anchor \/X[0-9a-f]{16}\/none/],
    [['peek', '-d', address, '/'], /\/ is neither a member, \/X…, nor an anchor/],
    [['peek', '-d', address, `${name}/a`], /there is no anchor \/X[0-9a-f]{16}\/a/],
    [
      ['join', '-d', address, name, 'junk'],
      /takes a cluster key \(--hmac FILE\); a circuit address looks/,
    ],
    [['ls', '-d', address, '--hmac', '/nonexistent'], /cannot read the cluster key/],
    [['start', '--no-mount', '-a', 'http://x'], /http:\/\/x is not HOST, HOST:PORT/],
    [['start', '--no-mount', '-a', ''], /-a is empty; give it HOST, HOST:PORT, or :PORT/],
    [['start', '--no-mount', '-a', 'nobody.invalid'], /there is no host named nobody.invalid/],
    [['start', '--no-mount', '--if', 'nope'], /there is no interface nope/],
    [['start', '--no-mount', '--advertise', 'a b'], /a b is not/],
    [['start', '--no-mount', '-a', '[fe80::1%lo]:0'], /give --advertise/],
    [['start', '--no-mount', '--advertise', '256.1.1.1'], /256.1.1.1 is not/],
    [['start', '--no-mount', '--advertise', '0.0'], /0.0 is not .* that others could reach/],
    [['start', '--no-mount', '--docker', ''], /--docker takes the path .* begins with \/, not ''/],
    [['start', '--no-mount', '--docker', 'unix://'], /begins with \/, not unix:\/\/;/],
    [['start', '--no-mount', '--docker', 'tcp://127.0.0.1:2375'], /not tcp:\/\/127.0.0.1:2375;/],
    [['start', '--no-mount', '--docker', 'docker.sock'], /not docker.sock; without a value it is/],
    [['start', '--no-mount', '--docker', '/dev/null'], /engine's socket, and \/dev\/null is none/],
    [['start', '--no-mount', '--var', ''], /the state directory needs a name/],
    [
      ['start', '--no-mount', '--var', '/dev/null'],
      /cannot keep state in \/dev\/null \(it is not a dir/,
    ],
    [['start', '--no-mount', '--advertise', '[fe80::1%lo]'], /is not a HOST/],
    [
      ['start', '--no-mount', '-a', '127.0.0.1:1', '--if', 'lo'],
      /give -a :PORT together with --if/,
    ],
    [['start', '--no-mount', '-a', '192.0.2.1:0'], /192\.0\.2\.1 is not an address of this host/],
    [
      ['start', '--no-mount', '-a', '127.0.0.1:0', '-j', 'junk'],
      /takes a cluster key \(--hmac FILE\); a circuit address looks/,
    ],
  ];
  for (const [args, said] of failing) {
    const { status, stdout, stderr } = await cluster.circuit(args);
    t.is(status, 1, `${args.join(' ')}: ${stderr}`);
    t.is(stdout, '');
    const complaint = stderr.split('\n').filter((line) => !/^\d{4}-/.test(line));
    t.is(complaint.length, 2, stderr);
    t.regex(complaint[0] ?? '', said);
    t.regex(complaint[0] ?? '', /^circuit: /);
  }
});

test('a start that is to join many says one sentence, and Node warns of nothing', async (t) => {
  const cluster = new Cluster(t);
  const addresses = Array.from({ length: 15 }, (_, i) => newAddress(i + 1));
  const joins = addresses.flatMap((address) => ['-j', address]);
  const { status, stderr } = await cluster.circuit(['start', '--no-mount', '-a', ':0', ...joins]);
  t.is(status, 1);
  const complaint = stderr.split('\n').filter((line) => !/^\d{4}-/.test(line));
  t.is(complaint.length, 2, stderr);
  t.regex(complaint[0] ?? '', /^circuit: nobody listens on 127\.0\.0\.1:\d+$/);
});

test('a port that is in use: a sentence, exit 1', async (t) => {
  const cluster = new Cluster(t);
  const other = createServer().listen(0, '127.0.0.1');
  t.teardown(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const { status, stderr } = await cluster.circuit([
    'start',
    '--no-mount',
    '-a',
    `127.0.0.1:${port}`,
  ]);
  t.is(status, 1);
  t.is(stderr, `circuit: 127.0.0.1:${port} is in use by another program\n`);
});

test('--version and help go to standard output, and exit with 0', async (t) => {
  const cluster = new Cluster(t);
  const answers: Result[] = [];
  for (const args of [['--version'], ['help'], ['--help'], ['help', 'ls'], ['ls', '--help']]) {
    answers.push(await cluster.circuit(args));
  }
  for (const { status, stderr } of answers) t.deepEqual([status, stderr], [0, '']);
  t.regex(answers[0]?.stdout ?? '', /^\d+\.\d+\.\d+\n$/);
  t.is(answers[1]?.stdout, answers[2]?.stdout);
  t.is(answers[3]?.stdout, answers[4]?.stdout);
  const unknown = await cluster.circuit(['help', 'nosuch']);
  t.is(unknown.status, 2);
  t.regex(unknown.stderr, /^circuit: unknown command 'nosuch'\n/);
});

test('help lists each control file under those that have it, and shows it on a mount', async (t) => {
  const cluster = new Cluster(t);
  const { stdout } = await cluster.circuit(['help']);
  for (const [heading, names] of [
    ['a member, dns', ['addr']],
    ['a member', ['join', 'leave', 'reload', 'shutdown', 'peers', 'stk', 'log']],
    ['chan', ['send', 'trysend', 'tryrecv', 'close', 'cap']],
    ['chan, @join, @leave', ['recv']],
    [
      'proc, docker',
      ['cmd', 'stdin', 'stdout', 'stderr', 'wait', 'signal', 'pid', 'phase', 'exit'],
    ],
  ] as const) {
    const [, section = ''] = stdout.split(`\nOf ${heading}:\n`);
    const listed = section.split('\n\n', 1).flatMap((rows) => rows.match(/^ {2}\S+/gm) ?? []);
    t.deepEqual(
      listed.map((name) => name.trim()),
      [...names],
    );
  }
  t.regex((await cluster.circuit(['signal', '--help'])).stdout, /: echo TERM > signal\n/);
});

test('a command finds the daemon in the file that $CIRCUIT names', async (t) => {
  const cluster = new Cluster(t);
  const { address } = await cluster.start('--no-mount');
  const result = await cluster.sh('echo "$ADDRESS" > file && "$NODE" "$CIRCUIT_JS" ls', {
    env: {
      ADDRESS: address,
      NODE: CIRCUIT_ENV.NODE,
      CIRCUIT_JS: CIRCUIT_ENV.CIRCUIT,
      CIRCUIT: 'file',
    },
  });
  t.regex(result.stdout, /^\/X[0-9a-f]{16}\n$/);
});

test('a reader of standard output that goes away early is no error', async (t) => {
  const cluster = new Cluster(t);
  const { address } = await cluster.start('--no-mount');
  const { NODE, CIRCUIT } = CIRCUIT_ENV;
  const script =
    '"$NODE" "$PROGRAM" stk -d "$ADDRESS" "$("$NODE" "$PROGRAM" ls -d "$ADDRESS")" | true';
  const result = await cluster.sh(script, { env: { ADDRESS: address, NODE, PROGRAM: CIRCUIT } });
  t.is(result.stderr, '');
});

test('an answer that cannot be written is a failure', async (t) => {
  const cluster = new Cluster(t);
  const { address } = await cluster.start('--no-mount');
  const { NODE, CIRCUIT } = CIRCUIT_ENV;
  const env = { ADDRESS: address, NODE, PROGRAM: CIRCUIT };
  for (const command of ['keygen', 'ls -d "$ADDRESS"', 'start --no-mount -a 127.0.0.1:0']) {
    const result = await cluster.sh(`"$NODE" "$PROGRAM" ${command} > /dev/full`, { env });
    t.is(result.status, 1, command);
    t.regex(result.stderr, /^circuit: cannot .*no space left/m);
  }
});

test('--advertise and --if decide what the address says', async (t) => {
  const cluster = new Cluster(t);
  for (const everywhere of ['0:0', '[::0]:0']) {
    const daemon = await cluster.start('--no-mount', '-a', everywhere);
    t.notRegex(daemon.address, /^circuit:\/\/(0|\[::0?\]):/);
  }
  const advertised = await cluster.start('--no-mount', '--advertise', 'example.org');
  t.regex(advertised.address, /^circuit:\/\/example\.org:\d+\//);
  const withPort = await cluster.start('--no-mount', '--advertise', '[2001:db8::1]:7');
  t.regex(withPort.address, /^circuit:\/\/\[2001:db8::1\]:7\//);
  const onLoopback = await cluster.start('--no-mount', '-a', ':0', '--if', 'lo');
  t.regex(onLoopback.address, /^circuit:\/\/127\.0\.0\.1:\d+\//);
  const onIPv6 = await cluster.start('--no-mount', '-a', '[::1]:0');
  t.regex(onIPv6.address, /^circuit:\/\/\[::1\]:\d+\//);
  t.is((await cluster.circuit(['ls', '-d', onIPv6.address])).status, 0);
  const anywhere = await cluster.start('--no-mount', '-a', ':0');
  t.notRegex(anywhere.address, /0\.0\.0\.0|\[::\]/);
  t.is((await cluster.circuit(['ls', '-d', anywhere.address])).status, 0);
});

test('peek and stk are JSON, and hold neither the environment nor the command line', async (t) => {
  const cluster = new Cluster(t);
  const env = { ...process.env, PASSWORD: 'hunter2' };
  const daemon = await cluster.startWith({ env }, '--no-mount');
  const { address } = daemon;
  const name = (await cluster.circuit(['ls', '-d', address])).stdout.trim();
  const peek = JSON.parse((await cluster.circuit(['peek', '-d', address, name])).stdout);
  t.is(peek.Addr, address);
  t.is(peek.Name, name.slice(1));
  t.is(peek.Pid, daemon.pid);
  t.true(Math.abs(Date.parse(peek.Joined) - Date.now()) < 60_000);
  const { stdout } = await cluster.circuit(['stk', '-d', address, name]);
  const report = JSON.parse(stdout);
  t.true(report.heap.used_heap_size > 0);
  t.true(report.activeResources.TCPServerWrap >= 1);
  t.notRegex(stdout, /hunter2|circuit\.js/);
});

function newAddress(port: number): string {
  return new Address('127.0.0.1', port, 1, newSecret()).toString();
}
