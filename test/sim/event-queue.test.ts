import test from 'ava';
import fc from 'fast-check';
import { EventQueue } from './event-queue.js';

test('events happen in the order of their times, then in that of their scheduling', (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 100_000 })), (times) => {
      const queue = new EventQueue();
      const happened: { time: number; index: number }[] = [];
      for (const [index, time] of times.entries()) {
        queue.at(time, () => {
          t.is(queue.now, time);
          happened.push({ time, index });
        });
      }
      queue.runTo(100_000);
      const sorted = happened.toSorted((a, b) => a.time - b.time || a.index - b.index);
      t.deepEqual(happened, sorted);
      t.is(happened.length, times.length);
    }),
    { numRuns: 20 },
  );
});

test('an event that is scheduled for the present moment happens in it, after the others', (t) => {
  const queue = new EventQueue();
  const happened: string[] = [];
  queue.at(5, () => {
    happened.push('first');
    queue.at(5, () => happened.push('third'));
  });
  queue.at(5, () => happened.push('second'));
  queue.runTo(5);
  t.deepEqual(happened, ['first', 'second', 'third']);
});

test('a run ends as soon as it is done, or at its limit', (t) => {
  const queue = new EventQueue();
  let count = 0;
  for (let time = 1; time <= 10; time += 1) queue.at(time, () => (count += 1));
  t.true(queue.runUntil(() => count === 3, 100));
  t.is(queue.now, 3);
  t.false(queue.runUntil(() => count === 11, 100));
  t.is(queue.now, 100);
});
