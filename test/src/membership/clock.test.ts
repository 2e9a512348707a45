import test from 'ava';
import fc from 'fast-check';
import { Clock } from '../../../src/membership/clock.js';

function runTo(clock: Clock, time: number): void {
  clock.now = time;
  clock.run();
}

test('timers run in the order of their times, then in that in which they were set; cancelled ones never', (t) => {
  const delays = fc.array(fc.tuple(fc.nat(50), fc.boolean()), { maxLength: 60 });
  fc.assert(
    fc.property(delays, (items) => {
      const clock = new Clock(0);
      const ran: number[] = [];
      const set = items.map(([time, kept], index) => ({
        kept,
        time,
        index,
        timer: clock.at(time, () => ran.push(index)),
      }));
      for (const { kept, timer } of set) if (!kept) timer.cancel();
      const wanted = set
        .filter(({ kept }) => kept)
        .sort((a, b) => a.time - b.time || a.index - b.index);
      t.is(clock.size, wanted.length);
      t.is(clock.next, wanted[0]?.time ?? Number.POSITIVE_INFINITY);
      runTo(clock, 25);
      t.deepEqual(
        ran,
        wanted.filter(({ time }) => time <= 25).map(({ index }) => index),
      );
      runTo(clock, 50);
      t.deepEqual(
        ran,
        wanted.map(({ index }) => index),
      );
      t.is(clock.size, 0);
    }),
  );
});

test('a timer that another one sets for now runs at once', (t) => {
  const clock = new Clock(0);
  const ran: string[] = [];
  clock.at(1, () => {
    ran.push('first');
    clock.at(1, () => ran.push('second'));
  });
  runTo(clock, 1);
  t.deepEqual(ran, ['first', 'second']);
});
