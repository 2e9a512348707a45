import test from 'ava';
import { Engine } from '../../../../src/kinds/docker/engine.js';
import { ContainerInput } from '../../../../src/kinds/docker/input.js';
import { FakeEngine } from './fake-engine.js';

/** As short as a loaded machine allows. */
const LIMITS = { answerMs: 700, changeMs: 1500 };
const ATTACH = 'POST attach input';

const bytes = (text: string) => Buffer.from(text);

async function input() {
  const engine = await FakeEngine.start();
  const stdin = new ContainerInput(new Engine(engine.socket, LIMITS), 'id1');
  const late = {
    code: 'ETIMEDOUT',
    message: `the Docker engine on ${engine.socket} has not answered within 0.7 s`,
  };
  return { engine, stdin, late };
}

/** Resolves when the engine was asked so often for a connection. */
async function attached(engine: FakeEngine, count: number): Promise<void> {
  while (engine.asked.length < count) await new Promise(setImmediate);
}

test('a first write that does not wait is EAGAIN, and poll tells when the engine has connected', async (t) => {
  const { engine, stdin } = await input();
  await using _engine = engine;
  const thaw = engine.freeze(ATTACH);
  const writer = stdin.open();
  await t.throwsAsync(writer.accept(bytes('a'), { nonblock: true }), { code: 'EAGAIN' });
  t.false(await writer.ready());
  const ready = writer.whenReady();
  thaw();
  await ready;
  t.is(await writer.accept(bytes('a'), { nonblock: true }), 1);
  t.is(engine.asked.length, 1);
  writer.close();
  t.is(await engine.inputs[0], 'a');
});

test('a program that polls before its first write has it connected', async (t) => {
  const { engine, stdin } = await input();
  await using _engine = engine;
  const writer = stdin.open();
  t.false(await writer.ready());
  await writer.whenReady();
  t.true(await writer.ready());
  stdin.close();
  t.is(await engine.inputs[0], '');
});

test('a write to an engine that hangs fails with ETIMEDOUT, and the next one uses the same connection', async (t) => {
  const { engine, stdin, late } = await input();
  await using _engine = engine;
  const thaw = engine.freeze(ATTACH);
  const writer = stdin.open();
  await t.throwsAsync(writer.accept(bytes('lost')), late);
  thaw();
  t.is(await writer.accept(bytes('hello')), 5);
  writer.close();
  t.is(await engine.inputs[0], 'hello');
  t.is(engine.asked.length, 1);
});

test('a writer learns why its input cannot be connected, whether it waits or not', async (t) => {
  const { engine, stdin } = await input();
  await using _engine = engine;
  engine.refused.set(ATTACH, 409);
  const paused = { code: 'EBUSY', message: 'the Docker engine says: container is paused' };
  const writer = stdin.open();
  await t.throwsAsync(writer.accept(bytes('a')), paused);
  await t.throwsAsync(writer.accept(bytes('a')), paused);
  // The failure that a writer has been told of is not the next one's.
  t.false(await writer.ready());
  await writer.whenReady();
  await t.throwsAsync(writer.accept(bytes('a'), { nonblock: true }), paused);
  await t.throwsAsync(writer.accept(bytes('a'), { nonblock: true }), { code: 'EAGAIN' });
  await writer.whenReady();
  await t.throwsAsync(writer.accept(bytes('a'), { nonblock: true }), paused);
  t.is(engine.asked.length, 4);
  engine.refused.clear();
  t.is(await writer.accept(bytes('b')), 1);
  writer.close();
  t.is(await engine.inputs[0], 'b');
});

test('an end of input that the engine does not take is an error, and is told when it does', async (t) => {
  const { engine, stdin, late } = await input();
  await using _engine = engine;
  engine.refused.set(ATTACH, 409);
  const last = { last: true };
  await t.throwsAsync(stdin.open().accept(bytes(''), last), { code: 'EBUSY' });
  await t.throwsAsync(stdin.open().accept(bytes('more')), { code: 'EPIPE' });
  await attached(engine, 2);
  engine.refused.clear();
  await attached(engine, 3);
  t.is(await engine.inputs[0], '');

  const other = new ContainerInput(new Engine(engine.socket, LIMITS), 'id2');
  const thaw = engine.freeze(ATTACH);
  await t.throwsAsync(other.open().accept(bytes(''), last), late);
  thaw();
  while (engine.inputs.length < 2) await new Promise(setImmediate);
  t.is(await engine.inputs[1], '');
});

test('a close that the engine does not take is tried again until the container has ended', async (t) => {
  const { engine, stdin } = await input();
  await using _engine = engine;
  engine.refused.set(ATTACH, 409);
  stdin.open().close();
  await attached(engine, 2);
  stdin.close();
  const asked = engine.asked.length;
  // Another one that began later, and is tried again.
  const other = new ContainerInput(new Engine(engine.socket, LIMITS), 'id2');
  other.open().close();
  await attached(engine, asked + 2);
  t.is(engine.asked.length, asked + 2);
  other.close();
});

test('a writer learns that its bytes went with the engine, once, and then writes to the next one', async (t) => {
  const { engine, stdin } = await input();
  await using _engine = engine;
  engine.readsInputs = false;
  const writer = stdin.open();
  await writer.accept(bytes('a'));
  const nonblock = { nonblock: true };
  // As much as the connection holds: some turns are enough for a write that it takes.
  for (let turns = 0; turns < 50; turns = (await writer.ready()) ? 0 : turns + 1) {
    await writer.accept(Buffer.alloc(64 * 1024), nonblock).catch(() => 0);
    await new Promise(setImmediate);
  }
  const waiting = writer.whenReady();
  await engine.stop();
  stdin.engineLost();
  await waiting;
  const gone = { code: 'EIO', message: /engine went away/ };
  await t.throwsAsync(writer.accept(bytes('b'), nonblock), gone);
  engine.readsInputs = true;
  await engine.listen();
  t.is(await writer.accept(bytes('c')), 1);
  writer.close();
  t.is(await engine.inputs.at(-1), 'c');
});
