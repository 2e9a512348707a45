import { join } from 'node:path';
import test from 'ava';
import { DockerEngine } from '../docker.js';
import { compile } from '../docs/compile.js';
import { Document, type Step, stepsOf } from '../docs/documents.js';
import { follow } from '../docs/follow.js';
import { Host } from '../docs/host.js';
import { Cluster } from '../host/cluster.js';
import { COMPILED, EXAMPLES } from './circuit.js';

// The shell version is docs/tutorial.md, which test/docs/documents.test.ts follows to its end.
const TUTORIAL = new Document('docs/tutorial.md');

const FILES = new Document('docs/files.md');
const LIBRARY = new Document('docs/library.md');

const IMAGE = join(EXAMPLES, '../test/examples/mariadb-image.sh');
const PROGRAM = join(COMPILED, 'mysql-nodejs/tutorial.js');

async function twoHosts(cluster: Cluster) {
  const [host1, host2] = await Host.some(cluster, 2);
  if (!host1 || !host2) throw new Error('there are no hosts');
  return { host1, host2 };
}

test('tutorial.ts starts what is killed, with its host too, says so, and goes on with what another run has made', async (t) => {
  const { host1, host2 } = await twoHosts(new Cluster(t));
  await follow(t, [host1, host2], TUTORIAL.sessionOf('Boot the cluster'));
  /** The next thing that the guard says, without the time. */
  const said = async () => {
    const line = await host1.run('cat /circuit/.self/events/recv');
    t.regex(line, /^20\S+Z /);
    return line.trim().replace(/^\S+ /, '');
  };
  // One that neither a shell nor SQL takes as it is.
  const password = String.raw`'it'\''s a\"; $b'`;
  const run = () =>
    host1.run(
      `PASSWORD=${password} node ${PROGRAM} /var/circuit/address host2 host1 > program.log 2>&1 & guard=$!`,
    );
  const greeting = () =>
    host2.run('until curl -sf host1:8080/greeting; do sleep 0.1; done').then((text) => text.trim());
  await run();
  await host1.run('until [ -e /circuit/.self/events/recv ]; do sleep 0.1; done');
  t.deepEqual([await said(), await said()].sort(), ['host1/app is started', 'host2/db is started']);
  const put = 'curl -sf -X PUT -d hello host1:8080/greeting';
  t.is(await host2.run(`until ${put}; do sleep 0.1; done`), '');

  const pids = 'cat /circuit/.hosts/host2/db/pid /circuit/.self/app/pid';
  const before = await host1.run(pids);
  await host1.run('kill -KILL $guard; wait $guard 2> /dev/null');
  await run();
  t.is(await greeting(), 'hello');
  t.is(await host1.run(pids), before);

  await host1.run('echo KILL > /circuit/.hosts/host2/db/signal');
  t.is(await said(), 'host2/db has ended: signaled KILL');
  t.is(await greeting(), 'hello');
  t.is(await said(), 'host2/db is started');
  await host1.run('echo KILL > /circuit/.self/app/signal');
  t.is(await said(), 'host1/app has ended: signaled KILL');
  t.is(await said(), 'host1/app is started');
  t.is(await greeting(), 'hello');

  // The database ends with its daemon, and leaves its data to the next one.
  await host2.run(
    'kill -KILL "$(cut -d/ -f4 /var/circuit/address)"; wait; umount -l /circuit; rm /var/circuit/address',
  );
  t.regex(await said(), /^host2\/db is lost: /);
  await follow(t, [host2], TUTORIAL.sessionOf('Boot the cluster').slice(2, 4));
  t.is(await host1.run('ssh host2 cat /var/circuit/address > /circuit/.self/join'), '');
  t.is(await said(), 'host2/db is started');
  t.is(await greeting(), 'hello');
  t.is(await host1.run('cat program.log'), '');
});

/** A step of the tutorial as it is where the database is a container. */
function contained({ host, command, printed }: Step, socket: string): Step {
  return {
    host,
    command: command
      .replace('circuit start', `circuit start --docker ${socket}`)
      .replaceAll('db.mkproc', 'db.mkdkr'),
    printed: printed.replaceAll(/(host2.* has ended:) signaled KILL/g, '$1 exited 137'),
  };
}

test('the tutorial with its database in a container: what is killed is started again; the containers of the other documents', async (t) => {
  const cluster = new Cluster(t);
  const { host1, host2 } = await twoHosts(cluster);
  const engine = await DockerEngine.start(cluster, 'docker', host2.network);
  const root = cluster.mkdir('image');
  const entry = `ENTRYPOINT ["/bin/sh", "/entry.sh"]`;
  const made = await engine.sh(
    `sh ${IMAGE} ${root} > image.tar && docker import --change '${entry}' image.tar mariadb:test`,
  );
  t.is(made.status, 0, made.stderr);

  const [container = ''] = TUTORIAL.blocksOf('The database in a container').map(({ text }) => text);
  const rest = [
    'The name server',
    'The application',
    'The guard',
    'Kill the database',
    'Take it down',
  ];
  const steps = [
    ...TUTORIAL.sessionOf('Boot the cluster'),
    ...TUTORIAL.sessionOf('The database').slice(0, 2),
    { host: 1, command: `image=mariadb:test; ${container}`, printed: '' },
    ...rest.flatMap((title) => TUTORIAL.sessionOf(title)),
  ];
  await follow(
    t,
    [host1, host2],
    steps.map((step) => contained(step, engine.socket)),
  );

  // The other documents' containers.
  const [shell = ''] = FILES.of('text').filter((block) => block.includes('mkdir one two'));
  await follow(t, [host2], stepsOf(shell));
  const program = 'container.ts';
  const [typed = ''] = LIBRARY.of('text').filter((block) => block.includes('node container.js'));
  await compile(cluster, host1.home, new Map([[program, LIBRARY.programs.get(program) ?? '']]));
  await host1.run(`cd ${host1.home}`);
  await follow(t, [host1], stepsOf(typed));
  t.deepEqual(await engine.containers(), []);
});
