import test from 'ava';
import fc from 'fast-check';
import { checked, faults, wronged } from './invariants.js';
import type { SimulatedMember } from './simulated-member.js';
import type { Simulation } from './simulation.js';

const MEMBERS = 12;

/** At least so many members are left alone. */
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
  /** Milliseconds until the next step. */
  wait: fc.oneof(fc.constant(0), fc.nat({ max: 100 }), fc.nat({ max: 10_000 })),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** `CIRCUIT_SIM_SEED` and `CIRCUIT_SIM_RUNS` try other schedules, or more. */
const { CIRCUIT_SIM_SEED = '1', CIRCUIT_SIM_RUNS = '10' } = process.env;

// fast-check prints a failure, shrunk, with the seed and the steps to replay it.
test('whatever happens, in the end the living list each other, and nobody was wrongly shown as gone', (t) => {
  const property = fc.property(fc.nat(), fc.array(step, { maxLength: 25 }), (seed, steps) => {
    const simulation = checked(seed);
    simulation.build(MEMBERS);
    for (const { action, wait } of steps) {
      act(simulation, action);
      simulation.queue.runTo(simulation.now + wait);
    }
    calm(simulation);
    const found = [...faults(simulation), ...wronged(simulation)];
    if (found.length > 0) throw new Error(found.join('\n'));
  });
  t.notThrows(() =>
    fc.assert(property, {
      seed: Number(CIRCUIT_SIM_SEED),
      numRuns: Number(CIRCUIT_SIM_RUNS),
      includeErrorInReport: true,
    }),
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

/**
 * Mends everything, joins those again that had joined a member that went, and waits some minutes.
 */
function calm(simulation: Simulation): void {
  simulation.network.mendAll();
  act(simulation, 'thaw');
  const [contact] = simulation.living.filter(({ healthy }) => healthy);
  if (!contact) throw new Error('nobody was left alone');
  for (let attempt = 0; attempt < 3; attempt += 1) {
    simulation.queue.runTo(simulation.now + 20_000);
    const parted = simulation.living.filter(({ name }) => !contact.protocol.get(name));
    for (const member of parted.filter((member) => simulation.members.indexOf(member) >= MEMBERS)) {
      simulation.join(member, contact);
    }
  }
  simulation.queue.runTo(simulation.now + 5 * 60_000);
}

function authorityOf({ address }: SimulatedMember): string {
  return address.split('/')[2] ?? '';
}
