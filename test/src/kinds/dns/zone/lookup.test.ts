import test from 'ava';
import { DomainName } from '../../../../../src/kinds/dns/records/name.js';
import { parseRecord } from '../../../../../src/kinds/dns/records/zone-text.js';
import { asked, zonesOf } from '../zone.js';

const SOA = 'example. 3600 SOA ns.example. admin.example. 1 7200 3600 1209600 300';
const NEGATIVE = [SOA.replace('3600', '300')];

/** The zone of RFC 4592, section 2.2.1, with a SOA. */
const WILDCARDS = zonesOf(`
  ${SOA}
  example. 3600 NS ns.example.com.
  example. 3600 NS ns.example.net.
  *.example. 3600 TXT "this is a wildcard"
  *.example. 3600 MX 10 host1.example.
  sub.*.example. 3600 TXT "this is not a wildcard"
  host1.example. 3600 A 192.0.2.1
  _ssh._tcp.host1.example. 3600 SRV 0 0 22 host1.example.
  _ssh._tcp.host2.example. 3600 SRV 0 0 22 host2.example.
  subdel.example. 3600 NS ns.example.com.
  subdel.example. 3600 NS ns.example.net.`);

const RFC_4592: readonly (readonly [
  name: string,
  type: string,
  status: string,
  answer: readonly string[],
])[] = [
  ['host3.example.', 'MX', 'NOERROR aa', ['host3.example. 3600 MX 10 host1.example.']],
  ['host3.example.', 'A', 'NOERROR aa', []],
  ['foo.bar.example.', 'TXT', 'NOERROR aa', ['foo.bar.example. 3600 TXT "this is a wildcard"']],
  ['host1.example.', 'MX', 'NOERROR aa', []],
  ['sub.*.example.', 'MX', 'NOERROR aa', []],
  ['_telnet._tcp.host1.example.', 'SRV', 'NXDOMAIN aa', []],
  ['ghost.*.example.', 'MX', 'NXDOMAIN aa', []],
  ['*.example.', 'MX', 'NOERROR aa', ['*.example. 3600 MX 10 host1.example.']],
  ['_tcp.host1.example.', 'A', 'NOERROR aa', []],
];

for (const [name, type, status, answer] of RFC_4592) {
  test(`RFC 4592, section 2.2.1: ${name} ${type}`, (t) => {
    const found = asked(WILDCARDS, name, type);
    t.is(found.status, status);
    t.deepEqual(found.answer, answer);
    t.deepEqual(found.authority, answer.length === 0 ? NEGATIVE : []);
  });
}

test('RFC 4592, section 2.2.1: host.subdel.example. A is a referral', (t) => {
  t.deepEqual(asked(WILDCARDS, 'host.subdel.example.', 'A'), {
    status: 'NOERROR',
    answer: [],
    authority: [
      'subdel.example. 3600 NS ns.example.com.',
      'subdel.example. 3600 NS ns.example.net.',
    ],
    additional: [],
  });
});

const ZONE = `
  ${SOA}
  host.example. 60 A 192.0.2.1
  host.example. 30 A 192.0.2.2
  host.example. AAAA 2001:db8::1
  a.b.example. TXT deep
  alias.example. 10 CNAME host.example.
  second.example. 20 CNAME alias.example.
  dangling.example. CNAME nothing.example.
  bare.example. CNAME a.b.example.
  outside.example. CNAME www.example.org.
  one.example. CNAME two.example.
  two.example. CNAME one.example.
  *.w.example. CNAME host.example.
  example. MX 10 host.example.
  cut.example. NS ns.cut.example.
  cut.example. NS host.example.
  ns.cut.example. A 192.0.2.3`;

const HOST = ['host.example. 30 A 192.0.2.1', 'host.example. 30 A 192.0.2.2'];

test('all records of the type are answered, in any case of the name, with the smallest TTL', (t) => {
  const found = asked(zonesOf(ZONE), 'HOST.Example.', 'A');
  t.is(found.status, 'NOERROR aa');
  t.deepEqual(
    found.answer,
    HOST.map((record) => record.replace('host.example', 'HOST.Example')),
  );
  t.deepEqual(found.authority, []);
});

test('a name that is not there is NXDOMAIN; one without such records, or with names below, is NOERROR', (t) => {
  const zones = zonesOf(ZONE);
  const status = (name: string, type: string) => asked(zones, name, type).status;
  t.is(status('no.example.', 'A'), 'NXDOMAIN aa');
  t.is(status('no.host.example.', 'A'), 'NXDOMAIN aa');
  t.is(status('host.example.', 'MX'), 'NOERROR aa');
  t.is(status('b.example.', 'A'), 'NOERROR aa');
  for (const [name, type] of [
    ['no.example.', 'A'],
    ['host.example.', 'MX'],
  ] as const) {
    t.deepEqual(asked(zones, name, type).authority, NEGATIVE);
  }
});

test('an alias comes before what it stands for, also of several, and a wildcard’s under the name asked for', (t) => {
  const zones = zonesOf(ZONE);
  t.deepEqual(asked(zones, 'second.example.', 'A').answer, [
    'second.example. 20 CNAME alias.example.',
    'alias.example. 10 CNAME host.example.',
    ...HOST,
  ]);
  t.deepEqual(asked(zones, 'x.y.w.example.', 'A').answer, [
    'x.y.w.example. 3600 CNAME host.example.',
    ...HOST,
  ]);
  t.deepEqual(asked(zones, 'alias.example.', 'CNAME').answer, [
    'alias.example. 10 CNAME host.example.',
  ]);
});

test('an alias of what is not there, not ours, or itself', (t) => {
  const zones = zonesOf(ZONE);
  const alias = (name: string, target: string) => [`${name} 3600 CNAME ${target}`];
  t.deepEqual(asked(zones, 'dangling.example.', 'A'), {
    status: 'NXDOMAIN aa',
    answer: alias('dangling.example.', 'nothing.example.'),
    authority: NEGATIVE,
    additional: [],
  });
  t.deepEqual(asked(zones, 'bare.example.', 'A'), {
    status: 'NOERROR aa',
    answer: alias('bare.example.', 'a.b.example.'),
    authority: NEGATIVE,
    additional: [],
  });
  t.deepEqual(asked(zones, 'outside.example.', 'A'), {
    status: 'NOERROR aa',
    answer: alias('outside.example.', 'www.example.org.'),
    authority: [],
    additional: [],
  });
  t.deepEqual(asked(zones, 'one.example.', 'A'), {
    status: 'NOERROR aa',
    answer: [...alias('one.example.', 'two.example.'), ...alias('two.example.', 'one.example.')],
    authority: [],
    additional: [],
  });
});

test('a chain of aliases that is too long ends', (t) => {
  const links = Array.from({ length: 100 }, (_, i) => `l${i}.example. CNAME l${i + 1}.example.`);
  const { answer } = asked(zonesOf([SOA, ...links].join('\n')), 'l0.example.', 'A');
  t.is(answer.length, 16);
});

test('names below a delegation are referred, with the addresses; its DS is a matter of this zone', (t) => {
  const zones = zonesOf(ZONE);
  const referral = {
    status: 'NOERROR',
    answer: [],
    authority: ['cut.example. 3600 NS ns.cut.example.', 'cut.example. 3600 NS host.example.'],
    additional: [
      'ns.cut.example. 3600 A 192.0.2.3',
      ...HOST,
      'host.example. 3600 AAAA 2001:db8::1',
    ],
  };
  for (const name of ['cut.example.', 'ns.cut.example.', 'a.b.cut.example.']) {
    t.deepEqual(asked(zones, name, 'A'), referral);
  }
  t.deepEqual(asked(zones, 'cut.example.', 'NS'), referral);
  const ds = asked(zones, 'cut.example.', 'DS');
  t.is(ds.status, 'NOERROR aa');
  t.deepEqual(ds.authority, NEGATIVE);
});

test('ANY has one RRset; hosts that a record names come with their addresses', (t) => {
  const zones = zonesOf(ZONE);
  t.deepEqual(asked(zones, 'host.example.', 'ANY').answer, HOST);
  t.deepEqual(asked(zones, 'alias.example.', 'ANY').answer, [
    'alias.example. 10 CNAME host.example.',
  ]);
  const { additional } = asked(zones, 'example.', 'MX');
  t.deepEqual(additional, [...HOST, 'host.example. 3600 AAAA 2001:db8::1']);
});

test('a NAPTR record comes with the services and addresses of its replacement (RFC 3403, section 4.2)', (t) => {
  const zones = zonesOf(`
    example. NAPTR 10 10 "S" "SIP+D2U" "" _sip._udp.example.
    example. NAPTR 20 10 "A" "SIP+D2T" "" host.example.
    example. NAPTR 20 10 "a" "sip+d2t" "" HOST.Example.
    example. NAPTR 20 10 "A" "SIP+D2T" "" HOST.Example.
    _sip._udp.example. SRV 0 0 5060 host.example.
    host.example. A 192.0.2.1`);
  const { answer, additional } = asked(zones, 'example.', 'NAPTR');
  // Names are the same in any case, and strings are not.
  t.deepEqual(answer, [
    'example. 3600 NAPTR 10 10 "S" "SIP+D2U" "" _sip._udp.example.',
    'example. 3600 NAPTR 20 10 "a" "sip+d2t" "" HOST.Example.',
    'example. 3600 NAPTR 20 10 "A" "SIP+D2T" "" HOST.Example.',
  ]);
  t.deepEqual(additional, [
    '_sip._udp.example. 3600 SRV 0 0 5060 host.example.',
    'host.example. 3600 A 192.0.2.1',
  ]);
});

test('names of others are refused', (t) => {
  for (const name of ['example.org.', 'test.', '.', 'xexample.']) {
    const refused = { status: 'REFUSED', answer: [], authority: [], additional: [] };
    t.deepEqual(asked(zonesOf(ZONE), name, 'A'), refused);
  }
});

test('without a SOA, the highest name that has records is the apex; a service’s and a wildcard’s is above', (t) => {
  const zones = zonesOf(`
    miek.nl. MX 10 mx.miek.nl.
    mx.miek.nl. A 192.0.2.1
    www.example.org. A 192.0.2.2
    _circuit._tcp.c.test. SRV 0 0 1 a.c.test.
    *.w.test. A 192.0.2.3`);
  const apexes = [
    ['miek.nl.', 'A', 'NOERROR aa', 'miek.nl.'],
    ['no.mx.miek.nl.', 'A', 'NXDOMAIN aa', 'miek.nl.'],
    ['no.www.example.org.', 'A', 'NXDOMAIN aa', 'www.example.org.'],
    ['no.c.test.', 'A', 'NXDOMAIN aa', 'c.test.'],
    ['a.w.test.', 'AAAA', 'NOERROR aa', 'w.test.'],
  ] as const;
  for (const [name, type, status, apex] of apexes) {
    const found = asked(zones, name, type);
    t.is(found.status, status);
    t.regex(
      found.authority[0] ?? '',
      new RegExp(`^${apex} 5 SOA ${apex} ${apex} \\d+ 3600 600 86400 5$`),
    );
  }
  t.is(asked(zones, 'miek.nl.', 'SOA').answer.length, 1);
  for (const name of ['nl.', 'example.org.', 'other.example.org.', 'test.']) {
    t.is(asked(zones, name, 'A').status, 'REFUSED');
  }
});

test('a zone ends with its last record, and a SOA that is set begins one', (t) => {
  const zones = zonesOf('a.b.test. A 192.0.2.1');
  const zone = () => asked(zones, 'no.a.b.test.', 'A').authority[0]?.split(' ')[0];
  t.is(zone(), 'a.b.test.');
  const soa = parseRecord('b.test. SOA a.b.test. admin.b.test. 1 1 1 1 1');
  zones.set(soa);
  t.is(zone(), 'b.test.');
  t.is(asked(zones, 'c.b.test.', 'A').status, 'NXDOMAIN aa');
  zones.unset(soa.owner);
  t.is(zone(), 'a.b.test.');
  zones.unset(DomainName.parse('a.b.test.'));
  t.is(asked(zones, 'a.b.test.', 'A').status, 'REFUSED');
});
