import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import test from 'ava';
import { ContainerOutput } from '../../../../src/kinds/docker/output.js';

/** Both ends of a connection. */
async function connection(): Promise<readonly [ours: Socket, engine: Socket]> {
  const server = createServer().listen('\0circuit-output-test');
  await once(server, 'listening');
  const ours = connect('\0circuit-output-test');
  const [engine] = await once(server, 'connection');
  server.close();
  return [ours, engine];
}

function frame(text: string): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(text.length, 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

test.serial(
  'what is left when a container has ended is read before the end, and what was not delivered again',
  async (t) => {
    const [ours, engine] = await connection();
    const output = new ContainerOutput(true);
    const cut = new Promise<void>((resolve) => output.attach(ours, resolve));
    engine.end(Buffer.concat([frame('hello '), frame('world')]));
    output.catchUp();
    await cut;
    output.end();
    const source = output.open();
    // A reader of another member would take that for the end of what it has not read yet.
    t.not(source.ended, true);
    t.true(await source.ready());
    const data = await source.read(100);
    t.is(String(data), 'hello world');
    source.settled(data.subarray(0, 6), true);
    source.settled(data.subarray(6), false);
    t.is(String(await source.read(100)), 'world');
    t.is((await source.read(100)).length, 0);
  },
);

test.serial('an output that may not be whole ends with EIO, after what has come', async (t) => {
  const [ours, engine] = await connection();
  const output = new ContainerOutput(true);
  const cut = new Promise<void>((resolve) => output.attach(ours, resolve));
  engine.write(frame('half'));
  const source = output.open();
  await t.throwsAsync(source.read(1, { nonblock: true }), { code: 'EAGAIN' });
  await source.whenReady();
  engine.destroy();
  output.tear();
  output.catchUp();
  await cut;
  output.end();
  t.is(String(await source.read(100)), 'half');
  await t.throwsAsync(source.read(100), { code: 'EIO' });
});

test.serial(
  'a container that goes on after all is held back again by what is unread',
  async (t) => {
    const [ours, engine] = await connection();
    const [others, drained] = await connection();
    const [output, other] = [new ContainerOutput(true), new ContainerOutput(true)];
    for (const [each, socket] of [[output, ours] as const, [other, others] as const]) {
      each.attach(socket, () => {});
      each.catchUp();
    }
    output.holdBack();
    const more = frame('x'.repeat(2_000_000));
    engine.write(more);
    // One that reads on has taken all of it by the time that this is done.
    await new Promise((resolve) => drained.write(more, resolve));
    t.true(engine.writableLength > 0);
    for (const each of [output, other]) each.end();
    engine.destroy();
    drained.destroy();
  },
);
