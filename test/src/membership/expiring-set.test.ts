import test from 'ava';
import { Clock } from '../../../src/membership/clock.js';
import { ExpiringSet } from '../../../src/membership/expiring-set.js';

test('a key is remembered for a while after it was added last, unless it is deleted', (t) => {
  const clock = new Clock(0);
  const set = new ExpiringSet<string>(clock, 10);
  set.add('once');
  set.add('again');
  set.add('deleted');
  set.delete('deleted');
  t.false(set.has('deleted'));
  clock.now = 9;
  set.add('again');
  t.true(set.has('once'));
  clock.now = 10;
  set.add('later');
  t.false(set.has('once'));
  t.true(set.has('again'));
  clock.now = 19;
  t.false(set.has('again'));
  t.true(set.has('later'));
});
