import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect as connectTcp, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { Address } from '../../src/base/address.js';
import { dial } from '../../src/client/index.js';
import {
  type ClusterKeys,
  generateClusterKey,
  readClusterKey,
} from '../../src/transport/cluster-keys.js';
import { INTRODUCTION_PATH, introduce } from '../../src/transport/introduction.js';
import { MAX_INTRODUCED_SOCKETS, MAX_UNPROVEN_SOCKETS } from '../../src/transport/limits.js';
import { introductionIdentity, introductionKey, pskOptions } from '../../src/transport/security.js';
import { Cluster } from './cluster.js';
import { growth, MIB } from './memory.js';
import { sockets } from './network.js';

const MANY = 500;

/** The first bytes of an introduction: a ClientHello. */
async function recordedHello(t: ExecutionContext, keys: ClusterKeys): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const introduced = introduce({ host: '127.0.0.1', port }, keys).catch(() => {});
  const [client] = await once(server, 'connection');
  const [hello] = await once(client, 'data');
  client.destroy();
  await introduced;
  return hello;
}

/** Resolves when the peer has hung up, or `event` has come before. */
async function settled(socket: Socket, event?: string): Promise<void> {
  if (socket.closed) return;
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    if (event !== undefined) socket.once(event, () => resolve());
  });
}

test('500 half-open introductions of each sort neither grow the daemon nor keep others from it, and the log tells of them once', async (t) => {
  const cluster = new Cluster(t);
  const file = join(cluster.directory, 'key');
  writeFileSync(file, `${generateClusterKey()}\n`, { mode: 0o600 });
  const keys = readClusterKey(file);
  const daemon = await cluster.start('--no-mount', '--hmac', file);
  const { host, port } = Address.parse(daemon.address);
  const hello = await recordedHello(t, keys);
  const { first } = keys;
  const psk = { psk: introductionKey(first), identity: introductionIdentity(first) };
  const proven = (text: string) => () => {
    const socket = connectTls({
      ...pskOptions(psk),
      checkServerIdentity: () => undefined,
      host,
      port,
    });
    return { socket, ready: 'secureConnect', text };
  };
  const raw = (bytes: string | Buffer) => () => {
    return { socket: connectTcp(port, host), ready: 'connect', text: bytes };
  };
  const sorts = {
    'no byte': raw(''),
    'half a ClientHello': raw(hello.subarray(0, hello.length / 2)),
    'a recorded ClientHello': raw(hello),
    'a handshake, then silence': proven(''),
    'half a header': proven(`GET ${INTRODUCTION_PATH} HTTP/1.1\r\nHost: x`),
  };
  const open: Socket[] = [];
  t.teardown(() => {
    for (const socket of open) socket.destroy();
  });
  const attack = async (sort: keyof typeof sorts) => {
    const opened = Array.from({ length: MANY }, async () => {
      const { socket, ready, text } = sorts[sort]();
      open.push(socket);
      socket.on('error', () => {}).resume();
      socket.once(ready, () => socket.write(text));
      await settled(socket, ready);
    });
    await Promise.all(opened);
    const held = sockets(daemon);
    t.true(held <= MAX_UNPROVEN_SOCKETS + MAX_INTRODUCED_SOCKETS + 20, `${sort}: ${held} sockets`);
    t.is(String(await introduce({ host, port }, keys)), daemon.address, sort);
    await using client = await dial(daemon.address, { clusterKey: keys });
    t.is(client.members().length, 1, sort);
  };
  const round = async () => {
    for (const sort of Object.keys(sorts) as (keyof typeof sorts)[]) await attack(sort);
  };
  await round();
  const [grown = 0] = await growth([daemon], round);
  t.true(grown < 64 * MIB, `grew by ${grown / MIB} MiB`);
  const joins = await cluster.start('--no-mount', '--hmac', file, '-j', daemon.address);
  t.regex(joins.log(), / joined$/m);
  await Promise.all(open.map((socket) => settled(socket)));
  const told = daemon.log().match(/ refused: .*/g) ?? [];
  t.deepEqual(new Set(told).size, told.length);
  t.true(told.length <= 3, told.join('\n'));
  t.regex(told.join('\n'), /1 connection that proved no key, from 127\.0\.0\.1/);
});
