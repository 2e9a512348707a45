import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { Address, newSecret } from '../../../src/base/address.js';
import { dial } from '../../../src/transport/dial.js';
import { SUBPROTOCOL } from '../../../src/transport/listener.js';
import { presharedKey, TLS_VERSION } from '../../../src/transport/security.js';

/** RFC 6455, section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** A server that sends `bytes` in the same TLS record as the answer that opens the WebSocket. */
async function serverThatSends(t: ExecutionContext, bytes: Buffer): Promise<Address> {
  const secret = newSecret();
  const key = presharedKey(secret);
  const server = createServer({ ...TLS_VERSION, pskCallback: () => key });
  server.on('upgrade', (request, socket) => {
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${GUID}`);
    const head = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${accept.digest('base64')}`,
      `Sec-WebSocket-Protocol: ${SUBPROTOCOL}`,
    ];
    socket.on('error', () => {});
    socket.write(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes]));
    t.teardown(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return new Address('127.0.0.1', (server.address() as AddressInfo).port, 1, secret);
}

test('a message that the peer sends together with its answer is not lost', async (t) => {
  const socket = await dial(await serverThatSends(t, Buffer.of(0x82, 0x01, 0x2a)), {});
  t.teardown(() => socket.terminate());
  t.deepEqual(await once(socket, 'message'), [Buffer.of(0x2a), true]);
});

test('nonsense that the peer sends together with its answer ends only the connection', async (t) => {
  const socket = await dial(await serverThatSends(t, Buffer.of(0xff, 0xff)), {});
  await new Promise((resolve) => socket.once('close', resolve));
  t.is(socket.readyState, socket.CLOSED);
});
