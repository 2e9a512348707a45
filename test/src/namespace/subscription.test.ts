import test, { type ExecutionContext } from 'ava';
import { LocalCircuit } from '../../../src/anchor/local-circuit.js';
import { LocalMember } from '../../../src/anchor/local-member.js';
import { isMemberName, type MemberName, newMemberName } from '../../../src/base/address.js';
import { CircuitError } from '../../../src/base/error.js';
import { OperationsLog } from '../../../src/base/log.js';
import { MAX_PENDING } from '../../../src/kinds/subscription/subscription-element.js';
import type { Membership, MembershipChange } from '../../../src/membership/membership.js';
import type { MemberRecord } from '../../../src/membership/record.js';
import { circuitDirectory } from '../../../src/namespace/circuit.js';
import { mount, run } from '../../mount/mounted.js';

/** The mount of a member whose network is what the test says. */
async function mounted(t: ExecutionContext) {
  const listeners = new Set<(change: MembershipChange) => void>();
  const self = record(newMemberName());
  const membership: Membership = {
    self,
    members: () => [self],
    get: (name) => (name === self.name ? self : undefined),
    status: () => undefined,
    views: () => ({ active: [], passive: [] }),
    watch: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => listeners.delete(listener) };
    },
    join: async () => {},
    leave: async () => {},
    deliver: () => {},
    close: async () => {},
  };
  const log = new OperationsLog(() => {});
  const local = new LocalMember({ membership, log, shutdown: () => {} });
  const circuit = new LocalCircuit(membership, local, (name) => {
    throw new CircuitError('EHOSTUNREACH', `${name} is nowhere`);
  });
  const { directory } = await mount(t, circuitDirectory(circuit, log));
  const tell = (kind: 'join' | 'leave', name: MemberName) => {
    const change = { kind, member: record(name), state: 'alive' } as const;
    for (const listener of listeners) listener(change);
  };
  return {
    self,
    local,
    tell,
    listeners,
    sh: (script: string) => run(t, `cd ${directory}/.self/; ${script}`),
  };
}

function record(name: MemberName): MemberRecord {
  const addr = `circuit://127.0.0.1:1/1/Q${'0'.repeat(32)}`;
  return { name, addr, joined: 0, incarnation: 0, state: 'alive', host: '', version: '' };
}

function memberNumber(i: number): MemberName {
  const name = `X${i.toString(16).padStart(16, '0')}`;
  if (!isMemberName(name)) throw new Error(`${name} is no name`);
  return name;
}

const paths = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `/${memberNumber(from + i)}\n`).join('');

test('a subscription tells of its own kind of event, from the moment it was made', async (t) => {
  const { self, tell, sh, listeners } = await mounted(t);
  const before = listeners.size;
  tell('join', memberNumber(0));
  await sh('mkdir j l && echo > j/mk@join && echo > l/mk@leave');
  t.is((await sh('cat j/recv')).stdout, `/${self.name}\n`);
  for (let i = 1; i < 6; i += 1) tell(i % 2 ? 'join' : 'leave', memberNumber(i));
  const three = await sh('cat j/recv j/recv j/recv; cat l/recv l/recv; cat j/peek l/peek');
  const [first, , third, , fifth] = [1, 2, 3, 4, 5].map((i) => paths(i, i + 1));
  t.true(three.stdout.startsWith(`${first}${third}${fifth}${paths(2, 3)}${paths(4, 5)}`));
  t.is(three.stdout.match(/"Pending": 0/g)?.length, 2);
  await sh('echo > j/scrub; echo > l/scrub');
  t.is(listeners.size, before, 'nobody listens any more');
});

test('three readers at once get each event once, whichever of them are killed', async (t) => {
  const { tell, sh } = await mounted(t);
  await sh('mkdir j && echo > j/mk@join && cat j/recv');
  const killed = sh(`for i in $(seq 30); do
    cat j/recv > /dev/null & pid=$!; kill -KILL $pid; wait $pid; done 2> /dev/null`);
  await killed;
  const reading = [1, 2, 3].map(() =>
    sh('while line=$(cat j/recv 2> /dev/null); do echo $line; done'),
  );
  for (let i = 0; i < 300; i += 1) {
    tell('join', memberNumber(i));
    if (i % 50 === 0) await new Promise(setImmediate);
  }
  const drained = await sh(`until grep -q '"Pending": 0' j/peek; do :; done; echo > j/scrub`);
  t.is(drained.status, 0);
  const seen = (await Promise.all(reading)).flatMap(({ stdout }) => stdout.trim().split('\n'));
  const lines = seen.filter((line) => line !== '').sort();
  t.deepEqual(lines, paths(0, 300).trim().split('\n'));
});

test('more events than it keeps end it: what waits can be read, then recv fails with ENOBUFS', async (t) => {
  const { local, tell, sh } = await mounted(t);
  await sh('mkdir l && echo > l/mk@leave');
  for (let i = 0; i <= MAX_PENDING; i += 1) tell('leave', memberNumber(i));
  const peek = JSON.parse((await sh('cat l/peek')).stdout);
  t.deepEqual(peek, { Source: '@leave', Pending: MAX_PENDING, Closed: true });
  using files = await local.files(['l']);
  for (let i = 0; i < MAX_PENDING - 2; i += 1) {
    const event = files.source('recv');
    const data = await event.read(100);
    t.is(Buffer.from(data).toString(), paths(i, i + 1));
    await event.settled(data, true);
    event.close();
  }
  const { stdout, stderr, status } = await sh('cat l/recv && cat l/recv && cat l/recv');
  t.is(stdout, paths(MAX_PENDING - 2, MAX_PENDING));
  t.is(stderr, 'cat: l/recv: No buffer space available\n');
  t.is(status, 1);
  t.is((await sh('echo > l/scrub && echo > l/mk@leave && cat l/peek')).status, 0);
});
