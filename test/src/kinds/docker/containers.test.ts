import { once } from 'node:events';
import test from 'ava';
import { parseContainer } from '../../../../src/kinds/docker/command.js';
import type { ContainerElement } from '../../../../src/kinds/docker/container-element.js';
import { Containers } from '../../../../src/kinds/docker/containers.js';
import type { Host } from '../../../../src/kinds/table.js';
import { FakeEngine } from './fake-engine.js';

const COMMAND = parseContainer('{"Image":"bb","Env":["A=1"]}');

function hostNamed(name: string, log: string[] = []): Host {
  const members = {
    follow: () => ({ [Symbol.dispose]: () => {} }),
    list: () => [],
    onChange: () => ({ [Symbol.dispose]: () => {} }),
  };
  return { name, reachableAt: '127.0.0.1', members, log: (event) => log.push(event) };
}

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
  setTimeout(answer, 50);
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
  const log: string[] = [];
  const told = new EventTarget();
  const host = hostNamed('X1', log);
  const tell = {
    ...host,
    log: (event: string) => told.dispatchEvent(new Event(event.slice(0, 9))),
  };
  await using _containers = new Containers(tell, engine.socket, async () => {
    throw new Error('there is a chan already');
  });
  await once(told, 'container');
  t.is(engine.containers.size, 1);
});

test('--docker takes the path of a socket', (t) => {
  t.throws(() => new Containers(hostNamed('X1'), 'tcp://127.0.0.1:2375', none), { code: 'EINVAL' });
});
