import test from 'ava';
import fc from 'fast-check';
import { RateLimit } from '../../../src/base/rate-limit.js';

test('a rate limit lets a burst pass, then so many a second', (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat(500), { minLength: 1, maxLength: 300 }), (steps) => {
      const limit = new RateLimit(10, 5);
      let now = 1_000;
      let passed = 0;
      for (const step of steps) {
        now += step;
        if (limit.pass(now)) passed += 1;
        t.true(passed <= 5 + ((now - 1_000) / 1000) * 10 + 1e-6);
      }
      t.true(passed >= 1);
    }),
  );
});
