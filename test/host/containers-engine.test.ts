import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { DockerEngine } from '../docker.js';
import { blocked, type View, viewsOf } from './channels.js';
import { Cluster, eventually } from './cluster.js';
import { inside, make, ofAnchor, script, UNTIL_TERM } from './containers.js';

const phaseOf = ({ directory }: View) => readFile(join(directory, 'phase'), 'utf8');

test('an engine that comes, ends, is killed and comes back: containers are made when it is there, and none is lost', async (t) => {
  const cluster = new Cluster(t);
  const socket = join(cluster.directory, 'docker/docker.sock');
  const owner = await cluster.start('--docker', socket);
  const other = await cluster.start('-j', owner.address);
  const { local, remote } = await viewsOf(cluster, owner, [other]);
  for (const view of [local, remote]) {
    const command = JSON.stringify(script('true'));
    const refused = await view.sh(`mkdir -p none; printf %s '${command}' | cat > none/mkdkr`);
    t.regex(refused.stderr, /No such file/);
    const { stdout } = await view.sh('cat none/error');
    t.true(stdout.includes(socket), stdout);
  }

  const engine = await DockerEngine.start(cluster);
  const views = [local, remote];
  const running = (await Promise.all(
    views.map((view) => make(view, `a-${view.name}`, script(UNTIL_TERM))),
  )) as [View, View];
  const waiting = running.map((view) => view.spawn('cat', 'wait'));

  for (const program of waiting) await blocked(program);

  // In order: it ends its containers, TERM first, and tells nobody.
  t.is(await engine.stop(), 0);
  const command = JSON.stringify(script('true'));
  const refused = await remote.sh(`mkdir -p none; printf %s '${command}' | cat > none/mkdkr`);
  t.regex(refused.stderr, /No such file|Connection refused/);
  await engine.start();
  for (const { stdout, stderr } of waiting) {
    t.is(await stderr, '');
    t.is(JSON.parse(await stdout).Exit, '7');
  }
  for (const view of running) t.is((await view.sh('cat exit; echo > scrub')).stdout, '7\n');

  // Without its option live-restore, an engine ends the containers that it finds running.
  const [first, second] = await Promise.all(
    views.map((view) => make(view, `b-${view.name}`, script(`echo up; ${UNTIL_TERM}`))),
  );
  if (!first || !second) throw new Error('two views');
  t.is((await first.sh('head -n 1 stdout')).stdout, 'up\n');
  const reader = first.spawn('cat', 'stdout');
  await blocked(reader);
  await engine.kill();
  // Nothing is known of them until it is back, and the member goes on.
  t.is((await remote.sh('mkdir -p c && echo 1 > c/mkchan && cat c/kind')).stdout, 'chan\n');
  await engine.start();
  for (const view of [first, second]) {
    await eventually(
      () => phaseOf(view),
      (phase) => phase !== 'running\n',
    );
    t.regex((await view.sh('cat wait')).stdout, /"Exit": "\d+"/);
  }
  t.is(await reader.stdout, '');
  for (const view of [first, second]) t.is((await view.sh('echo > scrub')).stderr, '');

  // With it they go on, and what they write between comes to nobody.
  const ticking = script('while sleep 0.1; do echo tick; done & exec cat >&2');
  const going = await Promise.all(views.map((view) => make(view, `e-${view.name}`, ticking)));
  const readers = going.map((view) => view.spawn('cat', 'stdout'));
  for (const view of going) {
    t.is((await view.sh('head -n 1 stdout')).stdout, 'tick\n');
    t.is((await view.sh('echo one >> stdin; head -n 1 stderr')).stdout, 'one\n');
  }
  await engine.kill();
  for (const { stderr } of readers) t.regex(await stderr, /Input\/output error/);
  await engine.start('--live-restore');
  for (const view of going) {
    t.is((await view.sh('head -n 1 stdout')).stdout, 'tick\n');
    // A reader that comes first learns that some may be missing.
    const input = await view.sh('cat stderr; echo two >> stdin && head -n 1 stderr');
    t.is(input.stdout, 'two\n', input.stderr);
    t.is((await view.sh('cat phase; echo > scrub')).stdout, 'running\n');
  }

  // A maker that is interrupted while the engine does not answer.
  for (const view of views) {
    const { sh } = inside(view, 'd');
    await view.sh('mkdir -p d');
    engine.signal('SIGSTOP');
    const json = JSON.stringify(script('sleep 1000'));
    const maker = view.spawn('sh', '-c', `printf %s '${json}' > d/mkdkr`);
    await eventually(
      () => readFile(`/proc/${maker.pid}/wchan`, 'utf8'),
      (where) => /^(fuse|request_wait)/.test(where),
    );
    maker.process.kill('SIGINT');
    t.not(await maker.status, 0);
    engine.signal('SIGCONT');
    t.is((await sh('ls')).stdout.includes('mkdkr'), true);
    const made = await make(view, 'd', script('exit 9'));
    t.regex((await made.sh('cat wait')).stdout, /"Exit": "9"/);
    t.is((await made.sh('echo > scrub')).stderr, '');
    await eventually(
      () => ofAnchor(engine, 'd'),
      ({ length }) => length === 0,
    );
  }

  // One that hangs is named, whatever is asked of it, and does not do later what nobody waits for.
  const idle = script('sleep 1000');
  const pairs = await Promise.all(
    views.map(async (view) => ({
      view,
      scrubbed: await make(view, `e-${view.name}`, idle),
      written: await make(view, `f-${view.name}`, script('cat')),
    })),
  );
  engine.signal('SIGSTOP');
  const made = (name: string) =>
    `mkdir ${name}; printf %s '${JSON.stringify(idle)}' | cat > ${name}/mkdkr`;
  const hanging = pairs.flatMap(({ view, scrubbed, written }) => [
    scrubbed.sh('bash -c "echo > scrub"; cat error'),
    written.sh('bash -c "echo lost > stdin"; cat error'),
    view.sh(`${made(`g-${view.name}`)}; cat g-${view.name}/error`),
  ]);
  for (const { stderr, stdout } of await Promise.all(hanging)) {
    t.regex(stderr, /timed out/);
    t.true(stdout.includes(`the Docker engine on ${socket} has not answered`), stdout);
  }
  engine.signal('SIGCONT');
  for (const { view, scrubbed, written } of pairs) {
    t.is((await scrubbed.sh('cat phase; echo > scrub')).stdout, 'running\n');
    // Its writer has closed.
    t.regex((await written.sh('cat wait; echo > scrub')).stdout, /"Exit": "0"/);
    t.deepEqual(await ofAnchor(engine, `g-${view.name}`), []);
  }

  t.deepEqual(await engine.containers(), []);
  t.is((await engine.docker('volume', 'ls', '--quiet')).stdout, '');
});
