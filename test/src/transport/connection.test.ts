import { once } from 'node:events';
import { mock } from 'node:test';
import test from 'ava';
import { WebSocket, WebSocketServer } from 'ws';
import { Connection } from '../../../src/transport/connection.js';
import { IDLE_TIMEOUT, KEEPALIVE_INTERVAL } from '../../../src/transport/limits.js';

/** Both ends of a WebSocket. */
async function pair(t: { teardown: (run: () => void) => void }) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  const [[accepted]] = await Promise.all([once(server, 'connection'), once(client, 'open')]);
  t.teardown(() => {
    client.terminate();
    server.close();
  });
  return { client, accepted: accepted as WebSocket };
}

/** Lets what is on its way between the two ends arrive. */
async function roundTrip(from: WebSocket): Promise<void> {
  const pong = once(from, 'pong');
  from.ping();
  await pong;
}

test.before(() => mock.timers.enable({ apis: ['setInterval', 'Date'] }));
test.after.always(() => mock.timers.reset());

test.serial('a connection that nobody uses or holds is closed after the idle time', async (t) => {
  const { client } = await pair(t);
  const connection = new Connection(client, () => undefined, true);
  const held = connection.hold();
  for (let passed = 0; passed < 2 * IDLE_TIMEOUT; passed += KEEPALIVE_INTERVAL) {
    mock.timers.tick(KEEPALIVE_INTERVAL);
    await roundTrip(client);
  }
  t.true(connection.isOpen, 'one that is held stays');
  held[Symbol.dispose]();
  held[Symbol.dispose]();
  mock.timers.tick(KEEPALIVE_INTERVAL);
  await connection.closed;
  t.false(connection.isOpen);
});

test.serial('the side that was dialled does not close it', async (t) => {
  const { client } = await pair(t);
  const connection = new Connection(client, () => undefined, false);
  for (let passed = 0; passed < 2 * IDLE_TIMEOUT; passed += KEEPALIVE_INTERVAL) {
    mock.timers.tick(KEEPALIVE_INTERVAL);
    await roundTrip(client);
  }
  t.true(connection.isOpen);
});

test.serial('a peer that answers no ping until the next one is due is dropped', async (t) => {
  const { client, accepted } = await pair(t);
  const connection = new Connection(client, () => undefined, true);
  accepted.pause();
  mock.timers.tick(KEEPALIVE_INTERVAL);
  t.true(connection.isOpen);
  mock.timers.tick(KEEPALIVE_INTERVAL);
  await connection.closed;
  t.false(connection.isOpen);
});
