import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { checked } from './invariants.js';
import { SCENARIOS } from './scenarios.js';

const LINK = { latency: { min: 1, max: 50 }, loss: 0.01 };

for (const { name, run } of SCENARIOS) {
  test.serial(`the goals are met by forty members: ${name}`, async (t) => {
    for (let seed = 1; seed <= 2; seed += 1) {
      // Lets the test runner hear of the work done so far.
      await setImmediate();
      for (const { what, value, goal } of run(40, { seed, ...LINK, copies: false, strict: true })) {
        if (goal === undefined) continue;
        t.true(value <= goal, `seed ${seed}: ${what}: ${value}, and should be at most ${goal}`);
      }
    }
  });
}

test.serial('the same seed gives the same run, and another seed another run', (t) => {
  const fingerprint = (seed: number) => {
    const simulation = checked(seed);
    simulation.build(20);
    simulation.crash(simulation.random.pick(simulation.members));
    simulation.queue.runTo(simulation.now + 60_000);
    return simulation.network.fingerprint;
  };
  t.is(fingerprint(1), fingerprint(1));
  t.not(fingerprint(1), fingerprint(2));
});
