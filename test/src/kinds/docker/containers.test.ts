import test from 'ava';
import { parseContainer } from '../../../../src/kinds/docker/command.js';
import type { ContainerElement } from '../../../../src/kinds/docker/container-element.js';
import { Containers } from '../../../../src/kinds/docker/containers.js';
import { FakeEngine } from './fake-engine.js';
import { hostNamed } from './hosts.js';

const COMMAND = parseContainer('{"Image":"bb","Env":["A=1"]}');

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
    throw new Error('there is a chan already');
  });
  while (log.length === 0) await new Promise(setImmediate);
  const sentence = `container ${name} was /X1/a, and is no element: there is a chan already; docker rm -f ${name} removes it`;
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

test('--docker takes the path of a socket', (t) => {
  t.throws(() => new Containers(hostNamed('X1'), 'tcp://127.0.0.1:2375', none), { code: 'EINVAL' });
});
