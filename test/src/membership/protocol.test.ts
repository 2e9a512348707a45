import test from 'ava';
import { Address, newMemberName, newSecret } from '../../../src/base/address.js';
import type { Message } from '../../../src/membership/messages.js';
import {
  MAX_ASKED,
  MAX_PROBES_ASKED,
  REFUTE_PAUSE_MS,
} from '../../../src/membership/parameters.js';
import { Protocol } from '../../../src/membership/protocol.js';
import { MAX_INCARNATION, type MemberRecord, parseRecord } from '../../../src/membership/record.js';

let ports = 0;

function record(changes: Partial<MemberRecord> = {}): MemberRecord {
  ports += 1;
  const addr = new Address('host', ports, 1, newSecret()).toString();
  const [name, host, version] = [newMemberName(), 'web1', '1.2.3'];
  return { name, addr, joined: 0, incarnation: 0, state: 'alive', host, version, ...changes };
}

/** A member, and its calls of its host. */
function member() {
  const opened: string[] = [];
  const probed: string[] = [];
  const sent: Array<{ readonly peer: string; readonly message: Message }> = [];
  const joined: string[] = [];
  const refused: string[] = [];
  const displaced: string[] = [];
  const protocol = new Protocol({
    self: record({ joined: 1 }),
    host: {
      send: (peer, message) => sent.push({ peer, message }),
      open: (peer) => opened.push(peer),
      close: () => {},
      probe: (peer) => probed.push(peer),
      changed: () => {},
      joined: (peer) => joined.push(peer),
      refused: (peer) => refused.push(peer),
      displaced: () => displaced.push(protocol.self.addr),
    },
    random: Math.random,
    now: 0,
  });
  const deliver = (message: Message, from: string) => protocol.deliver(message, from, 0);
  return { protocol, deliver, opened, probed, sent, joined, refused, displaced };
}

/** A member that has joined it and is its neighbour. */
function neighborOf({ deliver }: ReturnType<typeof member>): MemberRecord {
  const neighbor = record();
  deliver({ type: 'join', from: neighbor, byUser: true }, neighbor.addr);
  return neighbor;
}

test('when a neighbour invents newcomers, no more are asked at once than could be true', (t) => {
  const a = member();
  const liar = neighborOf(a);
  a.opened.length = 0;
  for (let i = 0; i < 1_000; i += 1) {
    a.deliver({ type: 'forward-join', newcomer: record(), ttl: 0 }, liar.addr);
  }
  t.true(a.opened.length > 0);
  t.true(a.opened.length <= MAX_ASKED, `${a.opened.length}`);
  t.true(a.protocol.stats().asking <= MAX_ASKED);
});

test('no more members are dialled at once for another than the limit', (t) => {
  const a = member();
  const liar = neighborOf(a);
  const targets = Array.from({ length: 2 * MAX_PROBES_ASKED }, () => record());
  a.deliver({ type: 'gossip', records: targets }, liar.addr);
  for (const target of targets) a.deliver({ type: 'probe-request', target }, liar.addr);
  t.is(a.probed.length, MAX_PROBES_ASKED);
  // The end of one dial makes room for another.
  a.protocol.probed(targets[0]?.addr ?? '', 'alive', 0);
  for (const target of targets) a.deliver({ type: 'probe-request', target }, liar.addr);
  t.is(a.probed.length, MAX_PROBES_ASKED + 1);
});

test('two daemons that have our name are probed one after the other', (t) => {
  const a = member();
  const other = neighborOf(a);
  const { name } = a.protocol.self;
  const [ended, running] = [record({ name, joined: 2 }), record({ name, joined: 3 })];
  const tell = (namesake: MemberRecord) =>
    a.deliver({ type: 'notice', record: namesake }, other.addr);
  tell(ended);
  tell(running);
  t.deepEqual(a.probed, [ended.addr]);
  a.protocol.probed(ended.addr, 'refused', 0);
  t.is(a.protocol.self.incarnation, 1);
  tell({ ...running, incarnation: 1 });
  t.deepEqual(a.probed, [ended.addr, running.addr]);
  a.protocol.probed(running.addr, 'alive', 0);
  t.is(a.displaced.length, 1);
  // From then on it is alone, also for those that have not heard of it.
  for (const from of [other, record()]) {
    a.deliver({ type: 'neighbor', from, priority: 'high', digest: 0 }, from.addr);
    a.deliver({ type: 'join', from, byUser: false }, from.addr);
  }
  t.is(a.protocol.size, 1);
});

test('a member whose incarnation is the highest can leave, and join again', (t) => {
  const a = member();
  const liar = neighborOf(a);
  const claim = { ...a.protocol.self, state: 'failed', incarnation: MAX_INCARNATION - 1 } as const;
  a.deliver({ type: 'notice', record: claim }, liar.addr);
  t.is(a.protocol.self.incarnation, MAX_INCARNATION);
  a.protocol.leave(0);
  t.notThrows(() => parseRecord(a.protocol.self));
});

test('a peer that was asked to join when we left, and those that heard of it, do not bring us back', (t) => {
  const a = member();
  const [asked, another] = [record(), record()];
  a.protocol.join(asked.addr, true, 0);
  a.protocol.leave(0);
  const types = a.sent.flatMap(({ peer, message }) => (peer === asked.addr ? message.type : []));
  t.deepEqual(types, ['join', 'gossip', 'disconnect']);
  a.deliver({ type: 'welcome', from: asked }, asked.addr);
  a.deliver({ type: 'neighbor', from: another, priority: 'high', digest: 0 }, another.addr);
  t.is(a.protocol.size, 1);
  t.deepEqual(a.sent.at(-1), {
    peer: another.addr,
    message: { type: 'neighbor-reply', accepted: false, digest: a.protocol.digest },
  });
  // Until somebody joins us.
  a.deliver({ type: 'join', from: asked, byUser: true }, asked.addr);
  a.deliver({ type: 'neighbor', from: another, priority: 'high', digest: 0 }, another.addr);
  t.is(a.protocol.size, 3);
});

test('a member that took us for failed when we left is told so when it dials again, and dials no more', (t) => {
  const [a, b] = [member(), member()];
  const [first, second] = [a.protocol.self, b.protocol.self];
  neighborOf(a);
  a.protocol.leave(0);
  a.deliver({ type: 'join', from: second, byUser: false }, second.addr);
  t.is(a.protocol.size, 1);
  const told = a.sent.at(-1);
  if (told?.message.type !== 'notice') return t.fail();
  t.is(told.peer, second.addr);
  const neighbor = neighborOf(b);
  for (const state of ['alive', 'failed'] as const) {
    b.deliver({ type: 'gossip', records: [{ ...first, state }] }, neighbor.addr);
  }
  b.deliver(told.message, first.addr);
  t.is(b.protocol.status(first.name)?.record.state, 'left');
});

test('a member of the network that we left, which has come into our present one, is not a stranger', (t) => {
  const a = member();
  const old = neighborOf(a);
  a.protocol.leave(0);
  const neighbor = neighborOf(a);
  const farewells = () =>
    a.sent.filter(({ peer, message }) => peer === old.addr && message.type === 'notice').length;
  a.deliver({ type: 'join', from: old, byUser: false }, old.addr);
  t.is(farewells(), 1);
  for (const state of ['alive', 'failed'] as const) {
    a.deliver({ type: 'gossip', records: [{ ...old, state, incarnation: 1 }] }, neighbor.addr);
  }
  // It was split off, and dials us again.
  a.deliver({ type: 'join', from: { ...old, incarnation: 2 }, byUser: false }, old.addr);
  t.is(farewells(), 1);
  t.is(a.protocol.get(old.name)?.incarnation, 2);
});

test('members of each of several networks that we have left are told, in whatever order', (t) => {
  const a = member();
  const first = neighborOf(a);
  a.protocol.leave(0);
  a.protocol.leave(0);
  const other = neighborOf(a);
  a.protocol.leave(0);
  neighborOf(a);
  for (const old of [first, other, first]) {
    a.deliver({ type: 'join', from: old, byUser: false }, old.addr);
    t.like(a.sent.at(-1), { peer: old.addr, message: { type: 'notice' } });
    t.is(a.protocol.size, 2);
  }
});

test('a join that no user wants is refused by a member that has left; a user’s join is not', (t) => {
  const [a, b] = [member(), member()];
  const left: MemberRecord = { ...b.protocol.self, state: 'left' };
  for (const byUser of [true, false]) {
    a.protocol.join(left.addr, byUser, 0);
    a.deliver({ type: 'notice', record: left }, record().addr);
    t.deepEqual(a.refused, []);
    a.deliver({ type: 'notice', record: left }, left.addr);
    t.deepEqual(a.refused, byUser ? [] : [left.addr]);
  }
  t.is(a.protocol.stats().joining, 0);
});

test('a member with many probes of its own still dials for others', (t) => {
  const a = member();
  const lost = Array.from({ length: MAX_PROBES_ASKED }, () => neighborOf(a));
  for (const { addr } of lost) a.protocol.linkDown(addr, 'silent', 0);
  t.is(a.probed.length, MAX_PROBES_ASKED);
  const [target, neighbor] = [neighborOf(a), neighborOf(a)];
  a.deliver({ type: 'probe-request', target }, neighbor.addr);
  t.true(a.probed.includes(target.addr));
});

test('a join is done when the other is listed, which may have to refute something first', (t) => {
  const a = member();
  const neighbor = neighborOf(a);
  const other = record();
  for (const state of ['alive', 'left'] as const) {
    a.deliver({ type: 'gossip', records: [{ ...other, state }] }, neighbor.addr);
  }
  a.protocol.join(other.addr, true, 0);
  a.deliver({ type: 'welcome', from: other }, other.addr);
  a.deliver({ type: 'compared' }, other.addr);
  t.deepEqual(a.joined, []);
  a.deliver({ type: 'gossip', records: [{ ...other, incarnation: 1 }] }, other.addr);
  a.protocol.tick(REFUTE_PAUSE_MS);
  a.protocol.deliver({ type: 'compared' }, other.addr, REFUTE_PAUSE_MS);
  t.deepEqual(a.joined, [other.addr]);
});
