import test from 'ava';
import fc from 'fast-check';
import {
  LONGEST_INTERVAL_MS,
  REDUNDANCY,
  SHORTEST_INTERVAL_MS,
  Trickle,
} from '../../../src/bootstrap/trickle.js';

/** Random numbers from a seed, so that a run can be repeated (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The times at which any of `trickles`, which all hear each other, announces until `until`. */
function run(trickles: readonly Trickle[], until: number): number[] {
  const announced: number[] = [];
  for (;;) {
    const next = trickles.reduce((a, b) => (b.deadline < a.deadline ? b : a));
    const now = next.deadline;
    if (now > until) return announced;
    if (!next.tick(now)) continue;
    announced.push(now);
    for (const other of trickles) if (other !== next) other.consistent();
  }
}

test('a lone daemon announces itself within a second, then ever less often, but at least every 48 s', (t) => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const announced = run([new Trickle(0, seeded(seed))], 600_000);
      t.true((announced[0] ?? Number.NaN) <= SHORTEST_INTERVAL_MS);
      const gaps = announced.map((time, i) => time - (announced[i - 1] ?? 0));
      t.true(gaps.every((gap) => gap <= 1.5 * LONGEST_INTERVAL_MS));
      // Five doublings take 31 s; then there is one in each of the longest intervals.
      t.true(announced.length >= 5 + Math.floor((600_000 - 31_000) / LONGEST_INTERVAL_MS));
      t.true(announced.length <= 6 + Math.ceil((600_000 - 31_000) / LONGEST_INTERVAL_MS));
    }),
  );
});

test('a network announces itself at a rate that hardly depends on its size', (t) => {
  for (const members of [10, 100, 1_000]) {
    const random = seeded(members);
    const trickles = Array.from({ length: members }, () => new Trickle(0, random));
    const anHour = 3_600_000;
    const announced = run(trickles, anHour).filter((time) => time > 60_000).length;
    const intervals = (anHour - 60_000) / LONGEST_INTERVAL_MS;
    t.true(announced >= intervals / 2, `${members}: ${announced}`);
    t.true(announced <= 4 * REDUNDANCY * intervals, `${members}: ${announced}`);
  }
});

test('a stranger brings the interval back to the shortest', (t) => {
  const trickle = new Trickle(0, seeded(1));
  const announced = run([trickle], 120_000);
  t.true(announced.length > 5);
  trickle.inconsistent(120_000);
  t.true(trickle.deadline <= 120_000 + SHORTEST_INTERVAL_MS);
  // One stranger after the other must not put off the announcement for ever.
  const { deadline } = trickle;
  trickle.inconsistent(deadline - 1);
  t.is(trickle.deadline, deadline);
  t.true(trickle.tick(deadline));
});
