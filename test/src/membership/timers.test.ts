import test from 'ava';
import fc from 'fast-check';
import { Timers } from '../../../src/membership/timers.js';

test('timers run in the order of their times, and of being set; cancelled ones never', (t) => {
  const delays = fc.array(fc.tuple(fc.nat(50), fc.boolean()), { maxLength: 60 });
  fc.assert(
    fc.property(delays, (items) => {
      const timers = new Timers();
      const ran: number[] = [];
      const set = items.map(([time, kept], index) => ({
        kept,
        time,
        index,
        timer: timers.at(time, () => ran.push(index)),
      }));
      for (const { kept, timer } of set) if (!kept) timer.cancel();
      const wanted = set
        .filter(({ kept }) => kept)
        .sort((a, b) => a.time - b.time || a.index - b.index);
      t.is(timers.size, wanted.length);
      t.is(timers.next, wanted[0]?.time ?? Number.POSITIVE_INFINITY);
      timers.run(25);
      t.deepEqual(
        ran,
        wanted.filter(({ time }) => time <= 25).map(({ index }) => index),
      );
      timers.run(50);
      t.deepEqual(
        ran,
        wanted.map(({ index }) => index),
      );
      t.is(timers.size, 0);
    }),
  );
});

test('what a timer sets for now runs in the same go', (t) => {
  const timers = new Timers();
  const ran: string[] = [];
  timers.at(1, () => {
    ran.push('first');
    timers.at(1, () => ran.push('second'));
  });
  timers.run(1);
  t.deepEqual(ran, ['first', 'second']);
});
