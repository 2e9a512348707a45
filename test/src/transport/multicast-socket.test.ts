import test from 'ava';
import { multicastInterfaces, parseGroup } from '../../../src/transport/multicast-group.js';
import { MulticastSocket } from '../../../src/transport/multicast-socket.js';

test('a datagram from port 0 gets no answer', async (t) => {
  const group = parseGroup('239.88.0.1:48822');
  const over = multicastInterfaces(group, { name: 'lo' });
  const [socket] = await MulticastSocket.open(group, over, 'answers', () => {});
  if (!socket) return t.fail();
  t.teardown(() => socket.close());
  const from = { address: '127.0.0.1', family: 'IPv4', port: 0, size: 1 } as const;
  t.notThrows(() => socket.answer(Buffer.of(1), from));
});
