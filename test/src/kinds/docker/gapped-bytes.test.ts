import test from 'ava';
import fc from 'fast-check';
import { GappedBytes } from '../../../../src/kinds/docker/gapped-bytes.js';

/** Bytes to push, or a gap. */
const part = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 5 }), fc.constant('gap' as const));

test('bytes come in order, and each gap in its place, whatever is put back between', (t) => {
  fc.assert(
    fc.property(fc.array(part), fc.array(fc.nat(4)), (parts, returned) => {
      const queue = new GappedBytes();
      for (const each of parts) each === 'gap' ? queue.addGap() : queue.push(each.slice());
      const got: (number | 'gap')[] = [];
      while (queue.length > 0 || queue.atGap) {
        if (queue.atGap) {
          queue.passGap();
          got.push('gap');
          continue;
        }
        const bytes = queue.take(3);
        const kept = Math.max(0, bytes.length - (returned.pop() ?? 0));
        queue.delivered(kept);
        queue.unshift(bytes.subarray(kept));
        got.push(...bytes.subarray(0, kept));
      }
      const wanted = parts.flatMap((each, i) => (each === parts[i - 1] ? [] : marked(each)));
      t.deepEqual(got, wanted);
    }),
  );
});

const marked = (each: Uint8Array | 'gap'): (number | 'gap')[] =>
  each === 'gap' ? [each] : [...each];

test('a gap that was told is told again where bytes before it are put back', (t) => {
  const queue = new GappedBytes();
  queue.push(Uint8Array.of(1, 2));
  queue.addGap();
  queue.push(Uint8Array.of(3));
  t.deepEqual([...queue.take(10)], [1, 2]);
  t.true(queue.atGap);
  queue.passGap();
  t.deepEqual([...queue.take(10)], [3]);
  queue.unshift(Uint8Array.of(3));
  t.false(queue.atGap);
  queue.unshift(Uint8Array.of(2));
  t.deepEqual([...queue.take(10)], [2]);
  t.true(queue.atGap);
});

test('a gap of which a reader was not told stays at the front, whatever was delivered before it', (t) => {
  const queue = new GappedBytes();
  for (const byte of [1, 2, 3]) {
    queue.push(Uint8Array.of(byte));
    queue.addGap();
    t.deepEqual([...queue.take(10)], [byte]);
    queue.delivered(1);
    t.true(queue.atGap);
    queue.passGap();
    t.false(queue.atGap);
    queue.untellGap();
    t.true(queue.atGap);
    queue.passGap();
  }
});
