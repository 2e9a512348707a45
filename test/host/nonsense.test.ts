import { once } from 'node:events';
import test from 'ava';
import type { RpcStub } from 'capnweb';
import type { CircuitTarget } from '../../src/anchor/circuit-target.js';
import { Address, newMemberName, newSecret } from '../../src/base/address.js';
import { MAX_RECORDS } from '../../src/membership/parameters.js';
import { MAX_INCARNATION } from '../../src/membership/record.js';
import { dial } from '../../src/transport/dial.js';
import { Ending } from '../../src/transport/ending.js';
import { startRpc } from '../../src/transport/rpc.js';
import { Cluster } from './cluster.js';
import { areOne, logged, members } from './multicast.js';

/** A violation of policy (RFC 6455, section 7.4.1). */
const POLICY = 1008;

/** A program that holds the address of a daemon, and says that it is one itself, at `self`. */
async function peerOf(address: string, self: string | undefined) {
  const socket = await dial(Address.parse(address), { self });
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  const main = startRpc<CircuitTarget>(
    socket,
    undefined,
    () => {},
    new Ending(socket, 'the daemon'),
  );
  return { socket, main, closed };
}

/** Gives the code and the reason with which the daemon closes the connection. */
async function refusal(
  { main, closed }: { main: RpcStub<CircuitTarget>; closed: Promise<unknown[]> },
  message: unknown,
): Promise<{ code: unknown; reason: string; answer: string }> {
  // The answer may come before the connection is closed, or not at all.
  const answered = main.deliver(message).then(
    () => 'taken',
    (error: unknown) => String(error),
  );
  const [code, reason] = await closed;
  return { code, reason: String(reason), answer: await answered };
}

function strangerAddress(): string {
  return new Address('127.0.0.1', 9, 1, newSecret()).toString();
}

function record(changes: Record<string, unknown> = {}) {
  const name = newMemberName();
  const addr = strangerAddress();
  return { name, addr, joined: Date.now(), incarnation: 0, state: 'alive', ...changes };
}

const NONSENSE: ReadonlyArray<readonly [what: string, message: unknown, reason: RegExp]> = [
  ['nothing', undefined, /not an object/],
  ['text', 'alive', /not an object/],
  ['a number', Number.NaN, /not an object/],
  ['a list', [1, 2, 3], /type/],
  ['a type that there is not', { type: 'abdicate' }, /type/],
  ['the name of a method as type', { type: 'constructor' }, /type/],
  ['no record', { type: 'join' }, /record: not an object/],
  ['a name that is none', { type: 'join', from: record({ name: '../etc' }) }, /record: name/],
  ['an address that is none', { type: 'join', from: record({ addr: 'circuit://x' }) }, /./],
  [
    'an address without end',
    { type: 'join', from: record({ addr: `circuit://${'a'.repeat(1_000_000)}:1/1/Q` }) },
    /record: addr/,
  ],
  [
    'an incarnation beyond the limit',
    { type: 'gossip', records: [record({ incarnation: MAX_INCARNATION + 1 })] },
    /record: incarnation/,
  ],
  [
    'an incarnation that is no whole number',
    { type: 'notice', record: record({ incarnation: 0.5 }) },
    /record: incarnation/,
  ],
  [
    'a state that there is not',
    { type: 'notice', record: record({ state: '__proto__' }) },
    /state/,
  ],
  [
    'more records than a message may have',
    { type: 'gossip', records: Array.from({ length: MAX_RECORDS + 1 }, () => record()) },
    /not a list of up to 250/,
  ],
  [
    'a list of a hundred thousand names',
    { type: 'graft', names: Array.from({ length: 100_000 }, () => 'X0123456789abcdef') },
    /not a list of up to 250/,
  ],
  [
    'a walk without end',
    { type: 'forward-join', newcomer: record(), ttl: Number.MAX_SAFE_INTEGER },
    /ttl/,
  ],
  ['a time that no date has', { type: 'join', from: record({ joined: 1e300 }) }, /record: joined/],
  ['too few hashes', { type: 'compare', from: record(), hashes: [1] }, /hashes/],
];

test('a peer that tells nonsense is disconnected, with the reason, and nothing else happens', async (t) => {
  const cluster = new Cluster(t);
  const daemon = await cluster.start();
  const other = await cluster.start('-j', daemon.address);
  const before = await areOne([daemon, other]);
  for (const [what, message, sentence] of NONSENSE) {
    const peer = await peerOf(daemon.address, strangerAddress());
    const { code, reason, answer } = await refusal(peer, message);
    t.is(code, POLICY, what);
    t.regex(reason, sentence, what);
    t.not(answer, 'taken', what);
    const [, port = ''] = /:(\d+) is disconnected: [^\n]*\n$/.exec(daemon.log()) ?? [];
    t.not(port, '', `${what}: the log does not say so`);
  }
  const lines = daemon.log().match(/^.* is disconnected: .*$/gm) ?? [];
  t.is(lines.length, NONSENSE.length);
  // No secret, and nothing of any length that a stranger has chosen.
  for (const line of lines) {
    t.notRegex(line, /Q[0-9a-f]{32}/);
    t.true(line.length < 300, line);
  }
  t.deepEqual(await members(daemon), before);
  t.deepEqual(await members(other), before);
  t.notRegex(daemon.log(), /failed|left/);
});

test('nothing is heard any more of a peer that was refused, also what came with the nonsense', async (t) => {
  const cluster = new Cluster(t);
  const daemon = await cluster.start();
  const before = await members(daemon);
  const self = strangerAddress();
  const { main, closed } = await peerOf(daemon.address, self);
  // What one turn says goes out together.
  const join = { type: 'join', from: record({ addr: self }), byUser: true };
  const calls = ['nonsense', 'nonsense', 'nonsense', join].map((said) => main.deliver(said));
  await Promise.allSettled(calls);
  await closed;
  t.is(daemon.log().match(/ is disconnected: /g)?.length, 1);
  t.deepEqual(await members(daemon), before);
});

test('one that is no daemon takes no part in the membership, well-formed or not', async (t) => {
  const cluster = new Cluster(t);
  const daemon = await cluster.start();
  const before = await members(daemon);
  for (const message of [
    { type: 'join', from: record(), byUser: true },
    { type: 'disconnect' },
    'nonsense',
  ]) {
    const { code, reason } = await refusal(await peerOf(daemon.address, undefined), message);
    t.is(code, POLICY);
    t.regex(reason, /only daemons take part in the membership/);
  }
  await logged(
    daemon,
    /peer=127\.0\.0\.1:\d+ is disconnected: only daemons take part in the membership/,
  );
  t.deepEqual(await members(daemon), before);
});

test('news of strangers, told by one that is no neighbour, is not believed', async (t) => {
  const cluster = new Cluster(t);
  const daemon = await cluster.start();
  const before = await members(daemon);
  const [name = ''] = before;
  const { main, socket, closed } = await peerOf(daemon.address, strangerAddress());
  for (const message of [
    { type: 'gossip', records: [record(), record()] },
    { type: 'gossip', records: [record({ name, addr: daemon.address, state: 'failed' })] },
    { type: 'forward-join', newcomer: record(), ttl: 6 },
    { type: 'answer', records: [record()], last: true },
    { type: 'probe-request', target: record() },
    { type: 'notice', record: record() },
    { type: 'shuffle-reply', path: [], names: [record().name] },
  ]) {
    await main.deliver(message);
    t.deepEqual(await members(daemon), before, message.type);
  }
  socket.close(1000);
  await closed;
});
