import test from 'ava';
import { parseContainer } from '../../../../src/kinds/docker/command.js';
import { Containers } from '../../../../src/kinds/docker/containers.js';
import { FakeEngine } from './fake-engine.js';
import { hostNamed } from './hosts.js';

const COMMAND = parseContainer('{"Image":"bb"}');

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
