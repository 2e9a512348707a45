import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { Servers } from '../../../../../src/kinds/dns/server/servers.js';
import { MAX_CONNECTIONS } from '../../../../../src/kinds/dns/server/tcp-server.js';

/**
 * Servers that answer a message with itself, and one that says `big` with 60,000 bytes.
 * @param asked Called for each message.
 */
async function serving(
  t: ExecutionContext,
  host = '127.0.0.1',
  port = 0,
  asked: () => void = () => {},
) {
  const echo = (message: Buffer) => {
    asked();
    if (message.includes('big')) return Buffer.alloc(60_000, 'x');
    return message.includes('drop') ? undefined : message;
  };
  const servers = await Servers.listen(host, port, { udp: echo, tcp: echo });
  t.teardown(() => servers[Symbol.dispose]());
  return servers;
}

async function connected(t: ExecutionContext, { port }: Servers): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

function framed(...texts: readonly string[]): Buffer {
  return Buffer.concat(
    texts.map((text) => {
      const message = Buffer.from(text.padEnd(12));
      return Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);
    }),
  );
}

/** So many bytes that come. */
async function received(socket: Socket, length: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let sum = 0; sum < length; ) {
    const [piece] = (await once(socket, 'data')) as [Buffer];
    pieces.push(piece);
    sum += piece.length;
  }
  return Buffer.concat(pieces);
}

test('queries of one segment are all answered in order, also when they come byte by byte', async (t) => {
  const socket = await connected(t, await serving(t));
  const texts = Array.from({ length: 200 }, (_, i) => `query ${i}`);
  socket.write(framed(...texts));
  t.deepEqual(await received(socket, framed(...texts).length), framed(...texts));
  socket.setNoDelay();
  const answer = received(socket, framed('one', 'two').length);
  for (const byte of framed('one', 'drop', 'two')) {
    socket.write(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
  t.deepEqual(await answer, framed('one', 'two'));
});

test('a client that ends its side gets its answers, and then the end', async (t) => {
  const socket = await connected(t, await serving(t));
  socket.end(framed('one', 'two'));
  t.deepEqual(await received(socket, 28), framed('one', 'two'));
  await once(socket, 'end');
});

test('a message too short for a header ends the connection', async (t) => {
  const socket = await connected(t, await serving(t));
  socket.write(Buffer.from([0, 3, 1, 2, 3]));
  socket.resume();
  await once(socket, 'close');
  t.pass();
});

test('a client that does not read holds few answers, and none is lost when it reads', async (t) => {
  let answered = 0;
  const servers = await serving(t, '127.0.0.1', 0, () => {
    answered += 1;
  });
  const socket = await connected(t, servers);
  socket.pause();
  const count = 500;
  socket.write(framed(...Array.from({ length: count }, () => 'big')));
  // Until no more are answered.
  for (let before = -1; before < answered || answered === 0; ) {
    before = answered;
    for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
  }
  // As many as the sockets of both sides hold.
  t.true(answered < count / 2, `${answered} answers`);
  const all = await received(socket.resume(), count * 60_002);
  t.is(all.length, count * 60_002);
});

test('a connection beyond the most takes the place of the one that has not asked for longest', async (t) => {
  const servers = await serving(t);
  const first = await connected(t, servers);
  const second = await connected(t, servers);
  first.write(framed('one'));
  await received(first, 14);
  second.resume();
  const closed = once(second, 'close');
  for (let i = 0; i < MAX_CONNECTIONS - 1; i += 1) await connected(t, servers);
  await closed;
  first.write(framed('two'));
  t.deepEqual(await received(first, 14), framed('two'));
});

test('over UDP each datagram is answered', async (t) => {
  const { port } = await serving(t);
  const socket = createSocket('udp4');
  t.teardown(() => socket.close());
  socket.send('hello', port, '127.0.0.1');
  const [answer] = (await once(socket, 'message')) as [Buffer];
  t.is(answer.toString(), 'hello');
});

test('its end frees the port for both at once, and cuts connections off', async (t) => {
  const servers = await serving(t);
  const { port } = servers;
  const socket = await connected(t, servers);
  socket.resume();
  servers[Symbol.dispose]();
  await once(socket, 'close');
  t.is((await serving(t, '127.0.0.1', port)).port, port);
});

test('it listens on IPv6 as well', async (t) => {
  const { port } = await serving(t, '::1');
  const socket = connect(port, '::1');
  t.teardown(() => socket.destroy());
  socket.write(framed('one'));
  t.deepEqual(await received(socket, 14), framed('one'));
});

test('an address that cannot be had fails with a sentence, and leaves nothing', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  await t.throwsAsync(serving(t, '127.0.0.1', port), {
    code: 'EADDRINUSE',
    message: /^another program listens on 127\.0\.0\.1:\d+: give another port/,
  });
  const socket = createSocket('udp4').bind(port, '127.0.0.1');
  await once(socket, 'listening');
  socket.close();
  await t.throwsAsync(serving(t, '192.0.2.1'), { code: 'EADDRNOTAVAIL' });
});
