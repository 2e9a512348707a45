import test from 'ava';
import { CircuitError } from '../../../../../src/base/error.js';
import { DomainName } from '../../../../../src/kinds/dns/records/name.js';
import { parseRecord } from '../../../../../src/kinds/dns/records/zone-text.js';
import { MAX_SIZE, MAX_SIZE_OF_ALL, SizeOfAll } from '../../../../../src/kinds/dns/zone/room.js';
import { Zones } from '../../../../../src/kinds/dns/zone/zones.js';
import { MAX_MESSAGE } from '../../../../../src/transport/limits.js';

/** Sets records until one is refused. @returns How many were set, and errno and sentence of the error. */
function fill(zones: Zones, record: (index: number) => string): [count: number, error: string] {
  for (let index = 0; ; index += 1) {
    try {
      zones.set(parseRecord(record(index)));
    } catch (error) {
      return [index, error instanceof CircuitError ? `${error.code}: ${error.message}` : ''];
    }
  }
}

test('a zone that is full is ENOSPC, and its peek fits into a message', (t) => {
  const zones = new Zones();
  zones.set(parseRecord('test. SOA a.test. b.test. 1 1 1 1 1'));
  // Each quote takes two bytes of a record, four of JSON, and eight of a message.
  const text = `"${'\\"'.repeat(250)}" `.repeat(50);
  const [count, error] = fill(zones, (index) => `h${index}.test. TXT ${text}`);
  t.regex(error, new RegExp(`^ENOSPC: no room for the record of "h${count}\\.test\\."`));
  const bytes = JSON.stringify(zones.listing.json()).length;
  t.true(bytes <= MAX_SIZE.shownBytes && bytes > 0.95 * MAX_SIZE.shownBytes, `${bytes}`);
  t.true(MAX_SIZE.shownBytes < MAX_MESSAGE);
  // What is there can be set again, also another SOA, and what was unset makes room.
  zones.set(parseRecord(`h0.test. 5 TXT ${text}`));
  zones.set(parseRecord('test. SOA a.test. b.test. 2222222222 1 1 1 1'));
  zones.unset(DomainName.parse('h0.test'));
  zones.set(parseRecord(`other.test. TXT ${text}`));
});

test('more names than a zone may have are ENOSPC, those above them included, and the same names are not', (t) => {
  const zones = new Zones();
  const deep = (index: number) => `${'a.'.repeat(118)}${index}.test. A 192.0.2.1`;
  const [count, error] = fill(zones, deep);
  t.regex(error, new RegExp(`^ENOSPC: no room for the record .*more than ${MAX_SIZE.names} names`));
  t.is(count, Math.floor((MAX_SIZE.names - 1) / 119));
  zones.set(parseRecord('a.1.test. A 192.0.2.1'));
  zones.unset(DomainName.parse(`${'a.'.repeat(118)}0.test`));
  zones.set(parseRecord(deep(count)));
});

test('all name servers of a daemon have a bound, and one that has ended makes room for others', (t) => {
  const all = new SizeOfAll();
  const most = MAX_SIZE_OF_ALL.shownBytes;
  all.change({ shownBytes: 0, names: 0 }, { shownBytes: most - 150_000, names: 0 });
  const record = (name: string) =>
    parseRecord(`${name}.test. TXT ${`"${'x'.repeat(250)}" `.repeat(200)}`);
  const [first, second] = [new Zones(undefined, all), new Zones(undefined, all)];
  first.set(record('a'));
  second.set(record('b'));
  t.throws(() => second.set(record('c')), {
    code: 'ENOSPC',
    message: /name servers of this daemon would take more than 22020096 bytes/,
  });
  first[Symbol.dispose]();
  t.notThrows(() => second.set(record('c')));
});
