import test from 'ava';
import { SinkTarget } from '../../../src/anchor/sink-target.js';
import { SourceTarget } from '../../../src/anchor/source-target.js';
import { MAX_CHUNK } from '../../../src/transport/limits.js';
import { peer } from './toy-circuit.js';

test('a process that cannot be reached any more does no harm to a peer that disposes its streams', async (t) => {
  const { connection, member } = await peer(t);
  using files = await member.make(['p'], 'mkproc', '{"Path":"cat"}');
  const [one, other] = [new SinkTarget(files.sink('stdin')), new SinkTarget(files.sink('stdin'))];
  const output = new SourceTarget(files.source('stdout'), connection.flow);
  for (const input of [one, other]) await input.accept(Buffer.from('hello'), false, false);
  t.is(Buffer.from((await output.read(5, false, 0)).data).toString(), 'hello');
  connection.close();
  await connection.closed;
  // An unhandled rejection would end the daemon, and fails this test.
  one.close();
  for (const stream of [one, other, output]) stream[Symbol.dispose]();
  await new Promise((resolve) => setImmediate(resolve));
});

test('a piece of a message that is larger than a call carries is EINVAL', async (t) => {
  const { circuit, connection } = await peer(t);
  using member = connection.main.member(circuit.self);
  using channel = await member.make(['c'], 'mkchan', '1');
  using message = channel.sink('send', false);
  await t.throwsAsync(() => message.accept(new Uint8Array(MAX_CHUNK + 1), false, true), {
    message: /at most 1048576 bytes/,
  });
});
