import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Result } from './cluster.js';
import { type Listening, runBeside } from './dig.js';
import { EXAMPLE_ZONE, ZONE } from './example-zone.js';
import { NameServerHosts, type OurServer } from './name-servers.js';

const PROGRAM = join(import.meta.dirname, '../../../test/host/getaddrinfo.c');

/** Gives a program another resolver, in a mount namespace of its own. */
const RESOLVE_BY = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';

/** A busy machine is given the time; and a second try would hide that the first had no answer. */
const PATIENT = 'options timeout:20 attempts:1';
const SEARCH = `search apps.example.test example.test\noptions ndots:2\n${PATIENT}`;

const WEB = ['192.0.2.10', '192.0.2.11', '2001:db8::10'];

/** The addresses of a name, or how its lookup fails; musl's failure where it is another. */
type Expected = readonly string[] | string | { readonly glibc: string; readonly musl: string };

const LOOKUPS: Readonly<Record<string, Expected>> = {
  'web.example.test': WEB,
  'WEB.Example.TEST.': WEB,
  'four.example.test': ['192.0.2.4'],
  'six.example.test': ['2001:db8::6'],
  'www.example.test': WEB,
  'chain1.example.test': WEB,
  'any.wild.example.test': ['192.0.2.77'],
  'an.other.wild.example.test': ['192.0.2.77'],
  'any.alias.example.test': WEB,
  // By the search list: `web` is in the first domain, `six` in the second; so is `db.apps`, with fewer dots than two.
  web: ['192.0.2.20'],
  six: ['2001:db8::6'],
  'db.apps': ['192.0.2.21'],
  'four.example.test.': ['192.0.2.4'],
  'text.example.test.': { glibc: 'EAI_NODATA', musl: 'EAI_NONAME' },
  'b.c.example.test.': { glibc: 'EAI_NODATA', musl: 'EAI_NONAME' },
  'host.wild.example.test.': { glibc: 'EAI_NODATA', musl: 'EAI_NONAME' },
  'nothing.example.test.': 'EAI_NONAME',
  'x.host.wild.example.test.': 'EAI_NONAME',
  'dangling.example.test.': 'EAI_NONAME',
};

const ends: (() => unknown)[] = [];
let hosts: NameServerHosts;
let ours: OurServer;
let nsd: Listening;
let runs = 0;

test.before(async () => {
  hosts = await NameServerHosts.start({ teardown: (end) => ends.push(end) }, 1);
  ours = await hosts.serve(EXAMPLE_ZONE);
  nsd = await hosts.serveByNsd(ZONE, EXAMPLE_ZONE);
});

test.after.always(async () => {
  for (const end of ends.reverse()) await end();
});

/** Runs a program that asks the server alone. */
function resolving(server: Listening, argv: readonly string[], settings = SEARCH): Promise<Result> {
  runs += 1;
  // Of its own: glibc reads the file again when it changes.
  const file = join(hosts.cluster.directory, `resolv.conf-${runs}`);
  writeFileSync(file, `nameserver ${server.address}\n${settings}\n`);
  const enter = ['unshare', '--mount', 'sh', '-c', RESOLVE_BY, file];
  return runBeside(hosts.cluster, server, [...enter, ...argv]);
}

for (const [libc, compiler] of [
  ['glibc', 'cc'],
  ['musl', 'musl-gcc'],
] as const) {
  test(`getaddrinfo(3) of ${libc} finds names by a name server element as by NSD`, async (t) => {
    const program = join(hosts.cluster.directory, `getaddrinfo-${libc}`);
    const options = libc === 'musl' ? ['-static'] : [];
    const compiled = await hosts.cluster.run([compiler, ...options, '-o', program, PROGRAM]);
    t.is(compiled.stderr, '');
    const expected = Object.entries(LOOKUPS).map(([name, is]) => {
      const outcome = typeof is === 'string' ? is : 'glibc' in is ? is[libc] : is.join(' ');
      return `${name} ${outcome}`;
    });
    for (const server of [ours, nsd]) {
      const { stdout } = await resolving(server, [program, ...Object.keys(LOOKUPS)]);
      t.deepEqual(sorted(stdout), expected, server.address);
    }
  });
}

test('getaddrinfo(3) of glibc asks again by TCP where an answer is cut short', async (t) => {
  const python = `
import socket
found = socket.getaddrinfo('many.example.test', 80, type=socket.SOCK_STREAM)
print(len({address for *_, (address, port) in found}))`;
  for (const server of [ours, nsd]) {
    const { stdout, stderr } = await resolving(server, ['python3', '-c', python]);
    t.is(stdout, '60\n', `${server.address}: ${stderr}`);
  }
});

test('a lookup in a zone of others fails at once: the server refuses', async (t) => {
  const python = `
import socket
for name in ('example.org.', 'test.'):
    try: print(socket.getaddrinfo(name, 80))
    except socket.gaierror as error: print(name, error.errno == socket.EAI_AGAIN)`;
  for (const server of [ours, nsd]) {
    const { stdout } = await resolving(server, ['python3', '-c', python], PATIENT);
    t.is(stdout, 'example.org. True\ntest. True\n', server.address);
  }
});

test('programs find a host by its name: getent(1), and dns.lookup of Node', async (t) => {
  const lookup = `require('dns').lookup('www.example.test', { all: true }, (error, found) =>
    console.log(error ?? found.map(({ address }) => address).sort().join(' ')))`;
  const server = ours;
  const getent = await resolving(server, ['getent', 'ahosts', 'www.example.test']);
  t.regex(getent.stdout, /^192\.0\.2\.10 +STREAM/m);
  const node = await resolving(server, [process.execPath, '-e', lookup]);
  t.is(node.stdout, `${WEB.join(' ')}\n`);
});

test('the functions of Node that resolve give each type as they give it from NSD', async (t) => {
  const calls = [
    ...['web', 'www', 'six', 'any.wild', 'b.c', 'nothing', 'many'].map((name) => [
      'resolve4',
      name,
    ]),
    ...['web', 'four', 'chain1', 'nothing'].map((name) => ['resolve6', name]),
    ...['www', 'web'].map((name) => ['resolveCname', name]),
    ...['resolveMx', 'resolveNs', 'resolveSoa', 'resolveTxt'].map((call) => [call, '']),
    ['resolveSrv', '_http._tcp'],
    ['resolvePtr', '1.2.0.192.in-addr'],
    ['resolveNaptr', 'naptr'],
    ['resolveCaa', 'caa'],
    ['resolveAny', 'web'],
  ];
  const [own, theirs] = await Promise.all([ours, nsd].map((server) => resolved(server, calls)));
  t.is(own?.length, calls.length);
  t.deepEqual(own, theirs);
  t.is(own?.[0], 'resolve4 web: ["192.0.2.10","192.0.2.11"]');
  t.is(own?.[4], 'resolve4 b.c: "ENODATA"');
  t.is(own?.[5], 'resolve4 nothing: "ENOTFOUND"');
});

/** What Node's resolver (c-ares) answers to each call, by the server alone; lists are sorted. */
async function resolved(server: Listening, calls: readonly string[][]): Promise<string[]> {
  const script = `
const resolver = new (require('dns').promises.Resolver)({ timeout: 20000, tries: 1 });
resolver.setServers(['${server.address}:${server.port}']);
const text = (found) => Array.isArray(found) ? JSON.stringify(found.map((one) => JSON.stringify(one)).sort().map((one) => JSON.parse(one))) : JSON.stringify(found);
(async () => {
  for (const [call, name] of ${JSON.stringify(calls)}) {
    const found = resolver[call]([name, 'example.test'].filter(Boolean).join('.'));
    console.log(call, name + ':', await found.then(text, ({ code }) => JSON.stringify(code)));
  }
})();`;
  const { stdout, stderr } = await runBeside(hosts.cluster, server, [
    process.execPath,
    '-e',
    script,
  ]);
  if (stderr !== '') throw new Error(stderr);
  return stdout.trimEnd().split('\n');
}

/** Each line with the addresses sorted. */
function sorted(stdout: string): string[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [name, ...addresses] = line.split(' ');
      return [name, ...addresses.sort()].join(' ');
    });
}
