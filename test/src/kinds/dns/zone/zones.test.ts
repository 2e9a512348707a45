import test from 'ava';
import { DomainName } from '../../../../../src/kinds/dns/records/name.js';
import { parseRecord } from '../../../../../src/kinds/dns/records/zone-text.js';
import { Zones } from '../../../../../src/kinds/dns/zone/zones.js';
import { asked, zonesOf } from '../zone.js';

test('the same record again, in any case of its names, is one, with the last TTL', (t) => {
  const zones = zonesOf(`
    a.test. 100 MX 10 b.test.
    A.test. 200 MX 10 B.TEST.
    a.test. 300 MX 20 b.test.`);
  t.deepEqual(asked(zones, 'a.test.', 'MX').answer, [
    'a.test. 200 MX 10 B.TEST.',
    'a.test. 200 MX 20 b.test.',
  ]);
});

test('another SOA replaces the first', (t) => {
  const zones = zonesOf(`
    a.test. SOA n.test. m.test. 1 2 3 4 5
    a.test. SOA n.test. m.test. 2 2 3 4 5`);
  t.deepEqual(asked(zones, 'a.test.', 'SOA').answer, [
    'a.test. 3600 SOA n.test. m.test. 2 2 3 4 5',
  ]);
});

test('an alias stands alone, and is one', (t) => {
  const refused = (zones: Zones, record: string) =>
    t.throws(() => zones.set(parseRecord(record)), {
      code: 'EINVAL',
      message: /unset a\.test\. first$/i,
    });
  const alias = zonesOf('a.test. CNAME b.test.');
  refused(alias, 'a.test. A 192.0.2.1');
  refused(alias, 'A.test. CNAME c.test.');
  alias.set(parseRecord('a.test. 5 CNAME B.test.'));
  t.deepEqual(asked(alias, 'a.test.', 'CNAME').answer, ['a.test. 5 CNAME B.test.']);
  refused(zonesOf('a.test. A 192.0.2.1'), 'a.test. CNAME b.test.');
});

test('records of one type that no answer could hold are refused', (t) => {
  const zones = new Zones();
  const text = `"${'x'.repeat(250)}" `.repeat(100);
  zones.set(parseRecord(`a.test. TXT ${text}1`));
  zones.set(parseRecord(`a.test. TXT ${text}2`));
  t.throws(() => zones.set(parseRecord(`a.test. TXT ${text}3`)), { code: 'EINVAL' });
  t.is(asked(zones, 'a.test.', 'TXT').answer.length, 2);
});

test('unset removes every record of a name in any case, and none of another; of a name without any, nothing', (t) => {
  const zones = zonesOf('a.test. A 192.0.2.1\na.test. TXT x\nb.a.test. A 192.0.2.2');
  zones.unset(DomainName.parse('A.Test'));
  zones.unset(DomainName.parse('c.test'));
  t.is(asked(zones, 'a.test.', 'A').status, 'REFUSED');
  t.is(asked(zones, 'b.a.test.', 'A').answer.length, 1);
});

test('derived records stand beside those that were set; an alias gives way, and hides them where it was set', (t) => {
  const zones = new Zones(DomainName.parse('c.test'));
  const derived = [
    'a.c.test. 5 A 192.0.2.1',
    'b.c.test. 5 CNAME b.test.',
    'd.c.test. 5 A 192.0.2.3',
  ];
  zones.derive(derived.map(parseRecord));
  t.is(asked(zones, 'no.c.test.', 'A').status, 'NXDOMAIN aa');
  const own = [
    'a.c.test. 60 A 192.0.2.9',
    'b.c.test. 60 A 192.0.2.8',
    'd.c.test. 60 CNAME a.c.test.',
  ];
  for (const record of own) zones.set(parseRecord(record));
  const answer = (name: string) => asked(zones, name, 'A').answer;
  t.deepEqual(answer('a.c.test.'), ['a.c.test. 5 A 192.0.2.9', 'a.c.test. 5 A 192.0.2.1']);
  t.deepEqual(answer('b.c.test.'), ['b.c.test. 60 A 192.0.2.8']);
  t.deepEqual(answer('d.c.test.').slice(0, 1), ['d.c.test. 60 CNAME a.c.test.']);
  for (const name of ['a.c.test', 'b.c.test', 'd.c.test']) zones.unset(DomainName.parse(name));
  t.deepEqual(answer('a.c.test.'), ['a.c.test. 5 A 192.0.2.1']);
  t.deepEqual(answer('b.c.test.'), ['b.c.test. 5 CNAME b.test.']);
  t.throws(() => zones.unset(DomainName.parse('a.c.test')), { code: 'EPERM' });
  zones.derive([]);
  t.is(zones.listing.lines(), '');
  t.is(zones.listing.json(), '{}');
});

test('records are listed by name, the last label first, with SOA and NS first', (t) => {
  const zones = zonesOf(`
    b.test. A 192.0.2.1
    a.b.test. A 192.0.2.1
    test. A 192.0.2.1
    test. NS a.test.
    test. SOA a.test. b.test. 1 1 1 1 1
    a.org. A 192.0.2.1`);
  const listed = () =>
    zones.listing
      .lines()
      .split('\n')
      .map((line) => line.split('\t'))
      .map(([owner, , , type]) => `${owner} ${type}`);
  t.deepEqual(listed(), [
    'a.org. A',
    'test. SOA',
    'test. NS',
    'test. A',
    'b.test. A',
    'a.b.test. A',
  ]);
});

test('a label with _ and no domain is a zone of its own, and makes nothing of the root', (t) => {
  const zones = new Zones();
  zones.set(parseRecord('_dmarc TXT x'));
  t.is(asked(zones, '_dmarc.', 'TXT').status, 'NOERROR aa');
  t.is(asked(zones, 'www.example.org.', 'A').status, 'REFUSED');
});
