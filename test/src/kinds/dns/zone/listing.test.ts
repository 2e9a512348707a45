import test from 'ava';
import fc from 'fast-check';
import { DomainName } from '../../../../../src/kinds/dns/records/name.js';
import { parseRecord } from '../../../../../src/kinds/dns/records/zone-text.js';
import { sortKey } from '../../../../../src/kinds/dns/zone/record-order.js';
import { SortedPages } from '../../../../../src/kinds/dns/zone/sorted-pages.js';
import { Zones } from '../../../../../src/kinds/dns/zone/zones.js';
import { names } from '../records.js';
import { zonesOf } from '../zone.js';

test('the text of a name is another one after each change, with the implied SOA of its zone', (t) => {
  const zones = new Zones(DomainName.parse('c.test'));
  zones.derive([parseRecord('c.test. 5 NS n.c.test.')]);
  const first = zones.listing.lines();
  t.regex(
    first,
    /^c\.test\.\t5\tIN\tSOA\tn\.c\.test\. .*; member\nc\.test\.\t5\tIN\tNS\tn\.c\.test\.\t; member$/,
  );
  t.is(zones.listing.lines(), first);
  zones.set(parseRecord('b.c.test. A 192.0.2.1'));
  const second = zones.listing.lines();
  t.not(second.split('\n')[0], first.split('\n')[0]);
  t.is(second.split('\n')[2], 'b.c.test.\t3600\tIN\tA\t192.0.2.1');
  zones.unset(DomainName.parse('b.c.test'));
  zones.set(parseRecord('B.c.test. A 192.0.2.2'));
  t.is(zones.listing.lines().split('\n')[2], 'B.c.test.\t3600\tIN\tA\t192.0.2.2');
});

test('the JSON of all records is what JSON.stringify would give', (t) => {
  const zones = zonesOf('a.test. A 192.0.2.1\na.test. TXT "x\\"y\\\\"\n*.b\\"c.test. MX 1 a.test.');
  const object = { Records: JSON.parse(zones.listing.json()) };
  t.is(JSON.stringify(object, undefined, 2), `{\n  "Records": ${zones.listing.json()}\n}`);
  t.deepEqual(Object.keys(object.Records), ['a.test.', '*.b\\"c.test.']);
});

test('no two names have the same place in the order of a zone', (t) => {
  fc.assert(
    fc.property(names, names, (one, other) => {
      const [a, b] = [DomainName.fromWire(one).key, DomainName.fromWire(other).key];
      t.is(sortKey(a) === sortKey(b), a === b);
    }),
  );
  const keys = [
    'x\\000y.',
    'y.x.',
    'x\\001.',
    'x.',
    'y.x\\000.',
    'x\\000.',
    '\\001\\002.',
    '\\001.',
  ];
  const sorted = keys.map((name) => ({ name, order: sortKey(DomainName.parse(name).key) }));
  t.deepEqual(
    sorted.sort((a, b) => (a.order < b.order ? -1 : 1)).map(({ name }) => name),
    ['\\001.', '\\001\\002.', 'x.', 'y.x.', 'x\\000.', 'y.x\\000.', 'x\\000y.', 'x\\001.'],
  );
});

test('pages keep any number in order, whatever comes and goes', (t) => {
  const pages = new SortedPages<{ order: string }>();
  const all = Array.from({ length: 3000 }, (_, i) => ({ order: String((i * 7919) % 3001) }));
  for (const each of all) pages.insert(each);
  const inOrder = (some: { order: string }[]) => some.map(({ order }) => order).sort();
  const shown = () => pages.all().map(({ order }) => order);
  t.deepEqual(shown(), inOrder(all));
  const sorted = pages.all();
  for (const each of sorted.slice(100, 2900)) pages.remove(each);
  t.deepEqual(shown(), inOrder([...sorted.slice(0, 100), ...sorted.slice(2900)]));
  for (const each of pages.all()) pages.remove(each);
  t.deepEqual(shown(), []);
  pages.insert({ order: 'x' });
  t.deepEqual(shown(), ['x']);
});
