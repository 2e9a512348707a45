import { once } from 'node:events';
import test from 'ava';
import type { RpcTarget } from 'capnweb';
import { WebSocket, WebSocketServer } from 'ws';
import { CloseCode, Ending } from '../../../src/transport/ending.js';
import { MAX_UNSENT } from '../../../src/transport/limits.js';
import { startRpc } from '../../../src/transport/rpc.js';

/** Both ends of a WebSocket, and the events that their ends tell. */
async function pair(t: { teardown: (run: () => void) => void }) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const dialled = new WebSocket(`ws://127.0.0.1:${port}`);
  const [[accepted]] = await Promise.all([once(server, 'connection'), once(dialled, 'open')]);
  t.teardown(() => {
    dialled.terminate();
    server.close();
  });
  return [accepted as WebSocket, dialled].map((socket) => {
    const events: string[] = [];
    const ending = new Ending(socket, 'host:1', (event) => events.push(event));
    return { socket, ending, events, closed: once(socket, 'close') };
  });
}

type End = Awaited<ReturnType<typeof pair>>[number];

async function ends(t: { teardown: (run: () => void) => void }): Promise<[End, End]> {
  const [ours, theirs] = await pair(t);
  if (!ours || !theirs) throw new Error('there are two');
  return [ours, theirs];
}

test('both sides know why a connection was ended, and are told once', async (t) => {
  const [ours, theirs] = await ends(t);
  ours.ending.refuse(CloseCode.policy, 'too much');
  ours.ending.refuse(CloseCode.protocolError, 'something else');
  await Promise.all([ours.closed, theirs.closed]);
  t.deepEqual(ours.events, ['is disconnected: too much']);
  t.is(ours.ending.sentence, 'the connection to host:1 was ended: too much');
  t.deepEqual(theirs.events, ['ended the connection: too much']);
  t.is(theirs.ending.sentence, 'host:1 ended the connection: too much');
});

test('a usual end, or one without a reason, is not told of', async (t) => {
  for (const end of [(s: WebSocket) => s.close(1000), (s: WebSocket) => s.terminate()]) {
    const [ours, theirs] = await ends(t);
    end(theirs.socket);
    await Promise.all([ours.closed, theirs.closed]);
    t.deepEqual([...ours.events, ...theirs.events], []);
    t.is(ours.ending.sentence, 'the connection to host:1 was lost');
  }
});

test('a reason is one line of bounded length, without what could be a secret', async (t) => {
  const [ours, theirs] = await ends(t);
  const secret = '0123456789abcdef'.repeat(2);
  ours.ending.refuse(CloseCode.policy, `\n\x1b[31mQ${secret} ${'ä'.repeat(10_000)}`);
  const [, reason] = await theirs.closed;
  t.true(Buffer.byteLength(reason) <= 123);
  t.regex(String(reason), /^\\x1b\[31mQ… ä+$/);
  t.true((ours.events[0] ?? '').length < 300);
  const bad = await ends(t);
  bad[1].socket.close(4000, `\r${secret}`);
  await bad[0].closed;
  t.deepEqual(bad[0].events, ['ended the connection: …']);
});

test('a peer that does not read is cut off, and its callers are told why', async (t) => {
  const [ours] = await ends(t);
  const main = startRpc<RpcTarget & { call(): void }>(
    ours.socket,
    undefined,
    () => {},
    ours.ending,
  );
  Object.defineProperty(ours.socket, 'bufferedAmount', { get: () => MAX_UNSENT + 1 });
  await t.throwsAsync(async () => await main.call(), {
    code: 'EHOSTUNREACH',
    message: 'the connection to host:1 was ended: the peer does not read: 512 MiB wait to be sent',
  });
  t.deepEqual(ours.events, ['is disconnected: the peer does not read: 512 MiB wait to be sent']);
});
