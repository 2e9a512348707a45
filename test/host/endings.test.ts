import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { Packr } from 'msgpackr';
import type { WebSocket } from 'ws';
import type { CircuitTarget } from '../../src/anchor/circuit-target.js';
import { Address } from '../../src/base/address.js';
import { dial } from '../../src/transport/dial.js';
import { Ending } from '../../src/transport/ending.js';
import { MAX_MESSAGE } from '../../src/transport/limits.js';
import { startRpc } from '../../src/transport/rpc.js';
import { Cluster, eventually, PATIENCE, type TestDaemon } from './cluster.js';

const packr = new Packr({ useRecords: false });

/** Lists in a list, so many times. */
function nested(depth: number): unknown {
  let value: unknown = [];
  for (let i = 0; i < depth; i += 1) value = [[value]];
  return value;
}

/** Misdeeds that end a connection, each with what the peer and the log are told. */
const MISDEEDS: ReadonlyArray<
  readonly [what: string, run: (socket: WebSocket) => void, code: number, reason: RegExp]
> = [
  ['a text frame', (s) => s.send('hello'), 1003, /^a text frame; circuit messages are binary$/],
  [
    'no message',
    (s) => s.send(Buffer.alloc(10, 0x93)),
    1002,
    /^the peer sent something that is not a circuit/,
  ],
  [
    'what Cap’n Web does not know',
    (s) => s.send(packr.pack(['resolve', 'Q0123456789abcdef0123456789abcdef', 'secret'])),
    1002,
    /^bad RPC message$/,
  ],
  [
    'nesting',
    (s) => s.send(packr.pack(['push', ['pipeline', 0, ['member'], nested(40)]])),
    1002,
    /depth/,
  ],
  [
    'open calls',
    (s) => {
      const call = packr.pack(['push', ['pipeline', 0, ['roster'], []]]);
      const some = Buffer.alloc(1_000 * call.length, call);
      for (let i = 0; i < 40; i += 1) s.send(some);
    },
    1008,
    /^more than 30000 open calls$/,
  ],
  [
    'a long frame',
    (s) => s.send(Buffer.alloc(MAX_MESSAGE + 1)),
    1009,
    /^a frame of more than 8 MiB$/,
  ],
];

/** The lines of the log on how connections ended. */
function endings(daemon: TestDaemon): readonly string[] {
  return daemon.log().match(/peer=.*(?:is disconnected|ended the connection): .*/g) ?? [];
}

async function logged(t: ExecutionContext, daemon: TestDaemon, count: number): Promise<string> {
  const lines = await eventually(
    async () => endings(daemon),
    ({ length }) => length >= count,
  );
  t.is(lines.length, count);
  return lines.at(-1) ?? '';
}

test('a connection that is ended for a reason is so in the log, once, and the peer is told', async (t) => {
  const cluster = new Cluster(t);
  const daemon = await cluster.start('--no-mount');
  for (const [i, [what, run, expected, reason]] of MISDEEDS.entries()) {
    const socket = await dial(Address.parse(daemon.address), {});
    const closed = once(socket, 'close');
    run(socket);
    const [code, said] = await closed;
    // A peer that is still sending when it is cut off may not hear why.
    if (expected !== 1009 || code !== 1006) t.is(code, expected, what);
    if (expected !== 1009) t.regex(String(said), reason, what);
    const line = await logged(t, daemon, i + 1);
    const [, shown = ''] = /^peer=127\.0\.0\.1:\d+ is disconnected: (.*)$/.exec(line) ?? [];
    t.regex(shown, reason, what);
  }
  t.notRegex(daemon.log(), /Q[0-9a-f]{32}|secret/);
  // Those that end as connections do are not spoken of.
  t.is((await cluster.circuit(['ls', '-d', daemon.address, '/'])).status, 0);
  const rude = await dial(Address.parse(daemon.address), {});
  rude.terminate();
  t.is((await cluster.circuit(['ls', '-d', daemon.address, '/'])).status, 0);
  t.is(endings(daemon).length, MISDEEDS.length);
});

test('a peer that does not answer for 10 s is so in the log', async (t) => {
  const cluster = new Cluster(t);
  const daemon = await cluster.start('--no-mount');
  const socket = await dial(Address.parse(daemon.address), {});
  // It made the connection, so that it is the one to ping, and does not.
  startRpc<CircuitTarget>(socket, undefined, () => {}, new Ending(socket, 'the daemon'));
  await once(socket, 'close');
  t.regex(await logged(t, daemon, 1), /is disconnected: nothing was heard from the peer for 10 s$/);
});

test('a peer that comes back again and again to be refused does not fill the log', async (t) => {
  const cluster = new Cluster(t);
  const daemon = await cluster.start('--no-mount');
  const rounds = 150;
  for (let i = 0; i < rounds; i += 1) {
    const socket = await dial(Address.parse(daemon.address), {});
    const closed = once(socket, 'close');
    socket.send('text');
    await closed;
  }
  const times = daemon
    .log()
    .split('\n')
    .filter((line) => / is disconnected: /.test(line))
    .map((line) => Date.parse(line.split(' ')[0] ?? ''));
  // Sixty at once, and one in each second.
  const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
  t.true(times.length >= 60, `${times.length}`);
  t.true(times.length <= 61 + seconds, `${times.length} in ${seconds} s`);
  // None is forgotten: the next line that is shown tells how many were left out.
  const count = () =>
    endings(daemon).reduce(
      (sum, line) => sum + 1 + Number(/\(and (\d+) others/.exec(line)?.[1] ?? 0),
      0,
    );
  let made = rounds;
  await eventually(
    async () => {
      const socket = await dial(Address.parse(daemon.address), {});
      const closed = once(socket, 'close');
      socket.send('text');
      await closed;
      made += 1;
      return { counted: count(), made };
    },
    (seen) => seen.counted === seen.made,
    PATIENCE,
    500,
  );
  t.pass();
});
