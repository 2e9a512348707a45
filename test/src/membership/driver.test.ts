import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { Address, newMemberName, newSecret } from '../../../src/base/address.js';
import { MAX_RECORDS } from '../../../src/membership/parameters.js';
import { addressOf, allList, Network, namesOf } from './network.js';

test('when a join returns, both members know both networks, and soon all members do', async (t) => {
  const network = new Network(t);
  const [a, b, c, d] = [network.member(), network.member(), network.member(), network.member()];
  await a.join(addressOf(b));
  await c.join(addressOf(d));
  await b.join(addressOf(c));
  for (const member of [b, c]) t.is(namesOf(member).length, 4);
  await allList([a, b, c, d]);
  t.pass();
});

test('many joins at the same moment end in one network', async (t) => {
  const network = new Network(t);
  const members = Array.from({ length: 12 }, () => network.member());
  await Promise.all(
    members.map((member, i) => member.join(addressOf(members[(i + 1) % 12] ?? member))),
  );
  await allList(members);
  for (const { views } of members.map((member) => ({ views: member.views() }))) {
    t.true(views.active.length > 0 && views.active.length <= 5);
  }
});

test('joining oneself or a present member changes nothing, and no event is told', async (t) => {
  const network = new Network(t);
  const [a, b] = [network.member(), network.member()];
  await a.join(addressOf(b));
  let changes = 0;
  a.watch(() => {
    changes += 1;
  });
  await a.join(addressOf(a));
  await a.join(addressOf(b));
  await b.join(addressOf(a));
  t.is(changes, 0);
  t.is(namesOf(a).length, 2);
});

test('a join that cannot connect fails as the connection did, and leaves nothing behind', async (t) => {
  const network = new Network(t);
  const a = network.member();
  const gone = network.member();
  network.crash(gone);
  await t.throwsAsync(a.join(addressOf(gone)), { code: 'ECONNREFUSED' });
  t.deepEqual(namesOf(a), [a.self.name]);
});

test('a member that crashes leaves every roster, and each member is told once', async (t) => {
  const network = new Network(t);
  const [a, b, c] = [network.member(), network.member(), network.member()];
  await a.join(addressOf(b));
  await a.join(addressOf(c));
  await allList([a, b, c]);
  const told: string[] = [];
  a.watch(({ kind, member, state }) => told.push(`${kind} ${member.name} ${state}`));
  network.crash(c);
  await allList([a, b]);
  t.deepEqual(told, [`leave ${c.self.name} failed`]);
  t.is(a.status(c.self.name)?.record.state, 'failed');
});

test('a neighbour that was reached a moment ago is missed at once when it dies', async (t) => {
  const network = new Network(t);
  const [a, b] = [network.member(), network.member()];
  await a.join(addressOf(b));
  network.reset(a, b);
  // They have dialled each other, and are neighbours again.
  const late = network.member();
  await late.join(addressOf(b));
  await allList([a, b, late]);
  await late.leave();
  await allList([a, b]);
  const died = performance.now();
  network.crash(b);
  await allList([a]);
  t.true(performance.now() - died < 2_000);
});

test('a link that is closed while another to the same member stands is not missed', async (t) => {
  const network = new Network(t);
  const [a, b] = [network.member(), network.member()];
  await a.join(addressOf(b));
  let changes = 0;
  a.watch(() => {
    changes += 1;
  });
  network.double(a, b);
  network.hear(a, b);
  network.reset(a, b);
  await setImmediate();
  t.is(network.probes, 0);
  for (const member of [a, b]) t.is(member.views().active.length, 1);
  // The other link is held now, and its end is noticed.
  network.crash(b);
  await allList([a]);
  t.true(network.probes > 0);
  t.is(changes, 1);
});

test('a message that was lost with a link starts a probe, although another link to the member stands', async (t) => {
  const network = new Network(t);
  const [a, b] = [network.member(), network.member()];
  await a.join(addressOf(b));
  network.double(a, b);
  network.reset(a, b);
  await setImmediate();
  t.true(network.probes > 0);
  await allList([a, b]);
});

test('a member that was taken for failed comes back by itself when it reaches another', async (t) => {
  const network = new Network(t);
  const [a, b, c] = [network.member(), network.member(), network.member()];
  await a.join(addressOf(b));
  await a.join(addressOf(c));
  await allList([a, b, c]);
  network.crash(c);
  await allList([a, b]);
  network.revive(c);
  await c.join(addressOf(a));
  await allList([a, b, c]);
  t.true(c.self.incarnation > 0);
});

test('a daemon that comes back under its name at a new address leaves and joins anew', async (t) => {
  const network = new Network(t);
  const [a, b] = [network.member(), network.member()];
  await a.join(addressOf(b));
  const told: string[] = [];
  a.watch(({ kind, member }) => told.push(`${kind} ${member.addr}`));
  network.crash(b);
  const again = network.member({ name: b.self.name, joined: 1 });
  await again.join(addressOf(a));
  t.deepEqual(told, [`leave ${b.self.addr}`, `join ${again.self.addr}`]);
  await allList([a, again]);
});

test('when two daemons have one name, the one that was started first goes on alone', async (t) => {
  const network = new Network(t);
  const [a, b] = [network.member(), network.member()];
  await a.join(addressOf(b));
  const second = network.member({ name: b.self.name, joined: 1 });
  const displaced = new Promise<void>((resolve) => {
    b.watch(({ kind }) => {
      if (kind === 'leave') resolve();
    });
  });
  await second.join(addressOf(a));
  await displaced;
  await allList([a, second]);
  t.deepEqual(network.displaced, [b.self.addr]);
  t.is(a.get(b.self.name)?.addr, second.self.addr);
  t.is(namesOf(b).length, 1);
});

test('leave: the others forget the member, it hears nothing of them, a join brings it back', async (t) => {
  const network = new Network(t);
  const [a, b, c] = [network.member(), network.member(), network.member()];
  await a.join(addressOf(b));
  await a.join(addressOf(c));
  await allList([a, b, c]);
  const stale = b.self;
  await b.leave();
  t.deepEqual(namesOf(b), [b.self.name]);
  await allList([a, c]);
  t.is(a.status(b.self.name)?.record.state, 'left');
  // Late news, and a member that has not heard yet that it left.
  c.deliver({ type: 'gossip', records: [stale] }, a.self.addr);
  b.deliver({ type: 'gossip', records: [c.self] }, a.self.addr);
  b.deliver({ type: 'neighbor', from: c.self, priority: 'high', digest: 0 }, c.self.addr);
  t.is(namesOf(c).length, 2);
  t.is(namesOf(b).length, 1);
  await b.join(addressOf(c));
  await allList([a, b, c]);
});

test('a join that still connects when the member leaves is not made, and fails with ECANCELED', async (t) => {
  const network = new Network(t);
  const [a, b] = [network.member(), network.member()];
  let connected = () => {};
  network.connecting = new Promise((resolve) => {
    connected = resolve;
  });
  const joining = t.throwsAsync(a.join(addressOf(b)), { code: 'ECANCELED' });
  await a.leave();
  connected();
  await joining;
  await setImmediate();
  for (const member of [a, b]) t.is(namesOf(member).length, 1);
});

test('only a user brings back a member that has left', async (t) => {
  const network = new Network(t);
  const [a, b] = [network.member(), network.member()];
  await a.join(addressOf(b));
  await b.leave();
  await allList([a]);
  await t.throwsAsync(a.join(addressOf(b), { byUser: false }), { code: 'EPERM' });
  t.is(namesOf(b).length, 1);
  await a.join(addressOf(b));
  await allList([a, b]);
});

test('a member that ends takes part in nothing more, not even while it tells the others', async (t) => {
  const network = new Network(t);
  const [a, b] = [network.member(), network.member()];
  const closed = a.close();
  a.deliver({ type: 'join', from: b.self, byUser: true }, b.self.addr);
  await t.throwsAsync(a.join(addressOf(b)), { code: 'ECANCELED' });
  await closed;
  await setImmediate();
  for (const member of [a, b]) t.is(namesOf(member).length, 1);
});

for (const [how, message] of [
  ['leave', 'this member left its network meanwhile'],
  ['close', 'this member is shutting down'],
] as const) {
  test(`a join that waits at a ${how} of the member fails with ECANCELED: ${message}`, async (t) => {
    const network = new Network(t);
    const [a, b] = [network.member(), network.member()];
    // It takes messages, and answers none.
    const asked = new Promise<void>((resolve) => {
      Object.assign(b, { deliver: () => resolve() });
    });
    const joining = t.throwsAsync(a.join(addressOf(b)), { code: 'ECANCELED', message });
    await asked;
    await a[how]();
    await joining;
  });
}

test('a member refutes that it failed with a higher incarnation', async (t) => {
  const network = new Network(t);
  const [a, b] = [network.member(), network.member()];
  await a.join(addressOf(b));
  const refuted = { ...b.self, state: 'failed', incarnation: 7 } as const;
  a.deliver({ type: 'gossip', records: [refuted] }, b.self.addr);
  b.deliver({ type: 'notice', record: refuted }, a.self.addr);
  t.is(b.self.incarnation, 8);
  await allList([a, b]);
});

test('a message that is not of the protocol fails with EINVAL, and changes nothing', (t) => {
  const network = new Network(t);
  const a = network.member();
  const from = new Address('host', 1, 1, newSecret()).toString();
  const record = { ...a.self, name: newMemberName() };
  const records = (item: unknown) => ({ type: 'gossip', records: [item] });
  const bad = [
    undefined,
    null,
    7,
    'gossip',
    {},
    { type: 'news' },
    { type: 'toString' },
    { type: 'gossip', records: 'x' },
    records(null),
    records({ ...record, name: '../x' }),
    records({ ...record, addr: 'http://x' }),
    records({ ...record, addr: `circuit://${'x'.repeat(400)}:1/1/Q${'0'.repeat(32)}` }),
    records({ ...record, joined: 'x' }),
    records({ ...record, joined: Number.NaN }),
    records({ ...record, incarnation: -1 }),
    records({ ...record, incarnation: 0.5 }),
    records({ ...record, incarnation: Number.MAX_SAFE_INTEGER }),
    records({ ...record, state: 'dead' }),
    records({ ...record, state: 'constructor' }),
    records({ ...record, accuser: record.name }),
    { type: 'gossip', records: Array.from({ length: MAX_RECORDS + 1 }, () => record) },
    { type: 'shuffle', origin: record.name, names: [], ttl: 7, path: [], digest: 0 },
    { type: 'shuffle', origin: record.name, names: [], ttl: 2, path: [record.name], digest: 0 },
    { type: 'shuffle', origin: record, names: [], ttl: 1, path: [], digest: 0 },
    { type: 'shuffle-reply', path: Array(4).fill(record.name), names: [] },
    { type: 'compare', from: record, hashes: [1, 2] },
    { type: 'entries', buckets: [256], records: [], last: true },
    { type: 'probe-reply', target: record.name, by: record.name, verdict: 'dead' },
  ];
  for (const message of bad) t.throws(() => a.deliver(message, from), { code: 'EINVAL' });
  t.is(namesOf(a).length, 1);
});
