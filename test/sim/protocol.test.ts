import { setImmediate } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { MAX_INCARNATION } from '../../src/membership/record.js';
import { checked, faults, LOCAL, WIDE, wronged } from './invariants.js';
import type { Simulation } from './simulation.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const SEEDS = [1, 2, 3, 4];

/** A promise, kept with several seeds. */
function promise(
  title: string,
  keep: (t: ExecutionContext, simulation: Simulation, label: string) => void,
  { network = WIDE, seeds = SEEDS } = {},
): void {
  test.serial(title, async (t) => {
    for (const seed of seeds) {
      // Lets the test runner hear of the work done so far.
      await setImmediate();
      keep(t, checked(seed, network), `seed ${seed}`);
    }
  });
}

promise(
  'after a minute in which one of thirty is killed and one started each second, all are right within 15 s',
  (t, simulation, label) => {
    simulation.build(30);
    // A newcomer would be alone if its contact were killed before it has told anybody.
    const contacts = simulation.members.slice(0, 3);
    const others = () => simulation.living.filter((member) => !contacts.includes(member));
    for (let second = 0; second < 60; second += 1) {
      simulation.crash(simulation.random.pick(others()));
      simulation.join(simulation.start(), simulation.random.pick(contacts));
      wait(simulation, SECOND);
    }
    const start = simulation.now;
    wait(simulation, MINUTE);
    const { rightSince } = simulation.audit;
    t.true(
      rightSince - start <= 15 * SECOND,
      `${label}: right ${rightSince - start} ms afterwards`,
    );
    t.deepEqual(faults(simulation), [], label);
    t.deepEqual(wronged(simulation), [], label);
    for (const { endpoint, name } of simulation.living) {
      t.true(endpoint.ends.size <= 30, `${label}: ${endpoint.ends.size} connections of ${name}`);
    }
  },
);

promise(
  'when three of ten processes are killed at once, all are right within 5 s, without waiting for a suspicion',
  (t, simulation, label) => {
    simulation.build(60);
    const start = simulation.now;
    simulation.crash(...simulation.random.sample(simulation.members, 18));
    wait(simulation, MINUTE);
    const { rightSince } = simulation.audit;
    t.true(rightSince - start <= 5 * SECOND, `${label}: right after ${rightSince - start} ms`);
    t.true(simulation.connected, label);
    t.deepEqual(faults(simulation), [], label);
    t.deepEqual(wronged(simulation), [], label);
  },
);

promise(
  'a member that was suspended for a minute is a member again, and takes nobody for failed',
  (t, simulation, label) => {
    simulation.build(20);
    const member = simulation.random.pick(simulation.members);
    simulation.freeze(member);
    wait(simulation, MINUTE);
    simulation.thaw(member);
    let wronged = 0;
    const watched = simulation.audit.wrongLeaves.length;
    wait(simulation, MINUTE);
    wronged = simulation.audit.wrongLeaves.length - watched;
    t.is(wronged, 0);
    for (const other of simulation.living) {
      t.truthy(member.protocol.get(other.name), `${label}: ${other.name} is known to it`);
    }
    t.deepEqual(faults(simulation), [], label);
  },
);

promise(
  'members that were suspended together hear at once when another leaves and comes back',
  (t, simulation, label) => {
    simulation.build(10);
    const [contact, leaver, ...rest] = simulation.members;
    if (!contact || !leaver) return t.fail();
    const suspended = simulation.random.sample(rest, 3);
    for (const member of suspended) simulation.freeze(member);
    wait(simulation, 10 * SECOND);
    for (const member of suspended) simulation.thaw(member);
    wait(simulation, 1.5 * SECOND);
    const sizes = () => simulation.members.map(({ protocol }) => protocol.size);
    leaver.leave();
    wait(simulation, SECOND);
    t.deepEqual(sizes(), [9, 1, 9, 9, 9, 9, 9, 9, 9, 9], label);
    simulation.join(leaver, contact);
    wait(simulation, SECOND);
    t.deepEqual(sizes(), Array(10).fill(10), label);
  },
  // The case comes up in a few of a hundred seeds.
  { network: LOCAL, seeds: Array.from({ length: 100 }, (_, i) => i + 1) },
);

for (const [size, count] of [
  [3, 2],
  [5, 4],
  [10, 9],
] as const) {
  promise(
    `with ${count} of ${size} suspended, those that go on in time are not shown as failed`,
    (t, simulation, label) => {
      simulation.build(size);
      const suspended = simulation.random.sample(simulation.members, count);
      for (const member of suspended) simulation.freeze(member);
      wait(simulation, simulation.random.integer(5, 14) * SECOND);
      for (const member of suspended) simulation.thaw(member);
      wait(simulation, SECOND);
      for (const member of suspended) member.healthy = true;
      wait(simulation, 20 * SECOND);
      t.deepEqual(faults(simulation), [], label);
      t.deepEqual(wronged(simulation), [], label);
    },
    { network: LOCAL, seeds: Array.from({ length: 20 }, (_, i) => i + 1) },
  );
}

promise('a suspension of a second passes unnoticed', (t, simulation, label) => {
  simulation.build(20);
  for (let round = 0; round < 10; round += 1) {
    const member = simulation.random.pick(simulation.members);
    simulation.network.freeze(member.endpoint);
    wait(simulation, SECOND);
    member.resume(simulation.network.thaw(member.endpoint));
    wait(simulation, 5 * SECOND);
  }
  wait(simulation, MINUTE);
  t.deepEqual(faults(simulation), [], label);
  t.deepEqual(wronged(simulation), [], label);
});

promise('clocks that jump ahead harm nobody', (t, simulation, label) => {
  simulation.build(20);
  for (const jump of [2 * SECOND, MINUTE, 24 * 60 * MINUTE]) {
    for (const member of simulation.random.sample(simulation.members, 5)) member.jumpClock(jump);
    wait(simulation, MINUTE);
  }
  t.deepEqual(faults(simulation), [], label);
  t.deepEqual(wronged(simulation), [], label);
});

promise(
  'members between which only the path is cut remain members for all',
  (t, simulation, label) => {
    simulation.build(20);
    for (let round = 0; round < 10; round += 1) {
      const [left, right] = simulation.random.sample(simulation.members, 2);
      if (left && right) simulation.network.cut(left.endpoint, right.endpoint);
    }
    wait(simulation, 5 * MINUTE);
    t.deepEqual(faults(simulation), [], label);
    t.deepEqual(wronged(simulation), [], label);
  },
);

promise(
  'neighbours between which the path is cut find others, and remain members for all',
  (t, simulation, label) => {
    simulation.build(20);
    for (const member of simulation.members.slice(0, 5)) {
      const [neighbor] = member.protocol.views().active;
      const other = simulation.members.find(({ name }) => name === neighbor?.name);
      if (other) simulation.network.cut(member.endpoint, other.endpoint);
    }
    wait(simulation, 5 * MINUTE);
    t.deepEqual(faults(simulation), [], label);
    t.deepEqual(wronged(simulation), [], label);
    t.true(simulation.connected);
  },
);

promise(
  'when a small network is split again and again, each half knows it within 20 s, although few links led across',
  (t, simulation, label) => {
    simulation.build(10);
    const half = simulation.members.slice(0, 5);
    for (let round = 0; round < 10; round += 1) {
      const cut = simulation.now;
      simulation.split(half);
      wait(simulation, 2 * MINUTE);
      const { rightSince } = simulation.audit;
      t.true(rightSince - cut <= 20 * SECOND, `${label}: right after ${rightSince - cut} ms`);
      simulation.heal();
      wait(simulation, 15 * SECOND);
    }
    wait(simulation, MINUTE);
    t.deepEqual(faults(simulation), [], label);
    t.deepEqual(wronged(simulation), [], label);
  },
);

promise(
  'a member that loses its power together with all its neighbours is found to be gone as well',
  (t, simulation, label) => {
    simulation.build(40);
    for (let round = 0; round < 3; round += 1) {
      const member = simulation.random.pick(simulation.living);
      const { active } = member.protocol.views();
      simulation.powerOff(
        ...simulation.living.filter(
          (one) => one === member || active.some(({ name }) => name === one.name),
        ),
      );
      wait(simulation, 5 * MINUTE);
      t.true(simulation.audit.allRight, `${label}, round ${round}`);
    }
    t.deepEqual(faults(simulation), [], label);
    t.deepEqual(wronged(simulation), [], label);
  },
);

promise(
  'newcomers are found to be gone even if they end before they have a neighbour other than the one that dropped them',
  (t, simulation, label) => {
    simulation.build(30);
    const contact = simulation.random.pick(simulation.members);
    // These are more than a view holds: each newcomer displaces another.
    const newcomers = Array.from({ length: 10 }, () => simulation.start());
    for (const newcomer of newcomers) {
      simulation.join(newcomer, contact);
      wait(simulation, 0.2 * SECOND);
    }
    simulation.crash(...newcomers);
    const start = simulation.now;
    wait(simulation, MINUTE);
    const { rightSince } = simulation.audit;
    t.true(rightSince - start <= 5 * SECOND, `${label}: right after ${rightSince - start} ms`);
    t.deepEqual(faults(simulation), [], label);
    t.deepEqual(wronged(simulation), [], label);
  },
);

promise(
  'a member that leaves in order is gone for all within a second, as one that left',
  (t, simulation, label) => {
    simulation.build(30);
    const member = simulation.random.pick(simulation.members);
    const start = simulation.now;
    simulation.leave(member);
    wait(simulation, MINUTE);
    t.true(simulation.audit.rightSince - start <= SECOND, label);
    for (const other of simulation.living) {
      t.is(other.protocol.status(member.name)?.record.state, 'left', label);
    }
    t.deepEqual(faults(simulation), [], label);
    t.deepEqual(wronged(simulation), [], label);
  },
);

promise(
  'while members are restarted one after the other, none is shown as failed',
  (t, simulation, label) => {
    simulation.build(10);
    for (let round = 0; round < 30; round += 1) {
      const member = simulation.random.pick(simulation.living);
      // A daemon takes so long to end after it has said so.
      simulation.leave(member, 150);
      wait(simulation, 100);
      const contact = simulation.random.pick(simulation.living.filter((one) => one !== member));
      simulation.join(simulation.start(), contact);
      wait(simulation, 300);
      for (const other of simulation.living) {
        const known = other.protocol.status(member.name);
        t.not(known?.record.state, 'failed', `${label}, round ${round}`);
      }
    }
    wait(simulation, MINUTE);
    t.deepEqual(faults(simulation), [], label);
    t.deepEqual(wronged(simulation), [], label);
  },
  { network: LOCAL },
);

promise('a member that left may come back', (t, simulation, label) => {
  simulation.build(20);
  const member = simulation.random.pick(simulation.members);
  member.healthy = false;
  member.leave();
  wait(simulation, 10 * SECOND);
  t.is(member.protocol.size, 1, label);
  const contact = simulation.random.pick(simulation.members.filter((one) => one !== member));
  simulation.join(member, contact);
  wait(simulation, MINUTE);
  t.deepEqual(faults(simulation), [], label);
});

promise(
  'a member for which nobody has room looks for a neighbour only from time to time',
  (t, simulation, label) => {
    // An odd number of members cannot have five links each.
    simulation.build(61);
    const before = simulation.members.map(({ endpoint }) => endpoint.sent);
    wait(simulation, 5 * MINUTE);
    for (const [index, { endpoint, name }] of simulation.members.entries()) {
      const rate = (endpoint.sent - (before[index] ?? 0)) / (5 * 60);
      t.true(rate < 3, `${label}: ${name} sends ${rate} messages a second`);
    }
  },
);

promise(
  'the only other member is not dialled all the time when its daemon has ended',
  (t, simulation, label) => {
    simulation.build(2);
    const [ending, other] = simulation.members;
    if (!ending || !other) return t.fail();
    simulation.crash(ending);
    const before = other.endpoint.dials;
    wait(simulation, SECOND);
    t.is(other.protocol.size, 1, label);
    const dials = other.endpoint.dials - before;
    t.true(dials <= 3, `${label}: ${dials} dials`);
  },
  { network: LOCAL },
);

promise(
  'a member that loses all others at once does not ask them all at once to be neighbours',
  (t, simulation, label) => {
    simulation.build(60);
    const asked = () => simulation.network.counts.get('neighbor') ?? 0;
    simulation.crash(...simulation.members.slice(1));
    const before = asked();
    wait(simulation, SECOND);
    t.true(asked() - before <= 12, `${label}: ${asked() - before} were asked`);
  },
  { network: LOCAL },
);

promise(
  'two networks become one when a member of one joins one of the other',
  (t, simulation, label) => {
    const parts = [0, 1].map(() => {
      const first = simulation.start();
      const rest = Array.from({ length: 14 }, () => simulation.start());
      for (const member of rest) {
        simulation.join(member, first);
        wait(simulation, 50);
      }
      return first;
    });
    wait(simulation, MINUTE);
    t.deepEqual(faults(simulation), [], label);
    const [left, right] = parts;
    if (left && right) simulation.join(left, right);
    wait(simulation, MINUTE);
    t.is(simulation.living[0]?.protocol.size, 30);
    t.deepEqual(faults(simulation), [], label);
    t.deepEqual(wronged(simulation), [], label);
  },
);

promise(
  'joining a member, or oneself by another’s answer, changes nothing',
  (t, simulation, label) => {
    simulation.build(10);
    const [one, other] = simulation.random.sample(simulation.members, 2);
    if (one && other) simulation.join(one, other);
    wait(simulation, MINUTE);
    t.deepEqual(faults(simulation), [], label);
    t.deepEqual(wronged(simulation), [], label);
  },
);

promise(
  'a daemon restarted under its name, at another address, is one member',
  (t, simulation, label) => {
    simulation.build(20);
    const { name } = simulation.crash(simulation.random.pick(simulation.members))[0] ?? {};
    wait(simulation, SECOND);
    const { member: again } = simulation.startAndJoin(name === undefined ? {} : { name });
    again.healthy = false;
    wait(simulation, 2 * MINUTE);
    t.deepEqual(faults(simulation), [], label);
    for (const { protocol } of simulation.living) {
      t.is(protocol.get(again.name)?.addr, again.address, label);
    }
    t.deepEqual(wronged(simulation), [], label);
  },
);

promise(
  'a daemon that was restarted before anybody noticed, under another name at the same port, replaces the first',
  (t, simulation, label) => {
    simulation.build(20);
    const [old] = simulation.crash(simulation.random.pick(simulation.members));
    const authority = old?.address.split('/')[2];
    const { member: again } = simulation.startAndJoin(authority === undefined ? {} : { authority });
    t.is(again.address.split('/')[2], authority);
    wait(simulation, MINUTE);
    t.deepEqual(faults(simulation), [], label);
    t.deepEqual(wronged(simulation), [], label);
  },
);

promise(
  'when two daemons have the same name, the one that started later remains',
  (t, simulation, label) => {
    simulation.build(20);
    const first = simulation.random.pick(simulation.members);
    first.healthy = false;
    const { member: second } = simulation.startAndJoin({ name: first.name });
    second.healthy = false;
    wait(simulation, 2 * MINUTE);
    t.true(first.wasDisplaced, label);
    t.false(second.wasDisplaced, label);
    for (const { protocol } of simulation.living) {
      if (protocol !== first.protocol) t.is(protocol.get(first.name)?.addr, second.address, label);
    }
    t.deepEqual(wronged(simulation), [], label);
  },
);

promise('a member that says of a healthy one that it failed is refuted', (t, simulation, label) => {
  simulation.build(20);
  const [liar, victim] = simulation.random.sample(simulation.members, 2);
  if (!liar || !victim) throw new Error('too few members');
  for (const state of ['suspect', 'failed', 'left'] as const) {
    victim.healthy = false;
    const { incarnation } = victim.protocol.self;
    const records = [{ ...victim.protocol.self, incarnation: incarnation + 1_000, state }];
    for (const { addr } of liar.protocol.views().active) {
      liar.send(addr, { type: 'gossip', records });
      for (const record of records) liar.send(addr, { type: 'notice', record });
    }
    wait(simulation, MINUTE);
    t.deepEqual(faults(simulation), [], `${label}, ${state}`);
  }
  t.deepEqual(wronged(simulation), [], label);
});

promise(
  'a member that is said to have failed at the highest incarnation cannot refute that, but comes back under another name, and nobody else is harmed',
  (t, simulation, label) => {
    simulation.build(20);
    const [liar, victim] = simulation.random.sample(simulation.members, 2);
    if (!liar || !victim) throw new Error('too few members');
    victim.healthy = false;
    const { self } = victim.protocol;
    const records = [{ ...self, incarnation: MAX_INCARNATION, state: 'failed' as const }];
    for (const { addr } of liar.protocol.views().active)
      liar.send(addr, { type: 'gossip', records });
    wait(simulation, MINUTE);
    for (const { name, protocol } of simulation.living) {
      if (name !== victim.name) t.is(protocol.get(victim.name), undefined, `${label}: ${name}`);
    }
    simulation.crash(victim);
    const [, , authority] = victim.address.split('/');
    simulation.startAndJoin(authority === undefined ? {} : { authority });
    wait(simulation, MINUTE);
    t.deepEqual(faults(simulation), [], label);
    t.deepEqual(wronged(simulation), [], label);
  },
);

promise(
  'a member that does not exist is believed in only until it is found silent',
  (t, simulation, label) => {
    simulation.build(20);
    const liar = simulation.random.pick(simulation.members);
    const { self } = liar.protocol;
    const addr = `circuit://10.255.0.1:1/1/Q${'0'.repeat(32)}`;
    const name = simulation.newName();
    const records = [{ ...self, name, addr, incarnation: 0 }];
    for (const peer of liar.protocol.views().active)
      liar.send(peer.addr, { type: 'gossip', records });
    wait(simulation, SECOND);
    const other = simulation.members.find((member) => member !== liar);
    t.is(other?.protocol.size, 21, label);
    wait(simulation, 10 * MINUTE);
    t.deepEqual(wronged(simulation), [], label);
    const believing = simulation.living.filter(({ protocol }) => protocol.get(name));
    t.is(believing.length, 0, label);
  },
);

function wait(simulation: Simulation, milliseconds: number): void {
  simulation.queue.runTo(simulation.now + milliseconds);
}
