import test from 'ava';
import fc from 'fast-check';
import { Listing } from '../../../mount/inodes/listing.js';
import { textFile } from '../toy.js';

const file = textFile('');

function take(listing: Listing, names: Iterable<string>): void {
  listing.take(Array.from(names, (name) => [name, file] as const));
}

function read(listing: Listing, cookie: number, count: number) {
  return [...listing.after(cookie)].slice(0, count);
}

test('a reader meets each lasting name once, while other names come and go and others read', (t) => {
  const names = fc.integer({ min: 0, max: 40 }).map(String);
  const step = fc.record({
    come: fc.array(names, { maxLength: 4 }),
    go: fc.array(names, { maxLength: 4 }),
    retake: fc.boolean(),
    count: fc.integer({ min: 1, max: 6 }),
  });
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.uniqueArray(names), fc.array(step), (first, script) => {
        const present = new Set(first);
        const always = new Set(first);
        const listing = new Listing();
        take(listing, present);
        const seen: string[] = [];
        let cookie = 0;
        const readSome = (count: number) => {
          const entries = read(listing, cookie, count);
          seen.push(...entries.map(({ name }) => name));
          cookie = entries.at(-1)?.cookie ?? cookie;
          return entries.length > 0;
        };
        for (const { come, go, retake, count } of script) {
          for (const name of go) {
            present.delete(name);
            always.delete(name);
            listing.remove(name);
          }
          for (const name of come) present.add(name);
          // Another reader begins: it must not disturb the first.
          if (retake) take(listing, present);
          readSome(count);
        }
        while (readSome(1));
        for (const name of always) t.is(seen.filter((one) => one === name).length, 1, name);
        t.deepEqual(seen.slice(0, 2), ['.', '..']);
      }),
      { numRuns: 300 },
    ),
  );
});

test('a name keeps its cookie as long as it exists', (t) => {
  const listing = new Listing();
  take(listing, ['a', 'b', 'c']);
  const before = read(listing, 0, 9).find(({ name }) => name === 'c');
  take(listing, ['c', 'd']);
  t.deepEqual(
    read(listing, 0, 9).map(({ name }) => name),
    ['.', '..', 'c', 'd'],
  );
  t.is(read(listing, 0, 9)[2]?.cookie, before?.cookie);
});
