import test from 'ava';
import fc from 'fast-check';
import { assertAtRest, assertNobodyWronged, checked } from './invariants.js';
import type { SimulatedMember } from './simulated-member.js';
import type { Simulation } from './simulation.js';

const MEMBERS = 12;

/** Of these at least so many are left alone. */
const UNHARMED = 4;

const ACTIONS = [
  'join',
  'crash',
  'power off',
  'leave',
  'rename',
  'move',
  'cut',
  'mend',
  'freeze',
  'thaw',
] as const;

const step = fc.record({
  action: fc.constantFrom(...ACTIONS),
  /** Milliseconds until the next. */
  wait: fc.oneof(fc.constant(0), fc.nat({ max: 100 }), fc.nat({ max: 10_000 })),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

test('whatever happens, in the end the living list each other, and nobody was wronged', (t) => {
  const seed = Number(process.env.CIRCUIT_SEED ?? 1);
  fc.assert(
    fc.property(fc.nat(), fc.array(step, { maxLength: 25 }), (seed, steps) => {
      const simulation = checked(seed);
      simulation.build(MEMBERS);
      for (const { action, wait } of steps) {
        act(simulation, action);
        simulation.queue.runTo(simulation.now + wait);
      }
      calm(simulation);
      const label = `seed ${seed}`;
      assertAtRest(t, simulation, label);
      assertNobodyWronged(t, simulation, label);
    }),
    { seed, numRuns: Number(process.env.CIRCUIT_RUNS ?? 10) },
  );
});

function act(simulation: Simulation, action: Step['action']): void {
  const { living, network, random } = simulation;
  const healthy = living.filter((member) => member.healthy);
  const frozen = living.filter(({ endpoint }) => endpoint.state === 'frozen');
  const victim = healthy.length > UNHARMED ? random.pick(healthy) : undefined;
  switch (action) {
    case 'join':
      simulation.startAndJoin();
      return;
    case 'crash':
      if (victim) simulation.crash(victim);
      return;
    case 'power off':
      if (victim) simulation.powerOff(victim);
      return;
    case 'leave':
      if (victim) simulation.leave(victim);
      return;
    case 'rename':
      // Another daemon starts where one has ended.
      if (victim) simulation.crash(victim);
      if (victim) simulation.startAndJoin({ authority: authorityOf(victim) });
      return;
    case 'move':
      // The same daemon starts elsewhere.
      if (victim) simulation.crash(victim);
      if (victim) simulation.startAndJoin({ name: victim.name }).member.healthy = false;
      return;
    case 'cut': {
      const [left, right] = random.sample(healthy, 2);
      if (left && right) network.cut(left.endpoint, right.endpoint);
      return;
    }
    case 'mend':
      network.mendAll();
      return;
    case 'freeze':
      if (victim) simulation.freeze(victim);
      return;
    case 'thaw':
      for (const member of frozen) simulation.thaw(member);
      return;
    default:
      action satisfies never;
  }
}

/** Everything is mended, those whose join has failed try again, and all have some minutes. */
function calm(simulation: Simulation): void {
  simulation.network.mendAll();
  for (const { endpoint } of simulation.living) {
    if (endpoint.state === 'frozen') act(simulation, 'thaw');
  }
  const [contact] = simulation.living.filter(({ healthy }) => healthy);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    simulation.queue.runTo(simulation.now + 20_000);
    for (const member of simulation.members.slice(MEMBERS)) {
      if (contact && member.endpoint.lives && member.joins.size === 0) {
        simulation.join(member, contact);
      }
    }
  }
  simulation.queue.runTo(simulation.now + 5 * 60_000);
}

function authorityOf({ address }: SimulatedMember): string {
  return address.split('/')[2] ?? '';
}
