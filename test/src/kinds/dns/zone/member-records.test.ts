import test from 'ava';
import { decode, encode } from 'dns-packet';
import { DomainName } from '../../../../../src/kinds/dns/records/name.js';
import { parseRecord } from '../../../../../src/kinds/dns/records/zone-text.js';
import { respond } from '../../../../../src/kinds/dns/server/respond.js';
import { MAX_SERVICES, MemberRecords } from '../../../../../src/kinds/dns/zone/member-records.js';
import { Zones } from '../../../../../src/kinds/dns/zone/zones.js';
import type { HostMember } from '../../../../../src/kinds/table.js';
import { asked } from '../zone.js';

function member(digit: number, host: string | undefined, address: string): HostMember {
  return { name: `X${String(digit).padStart(16, '0')}`, host, address, port: 11_000 + digit };
}

/** The zone c.test of members, and what changes them. */
function zoneOf(...first: readonly HostMember[]) {
  let members = first;
  let changed = () => {};
  const apex = DomainName.parse('c.test');
  const zones = new Zones(apex);
  const records = new MemberRecords(zones, apex, {
    name: 'X0000000000000001',
    reachableAt: '10.0.0.1',
    log: () => {},
    members: {
      follow: () => ({ [Symbol.dispose]() {} }),
      list: () => members,
      onChange: (listener) => {
        changed = listener;
        return {
          [Symbol.dispose]() {
            changed = () => {};
          },
        };
      },
    },
  });
  return {
    change: (...now: readonly HostMember[]) => {
      members = now;
      changed();
    },
    zones,
    ask: (label: string, type = 'A') => {
      records.refresh();
      return asked(zones, `${label}c.test.`, type);
    },
  };
}

test('members have names by host and by member, with A or AAAA, and a SOA and NS above them', (t) => {
  const { ask } = zoneOf(member(1, 'web1', '10.0.0.1'), member(2, 'Web2.corp.test', '2001:db8::2'));
  t.deepEqual(ask('web1.').answer, ['web1.c.test. 5 A 10.0.0.1']);
  t.deepEqual(ask('WEB2.', 'AAAA').answer, ['WEB2.c.test. 5 AAAA 2001:db8::2']);
  t.is(ask('web2.').status, 'NOERROR aa');
  t.deepEqual(ask('x0000000000000001.').answer, ['x0000000000000001.c.test. 5 A 10.0.0.1']);
  t.is(ask('web3.').status, 'NXDOMAIN aa');
  t.deepEqual(ask('', 'NS').answer, ['c.test. 5 NS X0000000000000001.c.test.']);
  t.regex(
    ask('', 'SOA').answer[0] ?? '',
    /^c\.test\. 5 SOA X0000000000000001\.c\.test\. c\.test\. \d+/,
  );
});

test('two hosts of one name have both addresses, and each member is a service by its own name', (t) => {
  const { ask } = zoneOf(
    member(1, 'web', '10.0.0.1'),
    member(2, 'WEB', '10.0.0.2'),
    member(3, 'db', '10.0.0.3'),
    member(4, undefined, '10.0.0.4'),
  );
  t.deepEqual(ask('web.').answer, ['web.c.test. 5 A 10.0.0.1', 'web.c.test. 5 A 10.0.0.2']);
  const service = '_circuit._tcp.c.test. 5 SRV 0 0';
  t.deepEqual(ask('_circuit._tcp.', 'SRV').answer, [
    `${service} 11001 X0000000000000001.c.test.`,
    `${service} 11002 X0000000000000002.c.test.`,
    `${service} 11003 X0000000000000003.c.test.`,
    `${service} 11004 X0000000000000004.c.test.`,
  ]);
});

test('a member that is reached by a name is an alias of it, and the service and the name server are at that name', (t) => {
  const { ask } = zoneOf(member(1, 'web', 'web.corp.test'));
  t.deepEqual(ask('web.').answer, ['web.c.test. 5 CNAME web.corp.test.']);
  t.deepEqual(ask('_circuit._tcp.', 'SRV').answer, [
    '_circuit._tcp.c.test. 5 SRV 0 0 11001 web.corp.test.',
  ]);
  t.deepEqual(ask('', 'NS').answer, ['c.test. 5 NS web.corp.test.']);
  t.regex(ask('', 'SOA').answer[0] ?? '', /^c\.test\. 5 SOA web\.corp\.test\. c\.test\. /);
});

test('members that come, go or move are known at once', (t) => {
  const { ask, change } = zoneOf(member(1, 'a', '10.0.0.1'), member(2, 'b', '10.0.0.2'));
  const serial = () => Number(ask('', 'SOA').answer[0]?.split(' ')[5]);
  const before = serial();
  t.is(serial(), before);
  change(member(1, 'a', '10.0.0.9'), member(3, 'c', '10.0.0.3'));
  t.deepEqual(ask('a.').answer, ['a.c.test. 5 A 10.0.0.9']);
  t.is(ask('b.').status, 'NXDOMAIN aa');
  t.deepEqual(ask('c.').answer, ['c.c.test. 5 A 10.0.0.3']);
  t.is(ask('_circuit._tcp.', 'SRV').answer.length, 2);
  t.true(serial() > before);
});

test('of many members the service has as many as an answer holds', (t) => {
  const many = Array.from({ length: 2000 }, (_, i) => member(i, `h${i}`, '10.0.0.1'));
  const { ask } = zoneOf(...many);
  t.is(ask('_circuit._tcp.', 'SRV').answer.length, MAX_SERVICES);
  t.is(ask('h1999.').answer.length, 1);
});

test('services of members fit into an answer over TCP, alone and beside those that were set', (t) => {
  const label = 'x'.repeat(63);
  const far = Array.from({ length: MAX_SERVICES }, (_, i) =>
    member(i, `h${i}`, `${label}.${label}.${label}.${String(i).padStart(59, '0')}`),
  );
  const { ask, zones } = zoneOf(...far);
  const answer = () => {
    ask('');
    const question = [{ name: '_circuit._tcp.c.test', type: 'SRV' }];
    const response = respond(zones, encode({ type: 'query', questions: question }), 'TCP');
    return response && decode(response);
  };
  t.false(answer()?.flag_tc);
  const alone = answer()?.answers.length ?? 0;
  t.true(alone > 200 && alone < MAX_SERVICES, `${alone}`);
  const target = far[0]?.address;
  for (let port = 0; port < 200; port += 1) {
    zones.set(parseRecord(`_circuit._tcp.c.test. SRV 9 9 ${port} ${target}`));
  }
  t.false(answer()?.flag_tc);
  t.is(answer()?.answers.length, alone);
  const own = answer()?.answers.filter(({ data }) => Object(data).priority === 9);
  t.is(own?.length, 200);
  t.is(zones.listing.lines().match(/\tSRV\t/g)?.length, alone);
});

test('a member whose address is no name of DNS has no records, and the others have theirs', (t) => {
  const { ask } = zoneOf(member(1, 'web1', '10.0.0.1'), member(2, 'web2', 'a..b'));
  t.deepEqual(ask('web1.').answer, ['web1.c.test. 5 A 10.0.0.1']);
  t.is(ask('web2.').status, 'NXDOMAIN aa');
  t.is(ask('_circuit._tcp.', 'SRV').answer.length, 1);
});
