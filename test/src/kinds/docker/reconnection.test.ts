import test from 'ava';
import { parseContainer } from '../../../../src/kinds/docker/command.js';
import { Containers } from '../../../../src/kinds/docker/containers.js';
import { FakeEngine } from './fake-engine.js';
import { hostNamed } from './hosts.js';

const COMMAND = parseContainer('{"Image":"bb"}');

test('an input is connected again by the next write where the container has outlived its engine', async (t) => {
  await using engine = await FakeEngine.start();
  await using containers = new Containers(hostNamed('X1'), engine.socket, async () => {});
  const { stdin } = await containers.make(['a'], COMMAND);
  const writer = stdin.open();
  const write = (text: string) => writer.accept(Buffer.from(text));
  t.is(await write('one'), 3);
  await engine.stop();
  // Some may be taken, or lost, while it goes.
  for (let code = ''; code !== 'ENOENT'; await new Promise(setImmediate)) {
    code = await write('lost').then(String, (error) => error.code);
  }
  await engine.listen();
  t.is(await write('two'), 3);
  writer.close();
  t.is(await engine.inputs.at(-1), 'two');
});

test('an input that the container has closed stays closed, and its engine is not asked again', async (t) => {
  await using engine = await FakeEngine.start();
  await using containers = new Containers(hostNamed('X1'), engine.socket, async () => {});
  const { stdin } = await containers.make(['a'], COMMAND);
  const writer = stdin.open();
  t.is(await writer.accept(Buffer.from('one')), 3);
  engine.endInputs();
  while (!(await isClosed())) await new Promise(setImmediate);
  t.is(engine.asked.filter((each) => each === 'POST attach input').length, 1);

  async function isClosed(): Promise<boolean> {
    const code = await writer.accept(new Uint8Array()).catch((error) => error.code);
    return code === 'EPIPE';
  }
});

test('a reader learns that output may be missing where the engine was away, and then gets what follows', async (t) => {
  await using engine = await FakeEngine.start();
  await using containers = new Containers(hostNamed('X1'), engine.socket, async () => {});
  const element = await containers.make(['a'], COMMAND);
  const [open, later] = [element.stdout.open(), element.stderr];
  engine.write('one');
  t.is(String(await open.read(100)), 'one');
  const waiting = t.throwsAsync(open.read(100), { code: 'EIO' });
  await engine.stop();
  await engine.listen();
  await waiting;
  while (!element.stdout.attached || !element.stderr.attached) await new Promise(setImmediate);
  engine.write('two');
  t.is(String(await open.read(100)), 'two');
  await t.throwsAsync(open.read(100, { nonblock: true }), { code: 'EAGAIN' });
  // What nobody had read yet comes first.
  t.is(String(await later.open().read(100)), 'one');
  await t.throwsAsync(later.open().read(100), { code: 'EIO' });
  t.is(String(await later.open().read(100)), 'two');
  t.is(element.phase, 'running');
});
