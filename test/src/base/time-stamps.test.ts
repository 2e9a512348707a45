import test from 'ava';
import { TimeStamps } from '../../../src/base/time-stamps.js';

test('each time stamp is later than the one before, however soon it is made', (t) => {
  const stamps = new TimeStamps();
  let last = BigInt(Date.now() - 1) * 1_000_000n;
  for (let made = 0; made < 1_000; made += 1) {
    const stamp = stamps.next();
    t.true(stamp > last);
    last = stamp;
  }
});
