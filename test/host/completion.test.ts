import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import { SHELLS } from '../../src/cli/command-line-words.js';
import { AT_ONCE, Cluster, eventually, type TestDaemon } from './cluster.js';
import { typeInto } from './shell.js';

/** A name that a shell must not read as its own language. */
const ODD = `odd $(touch owned)\`touch owned\`;touch owned'"!!$HOME\\é:b@c=d`;

interface Place {
  readonly daemon: TestDaemon;
  /** The path of its member. */
  readonly member: string;
}

async function daemonWithAnchors(cluster: Cluster): Promise<Place> {
  const daemon = await cluster.start('--no-mount');
  const run = async (verb: string, ...args: string[]) =>
    (await cluster.circuit([verb, '-d', daemon.address, ...args])).stdout.trim();
  const member = await run('ls');
  await run('mkchan', `${member}/jobs`, '1');
  await run('mkdir', `${member}/dir`);
  await run('mkchan', `${member}/${ODD}`, '0');
  await run('mkdir', `${member}/new\ntouch owned`);
  return { daemon, member };
}

/** A line that is typed, and the words that are to come of it. */
type Line = readonly [keys: string, words: readonly string[]];

function linesFor({ daemon, member }: Place): readonly Line[] {
  const at = ['-d', daemon.address];
  const odd = ['circuit', 'recv', ...at, `${member}/${ODD}`];
  const nobody = `circuit://127.0.0.1:1/1/Q${'0'.repeat(32)}`;
  return [
    ['circuit mk@j\t', ['circuit', 'mk@join']],
    ['circuit ls --dis\t', ['circuit', 'ls', '--discover']],
    ['circuit ls -dis\t', ['circuit', 'ls', '-discover']],
    ['circuit signal KI\t', ['circuit', 'signal', 'KILL']],
    ['circuit start --hmac=.con\t', ['circuit', 'start', '--hmac=.config']],
    ['circuit start --var .con\t', ['circuit', 'start', '--var', '.config']],
    ['circuit ls -d .con\t', ['circuit', 'ls', '-d', '.con']],
    ['circuit leave -d $H1 \t', ['circuit', 'leave', ...at, member]],
    ['circuit ls -d $H1 \td\t', ['circuit', 'ls', ...at, `${member}/dir`]],
    [`circuit recv -d "$H1" ${member}/j\t`, ['circuit', 'recv', ...at, `${member}/jobs`]],
    ['circuit select -d $H1 /\tj\ttryr\t', ['circuit', 'select', ...at, `${member}/jobs/tryrecv`]],
    ['circuit leave -d $H1 /.s\t', ['circuit', 'leave', ...at, '/.self']],
    ['circuit leave -d $H1 /.h\t\t', ['circuit', 'leave', ...at, `/.hosts/${hostname()}`]],
    [`circuit recv -d $H1 /.self/j\t`, ['circuit', 'recv', ...at, '/.self/jobs']],
    [`circuit recv -d $H1 ${member}/o\t`, odd],
    [`circuit recv -d $H1 "${member}/o\t`, odd],
    [`circuit recv -d $H1 '${member}/o\t`, odd],
    // A name with a control character.
    [`circuit ls -d $H1 ${member}/n\t`, ['circuit', 'ls', ...at, `${member}/n`]],
    [`circuit ls -d ${nobody} /\t`, ['circuit', 'ls', '-d', nobody, '/']],
    // The line itself does this when it is complete, and TAB does not.
    ['circuit ls -d $(echo once >> run) /\t', ['circuit', 'ls', '-d', '/']],
  ];
}

for (const shell of SHELLS) {
  test(`${shell} completes verbs, options, members, anchors and files, and executes nothing of a name`, async (t) => {
    const cluster = new Cluster(t);
    const place = await daemonWithAnchors(cluster);
    let left = linesFor(place);
    await eventually(
      async () => {
        const { address } = place.daemon;
        const keys = left.map(([line]) => line);
        const { words, shown, home } = await typeInto(shell, cluster, { address, lines: keys });
        t.notRegex(shown, /error|not found|refused/i);
        t.false(existsSync(join(home, 'owned')));
        const run = join(home, 'run');
        t.true(!existsSync(run) || readFileSync(run, 'utf8') === 'once\n');
        // A daemon that is busy has not answered in time: those are typed again.
        left = left.filter(([, wanted], index) => !isDeepStrictEqual(words[index], wanted));
        return left;
      },
      (wrong) => wrong.length === 0,
    );
    t.pass();
  });
}

test('a completion whose daemon hangs, is not there or cannot be known ends at once, and quietly', async (t) => {
  const cluster = new Cluster(t);
  const { daemon, member } = await daemonWithAnchors(cluster);
  const through = await cluster.start('--no-mount', '-j', daemon.address);
  daemon.process.kill('SIGSTOP');
  const fifo = join(cluster.directory, 'fifo');
  await cluster.run(['mkfifo', fifo]);
  for (const [why, options, env] of [
    ['it hangs', `-d ${daemon.address}`, {}],
    ['its member hangs', `-d ${through.address}`, {}],
    ['nobody listens', `-d circuit://127.0.0.1:1/1/Q${'0'.repeat(32)}`, {}],
    ['it is no address', '-d junk', {}],
    ['there is no such file', '', { CIRCUIT: '/nonexistent' }],
    ['the address is in a pipe', '', { CIRCUIT: fifo }],
    ['the key is in a pipe', `-d ${daemon.address} --hmac ${fifo}`, {}],
    ['no daemon is on the network', '--discover 239.1.2.3:11', {}],
  ] as const) {
    const line = `circuit ls ${options} ${member}/`;
    const args = ['__complete', '--', 'bash', line, ''];
    const { stdout, stderr, status, elapsed } = await cluster.circuit(args, { env });
    t.deepEqual({ stdout, stderr, status }, { stdout: 'paths\n', stderr: '', status: 0 }, why);
    t.true(elapsed < AT_ONCE, `${why}: ${elapsed} ms`);
  }
  daemon.process.kill('SIGCONT');
});
