import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import test from 'ava';
import { WebSocket } from 'ws';
import { Address } from '../../src/base/address.js';
import { dial } from '../../src/transport/dial.js';
import { MAX_MESSAGE } from '../../src/transport/limits.js';
import { Cluster } from './cluster.js';

/** Resolves when the peer has hung up. */
async function hungUp(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  socket.resume();
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}

async function serves(cluster: Cluster, address: string): Promise<boolean> {
  const { status } = await cluster.circuit(['ls', '-d', address, '/']);
  return status === 0;
}

test('plain TCP, plain HTTP and plain WebSocket get nothing', async (t) => {
  const cluster = new Cluster(t);
  const { address } = await cluster.start();
  const { host, port } = Address.parse(address);
  for (const greeting of ['hello\n', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', '\x16\x03\x01\xff\xff']) {
    const socket = connectTcp(port, host);
    const received: Buffer[] = [];
    socket.on('data', (data) => received.push(data));
    socket.write(greeting);
    await hungUp(socket);
    t.notRegex(Buffer.concat(received).toString(), /HTTP|circuit|X[0-9a-f]{16}/);
  }
  const webSocket = new WebSocket(`ws://${host}:${port}`);
  const [error] = await once(webSocket, 'error');
  t.truthy(error);
  t.true(await serves(cluster, address));
});

test('TLS without the key, and with a wrong one, ends in the handshake', async (t) => {
  const cluster = new Cluster(t);
  const { address } = await cluster.start();
  const { host, port } = Address.parse(address);
  const keyless = connectTls({ host, port, rejectUnauthorized: false });
  let secured = false;
  keyless.on('secureConnect', () => {
    secured = true;
  });
  await hungUp(keyless);
  t.false(secured);
  const wrong = Address.parse(address.replace(/Q.*/, `Q${'a'.repeat(32)}`));
  await t.throwsAsync(dial(wrong, {}), { code: 'EACCES' });
  t.true(await serves(cluster, address));
});

test('one that cannot prove the key is told nothing, whatever certificate it has', async (t) => {
  const cluster = new Cluster(t);
  // A certificate that every client on this host trusts, as an attacker can buy one.
  const made = await cluster.sh(
    `openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 \
       -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1`,
  );
  t.is(made.status, 0, made.stderr);
  const [key, cert] = ['key.pem', 'cert.pem'].map((file) =>
    readFileSync(`${cluster.directory}/${file}`),
  );
  const requests: string[] = [];
  const impostor = createHttpsServer({ key, cert }, (request) => requests.push(request.url ?? ''));
  impostor.on('upgrade', (request) => requests.push(JSON.stringify(request.headers)));
  impostor.listen(0, '127.0.0.1');
  t.teardown(() => impostor.close());
  await once(impostor, 'listening');
  const { port } = impostor.address() as { port: number };
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: `${cluster.directory}/cert.pem` };
  const daemon = await cluster.startWith({ env });
  const { address } = daemon;
  for (const host of ['127.0.0.1', 'localhost']) {
    const target = address.replace(/127\.0\.0\.1:\d+/, `${host}:${port}`);
    const join = await cluster.sh(`echo "${target}" > ${daemon.mountpoint}/.self/join`);
    t.not(join.status, 0);
  }
  t.deepEqual(requests, []);
});

test('500 half-open connections: the daemon serves on, and drops them', async (t) => {
  const cluster = new Cluster(t);
  const { address } = await cluster.start();
  const { host, port } = Address.parse(address);
  const sockets = Array.from({ length: 500 }, () => connectTcp(port, host));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
  });
  const ends = sockets.map(hungUp);
  await Promise.race(sockets.slice(-1).map((socket) => once(socket, 'connect')));
  t.true(await serves(cluster, address));
  await Promise.all(ends);
  t.true(await serves(cluster, address));
});

test('garbage after the handshake: the connection ends, the daemon serves on', async (t) => {
  const cluster = new Cluster(t);
  const { address } = await cluster.start();
  const garbage = [
    Buffer.from([0xc1, 0xff, 0x00]),
    Buffer.from('{"not":"a message"}'),
    Buffer.alloc(1000, 0x93),
    'text',
    // Deep nesting: one array in another, 100,000 times.
    Buffer.alloc(100_000, 0x91),
  ];
  for (const bytes of garbage) {
    const socket = await dial(Address.parse(address), {});
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    socket.send(bytes);
    await closed;
  }
  t.true(await serves(cluster, address));
});

test('a frame over the limit: the connection ends, the daemon serves on', async (t) => {
  const cluster = new Cluster(t);
  const { address } = await cluster.start();
  const socket = await dial(Address.parse(address), {});
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  socket.send(Buffer.alloc(MAX_MESSAGE + 1));
  const [code] = await closed;
  // 1009, message too big (RFC 6455, section 7.4.1), or cut off while we still sent.
  t.true([1009, 1006].includes(code));
  t.true(await serves(cluster, address));
});

test('a peer that opens calls without end is cut off, and the daemon serves on', async (t) => {
  const cluster = new Cluster(t);
  const { address } = await cluster.start();
  const { Packr } = await import('msgpackr');
  const packr = new Packr({ useRecords: false });
  const socket = await dial(Address.parse(address), {});
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  // Capabilities that are asked for and never let go.
  const call = packr.pack(['push', ['pipeline', 0, ['roster'], []]]);
  const flood = setInterval(() => {
    for (let i = 0; i < 1_000 && socket.readyState === socket.OPEN; i += 1) socket.send(call);
  }, 1);
  const [code] = await closed;
  clearInterval(flood);
  t.is(code, 1008);
  t.true(await serves(cluster, address));
});

test('calls by the hundred thousand in one frame are not made', async (t) => {
  const cluster = new Cluster(t);
  const { address } = await cluster.start();
  const { Packr } = await import('msgpackr');
  const packr = new Packr({ useRecords: false });
  const call = packr.pack(['push', ['pipeline', 0, ['roster'], []]]);
  const socket = await dial(Address.parse(address), {});
  const closed = once(socket, 'close');
  socket.send(Buffer.alloc(100_000 * call.length, call));
  const [code, reason] = await closed;
  t.deepEqual(
    [code, String(reason)],
    [1002, 'the peer sent something that is not a circuit message'],
  );
  t.true(await serves(cluster, address));
});
