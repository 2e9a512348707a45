import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { CIRCUIT_ENV, Cluster, NOBODY } from '../../host/cluster.js';

const { NODE, CIRCUIT } = CIRCUIT_ENV;

test('an address file that this user may not read is named, be it that of $CIRCUIT or the host’s', async (t) => {
  const cluster = new Cluster(t);
  const runtime = cluster.mkdir('run');
  const file = join(runtime, 'circuit/address');
  mkdirSync(join(runtime, 'circuit'));
  writeFileSync(file, `circuit://127.0.0.1:1/1/Q${'0'.repeat(32)}\n`, { mode: 0o600 });
  const sentence = `circuit: ${file}, which has the address of a daemon, may not be read by this user`;
  for (const env of [{ CIRCUIT: file }, { XDG_RUNTIME_DIR: runtime }]) {
    const { stdout, stderr, status } = await cluster.run([NODE, CIRCUIT, 'ls'], {
      uid: NOBODY,
      cwd: '/',
      env,
    });
    t.deepEqual([stdout, status], ['', 1]);
    t.true(stderr.startsWith(sentence), stderr);
    t.regex(stderr, /^[^\n]*\n$/);
  }
});

test('a daemon that accepts and never answers is given up after 5 s, by each command', async (t) => {
  const cluster = new Cluster(t);
  const sockets: Socket[] = [];
  const deaf = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  t.teardown(() => {
    deaf.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(deaf, 'listening');
  const { port } = deaf.address() as AddressInfo;
  const frozen = await cluster.start('--no-mount');
  // The kernel goes on to accept for it.
  frozen.process.kill('SIGSTOP');
  const anchor = `/X${'0'.repeat(16)}/c`;
  const waits = async (address: string, [verb = '', ...args]: readonly string[]) => {
    const where = address.split('/')[2];
    const result = await cluster.circuit([verb, '-d', address, ...args], { input: 'message' });
    const { stdout, stderr, status } = result;
    const sentence = `circuit: ${where} did not answer within 5 s\n`;
    t.deepEqual([stdout, stderr, status], ['', sentence, 1], verb);
  };
  const dir = cluster.mkdir('mnt');
  await Promise.all(
    [frozen.address, frozen.address.replace(/:\d+\//, `:${port}/`)].flatMap((address) =>
      [['ls'], ['send', anchor], ['mount', dir]].map((args) => waits(address, args)),
    ),
  );
});
