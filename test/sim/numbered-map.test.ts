import test from 'ava';
import fc from 'fast-check';
import { newMemberName } from '../../src/address.js';
import { Numbering } from './numbered-map.js';

/** More than a page holds. */
const NAMES = Array.from({ length: 200 }, newMemberName);

const MAPS = 3;

const step = fc.oneof(
  fc.record({
    action: fc.constantFrom('set' as const, 'delete' as const),
    map: fc.nat({ max: MAPS - 1 }),
    name: fc.nat({ max: NAMES.length - 1 }),
    // Few, so that pages come to be equal.
    value: fc.nat({ max: 1 }),
  }),
  fc.constant({ action: 'share' as const }),
);

test('numbered maps hold what Maps would, whatever they share', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const numbering = new Numbering();
      const pairs = Array.from({ length: MAPS }, () => ({
        numbered: numbering.newMap<number>(),
        plain: new Map<string, number>(),
      }));
      for (const step of steps) {
        if (step.action === 'share') {
          numbering.share();
          continue;
        }
        const pair = pairs[step.map];
        const name = NAMES[step.name];
        if (!pair || !name) throw new Error('no such map, or name');
        if (step.action === 'set') {
          pair.numbered.set(name, step.value);
          pair.plain.set(name, step.value);
        } else {
          t.is(pair.numbered.delete(name), pair.plain.delete(name));
        }
      }
      for (const { numbered, plain } of pairs) {
        t.is(numbered.size, plain.size);
        t.deepEqual([...numbered.values()].sort(), [...plain.values()].sort());
        for (const name of NAMES) t.is(numbered.get(name), plain.get(name));
      }
    }),
    { numRuns: 50 },
  );
});
