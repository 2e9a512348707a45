import test from 'ava';
import fc from 'fast-check';
import { newMemberName } from '../../src/base/address.js';
import { Numbering } from './numbered-map.js';

const NAMES = Array.from({ length: 5 }, newMemberName);

const step = fc.record({
  action: fc.constantFrom('set', 'delete', 'share'),
  map: fc.nat({ max: 2 }),
  name: fc.constantFrom(...NAMES),
  value: fc.nat({ max: 2 }),
});

test('numbered maps hold the same as Maps, whatever they share', (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.constantFrom(...NAMES)), fc.array(step), (known, steps) => {
      const numbering = new Numbering();
      const pairs = Array.from({ length: 3 }, () => ({
        numbered: numbering.newMap<number>(),
        plain: new Map<string, number>(),
      }));
      // As when a network is built: all begin with the same entries.
      for (const { numbered, plain } of pairs) {
        for (const map of [numbered, plain]) for (const name of known) map.set(name, 0);
      }
      numbering.share();
      for (const { action, map, name, value } of steps) {
        const pair = pairs[map];
        if (action === 'share') numbering.share();
        else if (action === 'delete') t.is(pair?.numbered.delete(name), pair?.plain.delete(name));
        else for (const one of [pair?.numbered, pair?.plain]) one?.set(name, value);
      }
      for (const { numbered, plain } of pairs) {
        t.is(numbered.size, plain.size);
        t.deepEqual([...numbered.values()].sort(), [...plain.values()].sort());
        for (const name of NAMES) t.is(numbered.get(name), plain.get(name));
      }
    }),
  );
});
