import { once } from 'node:events';
import { mock } from 'node:test';
import test from 'ava';
import { WebSocket, WebSocketServer } from 'ws';
import {
  ATTENDANT_GONE_AFTER_MS,
  DEAD_AFTER_MS,
  HANG_UP_GRACE_MS,
  IDLE_TIMEOUT_MS,
  KEEPALIVE_INTERVAL_MS,
  PING_AFTER_MS,
  SILENT_AFTER_MS,
} from '../../../src/transport/limits.js';
import { PeerConnection } from '../../../src/transport/peer-connection.js';

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

/** Lets everything between the two ends arrive. */
async function roundTrip(from: WebSocket): Promise<void> {
  const pong = once(from, 'pong');
  from.ping();
  await pong;
}

let now = 0;

/** Time passes for the connections, and everything that was sent arrives. */
async function pass(time: number, socket: WebSocket): Promise<void> {
  for (let passed = 0; passed < time; passed += KEEPALIVE_INTERVAL_MS) {
    now += KEEPALIVE_INTERVAL_MS;
    mock.timers.tick(KEEPALIVE_INTERVAL_MS);
    if (socket.readyState === socket.OPEN) await roundTrip(socket);
  }
}

/** Time passes, and nothing arrives. */
function passInSilence(time: number): void {
  for (let passed = 0; passed < time; passed += KEEPALIVE_INTERVAL_MS) {
    now += KEEPALIVE_INTERVAL_MS;
    mock.timers.tick(KEEPALIVE_INTERVAL_MS);
  }
}

test.before(() => {
  mock.timers.enable({ apis: ['setInterval'] });
  mock.method(performance, 'now', () => now);
});
test.after.always(() => mock.reset());

test.serial('a connection that nobody uses or holds is closed after the idle time', async (t) => {
  const { client } = await pair(t);
  const connection = new PeerConnection(client, () => undefined, { dialled: true });
  const held = connection.hold();
  await pass(2 * IDLE_TIMEOUT_MS, client);
  t.true(connection.isOpen, 'one that is held stays');
  held[Symbol.dispose]();
  held[Symbol.dispose]();
  await pass(KEEPALIVE_INTERVAL_MS, client);
  await connection.closed;
  t.false(connection.isOpen);
});

test.serial('the side that was dialled does not close it', async (t) => {
  const { client } = await pair(t);
  const connection = new PeerConnection(client, () => undefined, { dialled: false });
  await pass(2 * IDLE_TIMEOUT_MS, client);
  t.true(connection.isOpen);
});

test.serial(
  'the side that made a connection pings a silent peer, and the other side does not',
  async (t) => {
    const { client, accepted } = await pair(t);
    const connections = [
      new PeerConnection(client, () => undefined, { dialled: true }),
      new PeerConnection(accepted, () => undefined, { dialled: false }),
    ];
    const pinged = once(accepted, 'ping');
    client.once('ping', () => t.fail('both sides ping'));
    passInSilence(PING_AFTER_MS);
    await pinged;
    t.true(connections.every(({ isOpen }) => isOpen));
  },
);

test.serial(
  'a peer is told to be silent once, when its answer is overdue, and cut off long after',
  async (t) => {
    const { client, accepted } = await pair(t);
    const connection = new PeerConnection(client, () => undefined, { dialled: true });
    let silent = 0;
    connection.whenSilent(() => {
      silent += 1;
    });
    connection.whenSilent(() => t.fail('let go before'))[Symbol.dispose]();
    accepted.pause();
    passInSilence(SILENT_AFTER_MS - KEEPALIVE_INTERVAL_MS);
    t.is(silent, 0);
    passInSilence(KEEPALIVE_INTERVAL_MS);
    t.is(silent, 1);
    passInSilence(DEAD_AFTER_MS - SILENT_AFTER_MS - KEEPALIVE_INTERVAL_MS);
    t.true(connection.isOpen);
    passInSilence(KEEPALIVE_INTERVAL_MS);
    await connection.closed;
    t.is(silent, 1);
  },
);

test.serial(
  'an attendant that is suspended for 3 s has not gone, and after 10 s nothing is left of its process',
  async (t) => {
    const { client, accepted } = await pair(t);
    const connection = new PeerConnection(client, () => undefined, { dialled: false });
    let gone = 0;
    connection.whenSilent(() => {
      gone += 1;
    }, ATTENDANT_GONE_AFTER_MS);
    accepted.pause();
    // It may have been silent before, as long as it had no need for a ping.
    passInSilence(PING_AFTER_MS + KEEPALIVE_INTERVAL_MS + 3_000);
    t.is(gone, 0);
    passInSilence(10_000 - HANG_UP_GRACE_MS - (PING_AFTER_MS + KEEPALIVE_INTERVAL_MS + 3_000));
    t.is(gone, 1);
  },
);

test.serial('a daemon that was suspended takes nobody for silent because of that', async (t) => {
  const { client } = await pair(t);
  const connection = new PeerConnection(client, () => undefined, { dialled: true });
  connection.hold();
  connection.whenSilent(() => t.fail('silent'));
  now += 10 * DEAD_AFTER_MS;
  mock.timers.tick(KEEPALIVE_INTERVAL_MS);
  await pass(DEAD_AFTER_MS, client);
  t.true(connection.isOpen);
});

test.serial(
  'a message without an answer is told to be lost if nothing is heard before the end',
  async (t) => {
    for (const answers of [false, true]) {
      const { client, accepted } = await pair(t);
      const connection = new PeerConnection(client, () => undefined, { dialled: true });
      let lost = 0;
      connection.unanswered(() => t.fail('another was sent after it'));
      connection.unanswered(() => {
        lost += 1;
      });
      if (answers) await roundTrip(client);
      accepted.terminate();
      await connection.closed;
      t.is(lost, answers ? 0 : 1);
    }
  },
);
