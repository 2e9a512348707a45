import test from 'ava';
import { StreamBudget } from '../../../../src/base/stream-budget.js';
import { Slab } from '../../../../src/kinds/proc/slab.js';

test('a read that fails gives its slab back to the budget', (t) => {
  const budget = new StreamBudget();
  const { chunk } = budget;
  const fail = () => {
    throw new Error('EIO');
  };
  for (let i = 0; i < 100; i += 1) {
    const slab = Slab.take(budget);
    t.throws(() => slab?.read(1024, 0, fail), { message: 'EIO' });
    t.false(slab?.fits(1), 'it is used no more');
    t.is(budget.chunk, chunk);
  }
});

test('a read that fails leaves a slab to the readers that have bytes of it', (t) => {
  const budget = new StreamBudget();
  const slab = Slab.take(budget);
  const data = slab?.read(1024, 0, (bytes) => bytes.fill(1).length);
  const fail = () => {
    throw new Error('EIO');
  };
  t.throws(() => slab?.read(1024, 0, fail), { message: 'EIO' });
  t.true(slab?.fits(1));
  t.deepEqual(data, new Uint8Array(1024).fill(1));
  if (data) Slab.received(data);
  t.false(slab?.fits(1));
});
