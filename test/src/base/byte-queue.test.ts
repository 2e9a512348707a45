import test from 'ava';
import fc from 'fast-check';
import { ByteQueue } from '../../../src/base/byte-queue.js';

test('bytes come out in the order in which they went in, each once, in pieces of any size', (t) => {
  const step = fc.oneof(
    fc.record({ push: fc.uint8Array({ maxLength: 9 }) }),
    fc.record({ take: fc.nat(9), back: fc.boolean() }),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const queue = new ByteQueue();
      let expected: number[] = [];
      for (const what of steps) {
        if ('push' in what) {
          queue.push(what.push);
          expected.push(...what.push);
        } else {
          const taken = queue.take(what.take);
          t.deepEqual([...taken], expected.slice(0, taken.length));
          t.true(taken.length <= what.take);
          t.true(taken.length > 0 || what.take === 0 || expected.length === 0);
          if (what.back) queue.unshift(taken);
          else expected = expected.slice(taken.length);
        }
        t.is(queue.length, expected.length);
      }
    }),
  );
});

test('it copies nothing', (t) => {
  const queue = new ByteQueue();
  const bytes = new Uint8Array(10);
  queue.push(bytes);
  t.is(queue.take(4).buffer, bytes.buffer);
  t.is(queue.take(6).byteOffset, 4);
});

test('when it is cleared nothing waits', (t) => {
  const queue = new ByteQueue();
  queue.push(new Uint8Array(10));
  queue.clear();
  t.is(queue.length, 0);
  t.is(queue.take(10).length, 0);
});
