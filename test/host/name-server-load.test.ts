import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Random } from '../sim/random.js';
import { Cluster, eventually, within } from './cluster.js';
import { HEADER, mutated, query } from './dns-mutations.js';
import { OurServer } from './name-servers.js';
import { nameOf } from './network.js';

const OVER_UDP = 90_000;
const OVER_TCP = 10_000;
/** So many datagrams at once find room in a socket's buffer (net.core.rmem_default). */
const BATCH = 100;
const STREAM = 500;
/** The ID of a query in a flight that must be answered. */
const SENTINEL = 0xffff;
const SEED = 20_261_130;

const RECORDS = 10_000;

/** Keeps `set` open, and writes each line of its standard input. */
const SET_EACH = `
import os, sys
fd = os.open('set', os.O_WRONLY)
for line in sys.stdin.buffer: os.write(fd, line)`;

/** A daemon with a name server on a free port of 127.0.0.1. */
async function serving(t: ExecutionContext, records: readonly string[]) {
  const cluster = new Cluster(t);
  const daemon = await cluster.start();
  const anchor = join(daemon.mountpoint, await nameOf(daemon), 'd');
  const made = await cluster.sh(
    `mkdir ${anchor} && echo 127.0.0.1:0 > ${anchor}/mkdns && cat ${anchor}/addr`,
  );
  const [address = '', port] = made.stdout.trim().split(':');
  const server = new OurServer(cluster, anchor, { address, port: Number(port) });
  const set = await cluster.run(['python3', '-c', SET_EACH], {
    cwd: anchor,
    input: records.map((record) => `${record}\n`).join(''),
  });
  t.is(set.stderr, '');
  return { cluster, daemon, server };
}

test('a hundred thousand malformed messages by UDP and TCP leave a name server serving', async (t) => {
  const many = Array.from({ length: 60 }, (_, i) => `many.miek.nl. A 198.51.100.${i + 1}`);
  const records = ['miek.nl. MX 10 mx.miek.nl.', '*.wild.miek.nl. TXT x', ...many];
  const { daemon, server } = await serving(t, records);
  const answers = await Promise.all([byUdp(t, server), byTcp(t, server)]);
  t.true(
    answers.every((count) => count > 0),
    'some of them were queries',
  );
  const [answer] = await server.ask(['miek.nl MX']);
  t.deepEqual(answer?.answer, ['miek.nl. 3600 IN MX 10 mx.miek.nl.']);
  t.is((await server.sh('cat records | wc -l')).stdout.trim(), String(records.length));
  t.is(daemon.process.exitCode, null);
});

/** Gives how many answers there were beside those that there had to be. */
async function byUdp(t: ExecutionContext, { address, port }: OurServer): Promise<number> {
  const random = new Random(SEED);
  const socket = createSocket('udp4');
  socket.connect(port, address);
  await once(socket, 'connect');
  let count = 0;
  let told = () => {};
  const sentinel = query(SENTINEL, ['miek', 'nl'], 15);
  socket.on('message', (message) => {
    if (message.readUInt16BE(0) === SENTINEL) return told();
    count += 1;
    checkAnswer(t, message, 1232);
  });
  for (let sent = 0; sent < OVER_UDP; sent += BATCH) {
    const answered = new Promise<void>((resolve) => {
      told = resolve;
    });
    for (let i = 0; i < BATCH; i += 1) socket.send(mutated(random, i));
    await untilAnswered(socket, sentinel, answered);
  }
  socket.close();
  return count;
}

/** Sends it until there is an answer: what was sent before has been dealt with then. */
async function untilAnswered(socket: Socket, message: Buffer, answered: Promise<void>) {
  socket.send(message);
  // A datagram may get lost where others fill the buffer.
  const again = setInterval(() => socket.send(message), 1_000);
  try {
    await within(20_000, answered, () => 'a sound query was not answered among the malformed ones');
  } finally {
    clearInterval(again);
  }
}

/** The same in streams. Messages that are shorter than a header are left out: at one the server may hang up. */
async function byTcp(t: ExecutionContext, { address, port }: OurServer): Promise<number> {
  const random = new Random(SEED + 1);
  let count = 0;
  for (let sent = 0; sent < OVER_TCP; sent += STREAM) {
    const messages = Array.from({ length: STREAM }, (_, i) => framed(whole(random, i)));
    const socket = connect(port, address);
    const received: Buffer[] = [];
    socket.on('data', (bytes) => received.push(bytes));
    // It may have been reset.
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    socket.end(Buffer.concat(messages));
    await within(20_000, closed, () => 'a stream was neither served to its end nor closed');
    let rest = Buffer.concat(received);
    while (rest.length >= 2) {
      const length = rest.readUInt16BE(0);
      if (rest.length < 2 + length) break;
      count += 1;
      checkAnswer(t, rest.subarray(2, 2 + length), 0xffff);
      rest = rest.subarray(2 + length);
    }
  }
  return count;
}

function whole(random: Random, id: number): Buffer {
  for (;;) {
    const message = mutated(random, id);
    if (message.length >= HEADER) return message;
  }
}

function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** Assertions of ava take too long for each of so many. */
function checkAnswer(t: ExecutionContext, message: Buffer, limit: number): void {
  const isAnswer = message.length >= HEADER && (message.readUInt16BE(2) & 0x8000) !== 0;
  if (!isAnswer || message.length > limit) t.fail(`no answer: ${message.toString('hex')}`);
}

test('the mount answers while dnsperf asks for each of ten thousand records', async (t) => {
  const records = Array.from(
    { length: RECORDS },
    (_, i) => `h${i}.example.test. A 10.0.${i >> 8}.${i & 255}`,
  );
  const { cluster, daemon, server } = await serving(t, ['example.test. A 10.0.0.1', ...records]);
  const file = join(cluster.directory, 'queries');
  writeFileSync(file, records.map((_, i) => `h${i}.example.test A\n`).join(''));
  const at = ['-s', server.address, '-p', String(server.port)];
  let over = false;
  const load = cluster.run(['dnsperf', ...at, '-d', file, '-n', '1']).finally(() => {
    over = true;
  });
  const times: number[] = [];
  await eventually(
    async () => {
      const listed = await cluster.sh(`ls ${daemon.mountpoint}/X*/d`);
      t.regex(listed.stdout, /^records$/m, listed.stderr);
      times.push(listed.elapsed);
      return over;
    },
    (isOver) => isOver,
  );
  const { stdout } = await load;
  const [, rate = ''] = /Queries per second: +([\d.]+)/.exec(stdout) ?? [];
  t.log(
    `${Math.round(Number(rate))} queries/s; ls in ${Math.round(Math.max(...times))} ms at most`,
  );
  const [, completed = '0'] = /Queries completed: +(\d+)/.exec(stdout) ?? [];
  // Datagrams may get lost.
  t.true(Number(completed) > 0.95 * RECORDS, stdout);
  t.regex(stdout, new RegExp(`NOERROR ${completed} \\(100.00%\\)`));
});
