import test, { type ExecutionContext } from 'ava';
import { Address, newSecret } from '../../../src/base/address.js';
import type { PeerConnection } from '../../../src/transport/peer-connection.js';
import { Transport } from '../../../src/transport/transport.js';

/** A daemon's transport that notes its peers, and gives them nothing. */
async function daemon(t: ExecutionContext) {
  const peers: PeerConnection<undefined>[] = [];
  const transport = new Transport<undefined>({
    main: (peer) => {
      peers.push(peer);
    },
  });
  t.teardown(() => transport.close());
  const secret = newSecret();
  const port = await transport.listen({ host: '127.0.0.1', port: 0, secret });
  const address = new Address('127.0.0.1', port, process.pid, secret);
  transport.advertise(address);
  return { transport, address, peers };
}

test('all callers that ask for one address share one connection', async (t) => {
  const [a, b] = [await daemon(t), await daemon(t)];
  const connections = await Promise.all([
    a.transport.connect(b.address),
    a.transport.connect(b.address),
    a.transport.connect(b.address),
  ]);
  connections.push(await a.transport.connect(b.address));
  t.is(new Set(connections).size, 1);
  t.is(b.peers.length, 1);
});

test('a connection serves both directions, whoever opened it', async (t) => {
  const [a, b] = [await daemon(t), await daemon(t)];
  await a.transport.connect(b.address);
  t.is(b.peers[0]?.address?.toString(), a.address.toString());
  const back = await b.transport.connect(a.address);
  t.true(back.isOpen);
  t.is(a.peers.length, 1);
  t.is(b.peers.length, 1);
});

test('after a connection has ended, the next caller gets a new one', async (t) => {
  const [a, b] = [await daemon(t), await daemon(t)];
  const first = await a.transport.connect(b.address);
  first.close();
  await first.closed;
  const second = await a.transport.connect(b.address);
  t.not(second, first);
  t.true(second.isOpen);
});

test('a caller that gives up does not spoil the connection for the others', async (t) => {
  const [a, b] = [await daemon(t), await daemon(t)];
  const impatient = a.transport.connect(b.address, AbortSignal.abort());
  const patient = a.transport.connect(b.address);
  await t.throwsAsync(impatient, { code: 'EINTR' });
  t.true((await patient).isOpen);
});

test('a failed attempt is not remembered', async (t) => {
  const [a, b] = [await daemon(t), await daemon(t)];
  const { port, secret } = b.address;
  b.transport.close();
  await t.throwsAsync(a.transport.connect(b.address), { code: 'ECONNREFUSED' });
  await b.transport.listen({ host: '127.0.0.1', port, secret });
  t.true((await a.transport.connect(b.address)).isOpen);
});

test('close ends every connection at both ends', async (t) => {
  const [a, b] = [await daemon(t), await daemon(t)];
  const connection = await a.transport.connect(b.address);
  b.transport.close();
  await connection.closed;
  t.false(connection.isOpen);
});
