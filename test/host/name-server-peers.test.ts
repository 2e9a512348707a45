import test from 'ava';
import { type Answer, comparable, dig, type Listening } from './dig.js';
import { EXAMPLE_ZONE, ZONE } from './example-zone.js';
import { NameServerHosts, type OurServer } from './name-servers.js';

const NAMES: readonly string[] = [
  '',
  'ns1',
  'web',
  'four',
  'six',
  'text',
  'www',
  'chain1',
  'loop1',
  'away',
  'dangling',
  'a.b.c',
  'b.c',
  'c',
  'x.b.c',
  'wild',
  'any.wild',
  'an.other.wild',
  'host.wild',
  'below.host.wild',
  'deep.wild',
  'x.deep.wild',
  '\\*.wild',
  'x.\\*.wild',
  'alias',
  'any.alias',
  'any.other.alias',
  '_http._tcp',
  '_tcp',
  '_other._tcp',
  '1.2.0.192.in-addr',
  'naptr',
  'caa',
  'https',
  'svcb',
  'new',
  'nothing',
  'nothing.at.all',
  'x.web',
  'apps',
  'sub',
  'x.sub',
  'ns.sub',
  'x.fat',
];

const TYPES: readonly string[] = ['A', 'AAAA', 'CNAME', 'MX', 'TXT'];

const MORE: readonly string[] = [
  ...['NS', 'SOA', 'ANY', 'DS', 'TYPE65280', 'HTTPS'].map((type) => `example.test ${type}`),
  ...['SRV', 'ANY'].map((type) => `_http._tcp.example.test ${type}`),
  ...['NS', 'DS', 'ANY'].map((type) => `sub.example.test ${type}`),
  'x.sub.example.test DS',
  'web.example.test ANY',
  'www.example.test ANY',
  'any.alias.example.test ANY',
  'b.c.example.test ANY',
  '1.2.0.192.in-addr.example.test PTR',
  'naptr.example.test NAPTR',
  'caa.example.test CAA',
  'https.example.test HTTPS',
  'svcb.example.test SVCB',
  'new.example.test TYPE65280',
  'WWW.Example.TEST A',
  'Nothing.EXAMPLE.test A',
  'many.example.test A',
  'test A',
  'example.org A',
  'notexample.test A',
  'example.test A CH',
  '. NS',
];

const ends: (() => unknown)[] = [];
let ours: OurServer;
let nsd: Listening;
let hosts: NameServerHosts;

test.before(async () => {
  hosts = await NameServerHosts.start({ teardown: (end) => ends.push(end) }, 1);
  [ours, nsd] = await Promise.all([
    hosts.serve(EXAMPLE_ZONE),
    hosts.serveByNsd(ZONE, EXAMPLE_ZONE),
  ]);
});

test.after.always(async () => {
  for (const end of ends.reverse()) await end();
});

/** Options of dig, for all questions. */
const WAYS: readonly (readonly string[])[] = [
  ['+ignore'],
  ['+ignore', '+noedns', '+recurse'],
  ['+tcp', '+keepopen', '+bufsize=512'],
  ['+ignore', '+edns=1', '+noednsnegotiation'],
];

for (const options of WAYS) {
  test(`a name server answers whatever is asked as NSD does with the same zone: ${options.join(' ')}`, async (t) => {
    const names = NAMES.map((name) => (name === '' ? ZONE : `${name}.${ZONE}`));
    const all = [...names.flatMap((name) => TYPES.map((type) => `${name} ${type}`)), ...MORE];
    const [own, theirs] = await Promise.all(
      [ours, nsd].map((server) => dig(hosts.cluster, server, all, ...options)),
    );
    for (const [i, question] of all.entries()) {
      const [answer, right] = [own?.[i], theirs?.[i]].map((one) => one && seen(one));
      t.deepEqual(answer, right, question);
    }
  });
}

/**
 * What resolvers go by. NSD writes every name in the case of the question where it can; ours is the one
 * that was set. For ANY either server gives one set of records of those that there are.
 */
function seen(answer: Answer) {
  const { question, answer: records, ...rest } = comparable(answer);
  const isAny = question.endsWith(' ANY');
  const glue = rest.flags.includes('aa') ? [] : answer.additional;
  return small({
    question,
    ...rest,
    glue,
    records: isAny ? [...new Set(records.map(ownerOf))] : records,
  });
}

function ownerOf(record: string): string {
  return record.split(' ')[0] ?? '';
}

function small<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).toLowerCase());
}
