import test from 'ava';
import { EvictingMap } from '../../../src/base/evicting-map.js';

test('the entries that were set longest ago are evicted, and told', (t) => {
  const evicted: string[] = [];
  const map = new EvictingMap<string, string>({
    limit: 2,
    evicted: (value) => evicted.push(value),
  });
  map.set('a', 'A');
  map.set('b', 'B');
  map.set('a', 'A2');
  map.set('c', 'C');
  t.deepEqual(evicted, ['B']);
  t.deepEqual(
    ['a', 'b', 'c'].map((key) => map.get(key)),
    ['A2', undefined, 'C'],
  );
});

test('an entry that is read is not set: it is evicted in its turn', (t) => {
  const map = new EvictingMap<string, string>({ limit: 2 });
  map.set('a', 'A');
  map.set('b', 'B');
  t.is(map.get('a'), 'A');
  map.set('c', 'C');
  t.is(map.get('a'), undefined);
});

test('entries are evicted by what they cost; the newest stays, even where it alone costs too much', (t) => {
  const map = new EvictingMap<string, string>({ limit: 10, costOf: ({ length }) => length });
  map.set('a', 'aaaa');
  map.set('b', 'bbbb');
  map.set('c', 'cc');
  t.is(map.get('a'), 'aaaa', 'all together cost no more than the limit');
  map.set('d', 'd'.repeat(11));
  t.deepEqual(
    ['a', 'b', 'c', 'd'].map((key) => map.get(key)?.length),
    [undefined, undefined, undefined, 11],
  );
  map.set('e', 'e');
  t.is(map.get('d'), undefined);
});

test('an entry that is deleted, or set again, costs nothing any more, and is not told', (t) => {
  const evicted: string[] = [];
  const map = new EvictingMap<string, string>({
    limit: 10,
    costOf: ({ length }) => length,
    evicted: (value) => evicted.push(value),
  });
  map.set('a', 'a'.repeat(10));
  map.delete('a');
  map.delete('a');
  map.set('b', 'b'.repeat(10));
  map.set('b', 'bbbbb');
  map.set('c', 'ccccc');
  t.deepEqual(evicted, []);
  t.is(map.get('a'), undefined);
  t.is(map.get('b'), 'bbbbb');
});
