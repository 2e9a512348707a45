import test from 'ava';
import { Command } from 'commander';
import fc from 'fast-check';
import { withTwoDashes } from '../../../src/cli/long-options.js';
import { Cluster, eventually, type Result } from '../../host/cluster.js';
import { commands } from './commands.js';

function program(): Command {
  const circuit = new Command('circuit').version('1.2.3');
  circuit.command('help').alias('h').argument('[COMMAND]');
  circuit
    .command('start')
    .option('-j, --join <ADDRESS...>')
    .option('--no-mount')
    .option('--docker [SOCKET]');
  for (const name of ['ls', 'exec']) {
    circuit
      .command(name)
      .argument('[ANY...]')
      .option('-d, --dial <ADDRESS>')
      .option('-l, --long')
      .option('--de, --depth')
      .option('--discover <GROUP:PORT>');
  }
  return circuit;
}

const TRANSLATIONS: ReadonlyArray<readonly [given: string, taken: string]> = [
  ['ls -long -depth /', 'ls --long --depth /'],
  ['ls -de', 'ls --de'],
  ['ls / -discover g:1', 'ls / --discover g:1'],
  ['ls -discover=g:1', 'ls --discover=g:1'],
  ['start -no-mount -join a -join b', 'start --no-mount --join a --join b'],
  ['-version', '--version'],
  ['ls -help', 'ls --help'],
  // Short ones, also several in one, and with their value.
  ['ls -l -d a', 'ls -l -d a'],
  ['ls -ld a', 'ls -ld a'],
  ['ls -ldcircuit://h:1', 'ls -ldcircuit://h:1'],
  ['ls -d=circuit://h:1', 'ls -d circuit://h:1'],
  ['ls -ld=a=b', 'ls -ld a=b'],
  // An option that takes no value.
  ['ls -long=true -depth=true -l=true', 'ls --long --depth -l'],
  ['start -no-mount=true', 'start --no-mount'],
  ['ls -ld=true', 'ls -ld true'],
  // One that may have one.
  ['start -docker -no-mount', 'start --docker --no-mount'],
  ['start -docker=true', 'start --docker'],
  ['start -docker=/s -docker /s', 'start --docker=/s --docker /s'],
  // A value is one whatever it looks like.
  ['ls -d -long -long', 'ls -d -long --long'],
  ['ls -discover -long', 'ls --discover -long'],
  ['ls --discover -long', 'ls --discover -long'],
  // Mistyped.
  ['ls -dpeth', 'ls --dpeth'],
  ['ls -logn', 'ls --logn'],
  ['ls -discovr=g:1', 'ls --discovr=g:1'],
  ['start -nomount', 'start --nomount'],
  ['ls -x -9 -KILL -', 'ls -x -9 -KILL -'],
  // Of another command, or of none.
  ['frob -long', 'frob'],
  // Of exec up to the command that it runs, which begins at the first word that is no option.
  ['exec -dial a /X/p prog -discover x', 'exec --dial a /X/p -- prog -discover x'],
  ['exec /X/p -dial a prog -- -n', 'exec /X/p --dial a -- prog -- -n'],
  ['exec /X/p -dial a -- prog -n', 'exec /X/p --dial a -- prog -n'],
  ['exec -long /X/p', 'exec --long /X/p'],
  ['exec -long -- prog -long', 'exec --long -- prog -long'],
  ['ls -- -long', 'ls -- -long'],
];

test('a long option may have one dash, where its command has it', (t) => {
  for (const [given, taken] of TRANSLATIONS) {
    t.deepEqual(withTwoDashes(program(), given.split(' ')), taken.split(' '), given);
  }
});

test('arguments that are translated a second time keep their meaning', (t) => {
  const arg = fc.constantFrom(
    '-long',
    '-d',
    '-ld',
    '-d=x',
    '-discover',
    '-dpeth',
    '--',
    'ls',
    '/X',
  );
  fc.assert(
    fc.property(fc.constantFrom('ls', 'exec'), fc.array(arg), (verb, args) => {
      const once = withTwoDashes(program(), [verb, ...args]);
      t.deepEqual(withTwoDashes(program(), once), once);
    }),
  );
});

test('long options with one dash do what they do with two', async (t) => {
  const cluster = new Cluster(t);
  const key = (await cluster.circuit(['keygen'])).stdout;
  await cluster.sh(`umask 077; cat > key`, { input: key });
  const hmac = ['-hmac', `${cluster.directory}/key`];
  const start = ['-no-mount', '-addr', ':0', '-if', 'lo', '-var', cluster.mkdir('var'), ...hmac];
  const a = cluster.launch(['-a', ':0', '--no-mount', ...start]);
  await a.ready;
  const b = cluster.launch(['--no-mount', '-addr=127.0.0.1:0', '-join', await a.ready, ...hmac]);
  await b.ready;
  const circuit = (verb: string, ...args: readonly string[]) =>
    cluster.circuit([verb, '-dial', a.address, ...hmac, ...args], {
      input: '{"Path": "sleep", "Args": ["1000"], "scrub": false}',
    });
  const own = `/${a.log().match(/X[0-9a-f]{16}/)?.[0]}`;
  t.is((await circuit('mkproc', '-scrub', `${own}/p/q`)).status, 0);
  const listed = await circuit('ls', '-long', '-depth', `${own}/...`);
  t.is(listed.stdout, `proc    ${own}/p/q\n-       ${own}/p\n`, listed.stderr);
  const preorder = await circuit('ls', `${own}/...`);
  t.is(preorder.stdout, `${own}/p\n${own}/p/q\n`);
  const everything = await circuit('ls', '--depth', '/...');
  t.regex(everything.stdout, /^(\/X\S{16}\n)?(\/X\S{16})\/p\/q\n\2\/p\n\2\n(\/X\S{16}\n)?$/);
  t.is(everything.stdout.split('\n').length, 5);
  // It goes when it ends.
  t.is((await circuit('signal', 'KILL', `${own}/p/q`)).status, 0);
  await eventually(
    () => circuit('ls', `${own}/...`),
    ({ stdout }) => stdout === '',
  );
  const bad = await circuit('mkproc', '-scrub', `${own}/p`, '-x');
  t.is(bad.status, 2);
});

test('a typing error in an option is answered with the likely one, and status 2', async (t) => {
  const cluster = new Cluster(t);
  const mistyped: ReadonlyArray<readonly [readonly string[], string]> = [
    [['ls', '-dpeth', '/...'], '--depth'],
    [['ls', '--dpeth', '/...'], '--depth'],
    [['ls', '-logn'], '--long'],
    [['peek', '-discovr', '228.8.8.8:8822', '/'], '--discover'],
    [['start', '-adr', '127.0.0.1:0'], '--addr'],
    [['mkproc', '-scrup', '/X/a'], '--scrub'],
  ];
  for (const [args, likely] of mistyped) {
    const { status, stdout, stderr } = await cluster.circuit(args);
    t.deepEqual([status, stdout], [2, ''], args.join(' '));
    t.regex(
      stderr,
      new RegExp(`^circuit: unknown option .*\\n?\\(Did you mean ${likely}\\?\\)\\n$`),
    );
  }
});

test('an option that takes no value may have =true; another value is an error', async (t) => {
  const { circuit, own } = await commands(t);
  const listed = await circuit(['ls', '-l=true', '--depth=true', '/...']);
  t.regex(listed.stdout, new RegExp(`^alive   ${own}  `, 'm'), listed.stderr);
  for (const [given, option] of [
    ['-long=false', '--long'],
    ['--long=no', '--long'],
    ['-l=false', '-l'],
  ] as const) {
    const { stdout, stderr, status } = await circuit(['ls', given, '/...']);
    const sentence = `circuit: option '${option}' takes no value; leave it out for =false\n`;
    t.deepEqual([stdout, stderr, status], ['', sentence, 2]);
  }
});

test('an unknown command is wrong usage, whatever follows it', async (t) => {
  const cluster = new Cluster(t);
  for (const args of [['-h'], ['--help'], ['-long', '/'], ['x', '-help']]) {
    const { stdout, stderr, status } = await cluster.circuit(['mkdri', ...args]);
    const sentence = "circuit: unknown command 'mkdri' (Did you mean mkdir?)\n";
    t.deepEqual([stdout, stderr, status], ['', sentence, 2], args.join(' '));
  }
});

test('h is help', async (t) => {
  const cluster = new Cluster(t);
  const plain = ({ stdout, stderr, status }: Result) => ({ stdout, stderr, status });
  for (const about of [[], ['ls']]) {
    const short = plain(await cluster.circuit(['h', ...about]));
    t.deepEqual(short, plain(await cluster.circuit(['help', ...about])));
    t.is(short.status, 0);
  }
});

test('the command that exec runs keeps its options', async (t) => {
  const { channels, circuit } = await commands(t);
  for (const path of channels) {
    const run = await circuit(['exec', path, '--', 'echo', '-discover', '-long', '--', '-d=x']);
    t.deepEqual([run.stdout, run.status], ['-discover -long -- -d=x\n', 0], run.stderr);
  }
});

test('exec takes its own options before and after the anchor, and none from the command, also without --', async (t) => {
  const { a, own, cluster } = await commands(t);
  const path = `${own}/p`;
  const runs: ReadonlyArray<readonly [given: readonly string[], printed: string]> = [
    [['-d', a.address, path, 'head', '-n', '1'], '1\n'],
    [['-d', a.address, path, 'echo', '-n', 'hi'], 'hi'],
    [[path, '-dial', a.address, '--', 'echo', '-n', 'hi'], 'hi'],
    [['-d', a.address, path, '-no-stdin', '--', 'cat'], ''],
  ];
  for (const [given, printed] of runs) {
    const run = await cluster.circuit(['exec', ...given], { input: '1\n2\n3\n' });
    t.deepEqual([run.stdout, run.stderr, run.status], [printed, '', 0]);
  }
});
