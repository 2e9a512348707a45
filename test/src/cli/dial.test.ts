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
  const sentence = `circuit: ${file}, which has the address of a daemon, may not be read by this user; give -d ADDRESS, or run this as its user\n`;
  for (const env of [{ CIRCUIT: file }, { XDG_RUNTIME_DIR: runtime }]) {
    const { stdout, stderr, status } = await cluster.run([NODE, CIRCUIT, 'ls'], {
      uid: NOBODY,
      cwd: '/',
      env,
    });
    t.deepEqual([stdout, stderr, status], ['', sentence, 1]);
  }
});

test('an address that $CIRCUIT has instead of a file is a secret in each sentence', async (t) => {
  const cluster = new Cluster(t);
  const secret = `Q${'0'.repeat(32)}`;
  const directory = cluster.mkdir('circuit:');
  const at = (name: string) => join(directory, name, secret);
  for (const name of ['unreadable', 'junk']) {
    mkdirSync(join(directory, name));
    writeFileSync(at(name), 'junk', { mode: name === 'junk' ? 0o644 : 0o600 });
  }
  for (const [name, said] of [
    ['none', /no daemon has left its address in/],
    ['unreadable', /may not be read by this user/],
    ['junk', /not a circuit address/],
  ] as const) {
    const { stderr, status } = await cluster.run([NODE, CIRCUIT, 'ls'], {
      uid: NOBODY,
      cwd: '/',
      env: { CIRCUIT: at(name) },
    });
    t.is(status, 1);
    t.regex(stderr, said);
    t.true(stderr.includes(`${directory}/${name}/Q…`), stderr);
    t.notRegex(stderr, /0{32}/);
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
