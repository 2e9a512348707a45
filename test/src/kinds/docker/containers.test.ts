import test from 'ava';
import { parseContainer } from '../../../../src/kinds/docker/command.js';
import type { ContainerElement } from '../../../../src/kinds/docker/container-element.js';
import { Containers } from '../../../../src/kinds/docker/containers.js';
import { FakeEngine } from './fake-engine.js';
import { hostNamed } from './hosts.js';

const COMMAND = parseContainer('{"Image":"bb","Env":["A=1"]}');

/** As short as a loaded machine allows. */
const LIMITS = { answerMs: 700, changeMs: 1500 };

const none = async () => {};

test('a container whose maker was interrupted is removed when the engine answers at last', async (t) => {
  await using engine = await FakeEngine.start();
  await using containers = new Containers(hostNamed('X1'), engine.socket, none);
  let answer = () => {};
  engine.held.set('POST create', new Promise((resolve) => (answer = resolve)));
  const maker = new AbortController();
  const making = containers.make(['a'], COMMAND, maker.signal);
  while (!engine.asked.includes('POST create')) await new Promise(setImmediate);
  maker.abort();
  answer();
  await t.throwsAsync(making, { code: 'EINTR' });
  t.is(engine.containers.size, 0);
  t.true(engine.asked.includes('DELETE id1'));
  t.false(engine.asked.includes('POST start'));
});

test('a container that ended while the engine was away has ended when it is back', async (t) => {
  await using engine = await FakeEngine.start();
  await using containers = new Containers(hostNamed('X1'), engine.socket, none);
  const element = await containers.make(['a'], COMMAND);
  const gone = await containers.make(['b'], COMMAND);
  await engine.stop();
  t.is(element.phase, 'running');
  await t.throwsAsync(containers.make(['c'], COMMAND), { code: 'ENOENT', message: /no socket/ });
  const left = engine.containers.get(element.id);
  if (left) left.State = 'exited';
  engine.containers.delete(gone.id);
  await engine.listen();
  await Promise.all([element.exited, gone.exited]);
  t.is(`${element.phase} ${element.exit}`, 'exited 7');
  t.is(`${gone.phase} ${gone.exit}`, 'removed unknown');
  // Nobody can know whether all of it was read.
  await t.throwsAsync(element.stdout.open().read(1), { code: 'EIO' });
  t.like(JSON.parse(await gone.ending()), { Phase: 'removed', Exit: 'unknown' });
});

test('a container that a killed daemon left is its element again; one never started is removed', async (t) => {
  await using engine = await FakeEngine.start();
  const killed = new Containers(hostNamed('X1'), engine.socket, none);
  const { id } = await killed.make(['db', 'main'], COMMAND);
  await killed[Symbol.asyncDispose]();
  const [container] = engine.containers.values();
  if (container) engine.containers.set('id9', { ...container, Id: 'id9', State: 'created' });
  let adopt: (adopted: [readonly string[], ContainerElement]) => void = () => {};
  const adopting = new Promise<[readonly string[], ContainerElement]>((resolve) => {
    adopt = resolve;
  });
  await using _containers = new Containers(hostNamed('X1'), engine.socket, async (...adopted) =>
    adopt(adopted),
  );
  const [path, element] = await adopting;
  t.deepEqual(path, ['db', 'main']);
  t.is(element.id, id);
  t.deepEqual(element.command, COMMAND);
  while (engine.containers.size > 1) await new Promise(setImmediate);
  t.true(engine.containers.has(id));
  await element.scrub();
  t.is(engine.containers.size, 0);
});

test('a container whose anchor is taken stays in the engine, and the log tells', async (t) => {
  await using engine = await FakeEngine.start();
  const killed = new Containers(hostNamed('X1'), engine.socket, none);
  await killed.make(['a'], COMMAND);
  await killed[Symbol.asyncDispose]();
  const [container] = engine.containers.values();
  const name = container?.Names[0]?.slice(1);
  const log: string[] = [];
  await using _containers = new Containers(hostNamed('X1', log), engine.socket, async () => {
    throw new Error('there is a channel already');
  });
  while (log.length === 0) await new Promise(setImmediate);
  const sentence = `container ${name} was /X1/a, and is no element: there is a channel already; docker rm -f ${name} removes it`;
  t.deepEqual(log, [sentence]);
  t.false(engine.asked.some((each) => each.startsWith('DELETE')));
});

test('neither an engine that is slow nor one whose processes are not to be seen tears an output', async (t) => {
  const exitSeenAfter = 2200;
  const tried = [process.pid, 2 ** 30].map(async (pid) => {
    await using engine = await FakeEngine.start();
    engine.pid = pid;
    const answered = new Promise<void>((resolve) => setTimeout(resolve, 600));
    if (pid === process.pid) engine.held.set('GET json', answered);
    await using containers = new Containers(hostNamed('X1'), engine.socket, none);
    const element = await containers.make(['a'], COMMAND);
    // It writes for so long that the engine could have cut off what nobody read.
    const writing = setInterval(() => engine.write('x'.repeat(1000)), 20);
    setTimeout(() => {
      clearInterval(writing);
      engine.tell('die', element.id, { exitCode: '0' });
      engine.endOutputs();
    }, exitSeenAfter);
    const source = element.stdout.open();
    let bytes = 0;
    for (let data = await source.read(65_536); data.length > 0; data = await source.read(65_536)) {
      bytes += data.length;
    }
    t.is(bytes, engine.written);
  });
  await Promise.all(tried);
});

test('a maker whose engine does not answer is told which, and nothing is asked of it', async (t) => {
  await using engine = await FakeEngine.start();
  await using containers = new Containers(hostNamed('X1'), engine.socket, none, LIMITS);
  await (await containers.make(['a'], COMMAND)).scrub();
  engine.asked.length = 0;
  const thaw = engine.freeze('GET _ping', 'POST create');
  const message = `the Docker engine on ${engine.socket} has not answered within 0.7 s`;
  await t.throwsAsync(containers.make(['b'], COMMAND), { code: 'ETIMEDOUT', message });
  thaw();
  t.deepEqual(engine.asked, ['GET _ping']);
});

for (const step of ['POST create', 'POST attach', 'POST start']) {
  test(`what an engine that hangs at ${step} makes at last is removed`, async (t) => {
    await using engine = await FakeEngine.start();
    await using containers = new Containers(hostNamed('X1'), engine.socket, none, LIMITS);
    const thaw = engine.freeze(step);
    const message = `the Docker engine on ${engine.socket} has not answered within 1.5 s`;
    await t.throwsAsync(containers.make(['a'], COMMAND), { code: 'ETIMEDOUT', message });
    t.false(engine.asked.includes('DELETE id1'));
    thaw();
    while (!engine.asked.includes('DELETE id1')) await new Promise(setImmediate);
    t.is(engine.containers.size, 0);
  });
}

test('a container that the engine does not remove at once is removed when it does', async (t) => {
  await using engine = await FakeEngine.start();
  const log: string[] = [];
  await using containers = new Containers(hostNamed('X1', log), engine.socket, none, LIMITS);
  const thaw = engine.freeze('POST start');
  engine.refused.set('DELETE id1', 500);
  const maker = new AbortController();
  const making = containers.make(['a'], COMMAND, maker.signal);
  while (!engine.asked.includes('POST start')) await new Promise(setImmediate);
  maker.abort();
  await t.throwsAsync(making, { code: 'EINTR' });
  thaw();
  while (log.length === 0) await new Promise(setImmediate);
  t.regex(
    log[0] ?? '',
    /^container circuit-\w+ is not removed yet: the Docker engine says: not now$/,
  );
  engine.refused.clear();
  while (log.length === 1) await new Promise(setImmediate);
  t.regex(log[1] ?? '', /^container circuit-\w+ was left behind, and has been removed$/);
  t.is(engine.containers.size, 0);
});

test('an engine that hangs when the daemon ends removes the container when it goes on', async (t) => {
  await using engine = await FakeEngine.start();
  await using containers = new Containers(hostNamed('X1'), engine.socket, none, LIMITS);
  const element = await containers.make(['a'], COMMAND);
  const thaw = engine.freeze('GET _ping', 'POST kill', 'DELETE id1');
  const message = `the Docker engine on ${engine.socket} has not answered within 0.7 s`;
  await t.throwsAsync(element.terminate(1), { code: 'ETIMEDOUT', message });
  t.is(engine.containers.size, 1);
  thaw();
  await element.exited;
  t.is(engine.containers.size, 0);
});

test('a start that fails is told as it was, also where the engine does not explain it', async (t) => {
  await using engine = await FakeEngine.start();
  await using containers = new Containers(hostNamed('X1'), engine.socket, none);
  engine.refused.set('POST start', 400);
  engine.refused.set('GET json', 500);
  await t.throwsAsync(containers.make(['a'], COMMAND), { code: 'EINVAL', message: /not now/ });
  t.is(engine.containers.size, 0);
});

test('a scrub that fails says why, and leaves the element as it was', async (t) => {
  await using engine = await FakeEngine.start();
  await using containers = new Containers(hostNamed('X1'), engine.socket, none, LIMITS);
  const element = await containers.make(['a'], COMMAND);
  const thaw = engine.freeze('GET _ping');
  const message = `the Docker engine on ${engine.socket} has not answered within 0.7 s`;
  await t.throwsAsync(element.scrub(), { code: 'ETIMEDOUT', message });
  t.false(engine.asked.includes('DELETE id1'));
  thaw();
  engine.refused.set('DELETE id1', 500);
  await t.throwsAsync(element.scrub(), { code: 'EIO', message: /not now/ });
  engine.refused.clear();
  const answer = engine.freeze('DELETE id1');
  const late = `the Docker engine on ${engine.socket} has not answered within 1.5 s`;
  await t.throwsAsync(element.scrub(), { code: 'ETIMEDOUT', message: late });
  t.is(`${element.phase} ${element.exit}`, 'running ');
  answer();
  await element.exited;
  await element.scrub();
  t.is(engine.containers.size, 0);
});
