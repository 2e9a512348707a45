import test from 'ava';
import { NOBODY } from './cluster.js';
import { runBeside } from './dig.js';
import { freePort, NameServerHosts, OurServer } from './name-servers.js';

/** What is set, what is asked, and the record as it is then: as RFC 1035, 5.1, and each type's RFC write it. */
const RECORDS: readonly (readonly [set: string, shown: string])[] = [
  ['a.miek.nl. 3600 IN A 192.0.2.1', 'a.miek.nl. 3600 IN A 192.0.2.1'],
  ['aaaa.miek.nl. AAAA 2001:DB8:0:0::1', 'aaaa.miek.nl. 3600 IN AAAA 2001:db8::1'],
  ['mapped.miek.nl. AAAA ::ffff:192.0.2.1', 'mapped.miek.nl. 3600 IN AAAA ::ffff:192.0.2.1'],
  ['cname.miek.nl. 60 CNAME a.miek.nl.', 'cname.miek.nl. 60 IN CNAME a.miek.nl.'],
  ['miek.nl. 3600 IN MX 10 mx.miek.nl.', 'miek.nl. 3600 IN MX 10 mx.miek.nl.'],
  ['miek.nl. NS ns.example.net.', 'miek.nl. 3600 IN NS ns.example.net.'],
  [
    'soa.miek.nl. SOA ns.miek.nl. host\\.master.miek.nl. ( 2026113001 7200 3600 1209600 300 )',
    'soa.miek.nl. 3600 IN SOA ns.miek.nl. host\\.master.miek.nl. 2026113001 7200 3600 1209600 300',
  ],
  [
    '_sip._tcp.miek.nl. SRV 10 60 5060 sip.miek.nl.',
    '_sip._tcp.miek.nl. 3600 IN SRV 10 60 5060 sip.miek.nl.',
  ],
  ['txt.miek.nl. TXT plain', 'txt.miek.nl. 3600 IN TXT "plain"'],
  [
    'spf.miek.nl. TXT "v=spf1  include:_spf.example.net   -all"',
    'spf.miek.nl. 3600 IN TXT "v=spf1  include:_spf.example.net   -all"',
  ],
  [
    'two.miek.nl. TXT "semi ; colon" "quote \\" and \\\\" ; a comment',
    'two.miek.nl. 3600 IN TXT "semi ; colon" "quote \\" and \\\\"',
  ],
  ['bytes.miek.nl. TXT "\\065\\000\\255"', 'bytes.miek.nl. 3600 IN TXT "A\\000\\255"'],
  ['empty.miek.nl. TXT ""', 'empty.miek.nl. 3600 IN TXT ""'],
  [
    'caa.miek.nl. CAA 128 issue "ca.example.net; account=1"',
    'caa.miek.nl. 3600 IN CAA 128 issue "ca.example.net; account=1"',
  ],
  [
    'naptr.miek.nl. NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@miek.nl!" .',
    'naptr.miek.nl. 3600 IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@miek.nl!" .',
  ],
  [
    'https.miek.nl. HTTPS 1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1',
    'https.miek.nl. 3600 IN HTTPS 1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1',
  ],
  ['svcb.miek.nl. SVCB 0 a.miek.nl.', 'svcb.miek.nl. 3600 IN SVCB 0 a.miek.nl.'],
  ['new.miek.nl. TYPE65280 \\# 4 0A000001', 'new.miek.nl. 3600 IN TYPE65280 \\# 4 0A000001'],
  ['known.miek.nl. TYPE1 \\# 4 C0000201', 'known.miek.nl. 3600 IN A 192.0.2.1'],
  ['4.2.0.192.in-addr.arpa. IN PTR a.miek.nl.', '4.2.0.192.in-addr.arpa. 3600 IN PTR a.miek.nl.'],
  // Lines that zones have, and that libraries misread.
  ['10 3600 IN PTR ten.miek.nl.', '10. 3600 IN PTR ten.miek.nl.'],
  ['order.miek.nl. IN 300 A 192.0.2.2', 'order.miek.nl. 300 IN A 192.0.2.2'],
  ['small.miek.nl. in a 192.0.2.3', 'small.miek.nl. 3600 IN A 192.0.2.3'],
  ['nodot.miek.nl A 192.0.2.4', 'nodot.miek.nl. 3600 IN A 192.0.2.4'],
  ['tabs.miek.nl.\t60\tIN\tA\t192.0.2.5', 'tabs.miek.nl. 60 IN A 192.0.2.5'],
  ['zero.miek.nl. 0 A 192.0.2.6', 'zero.miek.nl. 0 IN A 192.0.2.6'],
  ['one\\.label.miek.nl. A 192.0.2.7', 'one\\.label.miek.nl. 3600 IN A 192.0.2.7'],
  ['\\100igits.miek.nl. A 192.0.2.8', 'digits.miek.nl. 3600 IN A 192.0.2.8'],
  ['open.miek.nl. MX ( 10 mx.miek.nl. )', 'open.miek.nl. 3600 IN MX 10 mx.miek.nl.'],
  ['Case.Miek.NL. A 192.0.2.12', 'case.miek.nl. 3600 IN A 192.0.2.12'],
];

/** Lines that are no record, or none that a name server could give. */
const BAD: readonly string[] = [
  'nonsense',
  'a.miek.nl.',
  'a.miek.nl. A',
  'a.miek.nl. A 1.2.3.999',
  'a.miek.nl. A 1.2.3',
  'a.miek.nl. A 192.0.2.1 192.0.2.2',
  'a..miek.nl. A 192.0.2.1',
  '.miek.nl. A 192.0.2.1',
  `${'l'.repeat(64)}.miek.nl. A 192.0.2.1`,
  `${'label.'.repeat(43)} A 192.0.2.1`,
  'a.miek.nl. AAAA 2001:db8:::1',
  'a.miek.nl. AAAA 192.0.2.1',
  'a.miek.nl. MX mx.miek.nl.',
  'a.miek.nl. MX 65536 mx.miek.nl.',
  'a.miek.nl. MX -1 mx.miek.nl.',
  `a.miek.nl. TXT "${'x'.repeat(256)}"`,
  'a.miek.nl. TXT',
  'a.miek.nl. TXT "not closed',
  'a.miek.nl. TXT \\256',
  'a.miek.nl. MX ( 10 mx.miek.nl.',
  'a.miek.nl. MX 10 mx.miek.nl. )',
  'a.miek.nl. CH A 192.0.2.1',
  'a.miek.nl. NOTYPE 1',
  'a.miek.nl. 4294967296 A 192.0.2.1',
  'a.miek.nl. TYPE65280 \\# 3 0A000001',
  'a.miek.nl. TYPE65280 \\# 4 0A00000',
  'a.miek.nl. ANY 1',
  'a.miek.nl. TYPE255 \\# 0',
  'a.miek.nl. TYPE65536 \\# 0',
  'a.miek.nl. SRV 1 2 3',
  'a.miek.nl. SOA ns.miek.nl. h.miek.nl. 1 2 3 4',
  'a.miek.nl. CAA 256 issue "x"',
  'a.miek.nl. HTTPS 1 . nokey=',
  ' A 192.0.2.1',
  '"a.miek.nl." A 192.0.2.1',
];

const ends: (() => unknown)[] = [];
let hosts: NameServerHosts;

test.before(async () => {
  hosts = await NameServerHosts.start({ teardown: (end) => ends.push(end) }, 2);
});

test.after.always(async () => {
  for (const end of ends.reverse()) await end();
});

for (const view of ['own', 'other'] as const) {
  test(`each type of record that echo sets is what dig gives, ${view} mount`, async (t) => {
    const server = await hosts.serve([], view);
    await server.setAll(RECORDS.map(([set]) => set));
    const questions = RECORDS.map(([, shown]) => {
      const [name = '', , , type = ''] = shown.split(' ');
      return `${name} ${type}`;
    });
    const answers = await server.ask(questions);
    for (const [i, [set, shown]] of RECORDS.entries()) {
      const answer = answers[i]?.answer ?? [];
      t.deepEqual(answer.map(withSmallOwner), [shown], set);
    }
  });
}

/** The owner of an answer is as it was asked for. */
function withSmallOwner(record: string): string {
  return record.replace(/^\S+/, (owner) => owner.toLowerCase());
}

test('a line that is no record is EINVAL, says why, and changes nothing', async (t) => {
  const server = await hosts.serve(['miek.nl. A 192.0.2.1']);
  const before = await server.sh('cat records');
  t.is(before.status, 0);
  // All in one shell: to start one for each would take longer than all that they do.
  const tried = await server.sh(
    `while IFS= read -r line; do
      /usr/bin/printf '%s\\n' "$line" 2>&1 > set | sed 's/.*: //' | tr '\\n' '|'; cat error
    done`,
    BAD.map((line) => `${line}\n`).join(''),
  );
  const said = tried.stdout.trimEnd().split('\n');
  for (const [i, line] of BAD.entries()) t.regex(said[i] ?? '', /^Invalid argument\|.{15,}/, line);
  t.is((await server.sh('cat records')).stdout, before.stdout);
});

test('a name server answers dig by UDP and TCP, with EDNS and without, and copies the question', async (t) => {
  const many = Array.from({ length: 60 }, (_, i) => `many.miek.nl. A 198.51.100.${i + 1}`);
  const server = await hosts.serve(['miek.nl. A 192.0.2.1', 'miek.nl. MX 10 mx.miek.nl.', ...many]);
  const one = await server.askOne('mIEk.nl A', '+recurse');
  t.is(one.question, 'mIEk.nl. IN A');
  t.deepEqual([one.status, one.flags], ['NOERROR', 'qr aa rd']);
  t.regex(one.edns, /^version: 0, flags:; udp: 1232$/);
  t.notRegex(one.text, /COOKIE/);
  t.is((await server.askOne('miek.nl A', '+noedns')).edns, '');
  t.is((await server.askOne('miek.nl A', '+edns=7', '+noednsnegotiation')).status, 'BADVERS');
  t.is((await server.askOne('miek.nl A', '+ednsopt=65001:abcd')).status, 'NOERROR');
  t.is((await server.askOne('miek.nl A', '+opcode=UPDATE')).status, 'NOTIMP');
  t.is((await server.askOne('miek.nl A CH')).status, 'REFUSED');
  t.is((await server.askOne('miek.nl ANY')).answer.length, 1);
  const cut = ['+ignore'];
  for (const size of ['+noedns', '+bufsize=512', '+bufsize=100']) {
    const answer = await server.askOne('many.miek.nl A', size, ...cut);
    t.deepEqual([answer.flags, answer.answer], ['qr aa tc', []], size);
  }
  t.is((await server.askOne('many.miek.nl A', '+bufsize=1232', ...cut)).answer.length, 60);
  for (const how of [['+noedns'], ['+tcp'], ['+tcp', '+noedns']]) {
    t.is((await server.askOne('many.miek.nl A', ...how)).answer.length, 60, `${how}`);
  }
  const kept = await server.ask(['miek.nl A', 'miek.nl MX', 'x.miek.nl A'], '+tcp', '+keepopen');
  t.deepEqual(
    kept.map(({ status, answer }) => `${status} ${answer.length}`),
    ['NOERROR 1', 'NOERROR 1', 'NXDOMAIN 0'],
  );
});

test('kdig gets its answers by one TCP connection', async (t) => {
  const server = await hosts.serve(['miek.nl. A 192.0.2.1', 'miek.nl. MX 10 mx.miek.nl.']);
  const at = [`@${server.address}`, '-p', String(server.port), '+time=20', '+retry=0'];
  for (const how of [['+notcp'], ['+tcp'], ['+tcp', '+keepopen']]) {
    const argv = ['kdig', ...at, ...how, '+short', 'miek.nl', 'A', 'miek.nl', 'MX'];
    const { stdout, stderr } = await runBeside(hosts.cluster, server, argv);
    t.deepEqual([stdout, stderr], ['192.0.2.1\n10 mx.miek.nl.\n', ''], `${how}`);
  }
});

test('queries that come in one segment, or in single bytes, are all answered by TCP', async (t) => {
  const server = await hosts.serve(['miek.nl. A 192.0.2.1']);
  const python = `
import socket, struct
def query(id, type):
    body = struct.pack('>6H', id, 0, 1, 0, 0, 0) + b'\\4miek\\2nl\\0' + struct.pack('>2H', type, 1)
    return struct.pack('>H', len(body)) + body
s = socket.create_connection(('${server.address}', ${server.port}))
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
f = s.makefile('rb')
def answer():
    length, = struct.unpack('>H', f.read(2))
    id, flags, _, answers = struct.unpack('>4H', f.read(length)[:8])
    return id, flags & 15, answers
s.sendall(query(1, 1) + query(2, 28) + query(1, 1))
print(sorted(answer() for _ in range(3)))
for byte in query(3, 1): s.sendall(bytes([byte]))
print(answer())
s.shutdown(socket.SHUT_WR)
print(f.read())`;
  const { stdout, stderr } = await runBeside(hosts.cluster, server, ['python3', '-c', python]);
  t.is(stdout, "[(1, 0, 1), (1, 0, 1), (2, 0, 0)]\n(3, 0, 1)\nb''\n", stderr);
});

test('without a SOA record, too, NODATA, NXDOMAIN and what is not ours are told apart', async (t) => {
  const server = await hosts.serve(['miek.nl. A 192.0.2.1']);
  const [nodata, nothing, foreign] = await server.ask([
    'miek.nl MX',
    'x.miek.nl A',
    'example.org A',
  ]);
  t.deepEqual([nodata?.status, nodata?.flags, nodata?.answer], ['NOERROR', 'qr aa', []]);
  t.regex(nodata?.authority.join() ?? '', /^miek\.nl\. \d+ IN SOA /);
  t.deepEqual([nothing?.status, nothing?.flags, nothing?.answer], ['NXDOMAIN', 'qr aa', []]);
  t.regex(nothing?.authority.join() ?? '', /^miek\.nl\. \d+ IN SOA /);
  t.deepEqual([foreign?.status, foreign?.flags, foreign?.authority], ['REFUSED', 'qr', []]);
});

test('unset takes all records of a name, whatever its case and its dot; records and peek tell what is left', async (t) => {
  const server = await hosts.serve([
    'miek.nl. 3600 IN MX 10 mx.miek.nl.',
    'miek.nl. A 192.0.2.1',
    'www.miek.nl. A 192.0.2.2',
  ]);
  const listed = ['miek.nl.\t3600\tIN\tMX\t10 mx.miek.nl.', 'miek.nl.\t3600\tIN\tA\t192.0.2.1'];
  const kept = 'www.miek.nl.\t3600\tIN\tA\t192.0.2.2';
  const lines = (text: string) => text.trimEnd().split('\n').sort();
  t.deepEqual(lines((await server.sh('cat records')).stdout), [...listed, kept].sort());
  const peeked = JSON.parse((await server.sh('cat peek')).stdout);
  t.is(peeked.Address, `${server.address}:53`);
  t.deepEqual(peeked.Records['www.miek.nl.'], [kept]);
  t.is((await server.sh('cat addr')).stdout, `${server.address}:53\n`);
  t.is((await server.sh('echo MIEK.nl > unset')).status, 0);
  t.is((await server.sh('cat records')).stdout, `${kept}\n`);
  t.is((await server.askOne('miek.nl MX')).answer.length, 0);
  t.is((await server.askOne('www.miek.nl A')).answer.length, 1);
});

test('a zone file with comments is set by cat, up to a line that error names and quotes', async (t) => {
  const server = await hosts.serve([]);
  const zone =
    '; a zone\n\nmiek.nl. SOA (\n a. b. ; names\n 1 2 3 4 5 )\n www.miek.nl. A 192.0.2.1\n';
  const set = await server.sh('cat > set; cat error records', zone);
  t.regex(set.stderr, /Invalid argument/);
  const [sentence, ...records] = set.stdout.trimEnd().split('\n');
  t.regex(
    sentence ?? '',
    /^line 6 of this write, " www\.miek\.nl\. A 192\.0\.2\.1": the record begins/,
  );
  t.deepEqual(records, ['miek.nl.\t3600\tIN\tSOA\ta. b. 1 2 3 4 5']);
});

test('a name server that is full is ENOSPC, and another member reads the whole of it', async (t) => {
  const server = await hosts.serve([], 'other');
  // A quote takes two bytes of a line, and eight of a message between members.
  const text = `"${'\\"'.repeat(250)}" `.repeat(200);
  const zone = Array.from({ length: 20 }, (_, i) => `h${i}.test. TXT ${text}\n`).join('');
  const set = await server.sh('cat > set; cat error', zone);
  t.regex(set.stderr, /No space left on device/);
  const [, refused = ''] = /no room for the record of "h(\d+)\./.exec(set.stdout) ?? [];
  const peeked = JSON.parse((await server.sh('cat peek')).stdout);
  t.is(Object.keys(peeked.Records).length, Number(refused), set.stdout);
  t.is((await server.sh('cat records | wc -l')).stdout.trim(), refused);
  t.is((await server.sh('echo h0.test > unset && echo test. A 192.0.2.1 > set')).status, 0);
});

test('scrub closes both ports at once, and the same address can be taken again', async (t) => {
  const server = await hosts.serve(['miek.nl. A 192.0.2.1']);
  t.is((await server.askOne('miek.nl A', '+tcp')).status, 'NOERROR');
  t.is((await server.sh('echo > scrub')).status, 0);
  const sockets = ['ss', '-H', '-lntu', 'src', server.address];
  t.is((await runBeside(hosts.cluster, server, sockets)).stdout, '');
  const again = await server.sh(`echo ${server.address}:53 > mkdns; cat kind addr records`);
  t.is(again.stdout.trim(), `dns\n${server.address}:53`, again.stderr);
  const taken = await server.sh(`mkdir b && /bin/echo ${server.address}:53 > b/mkdns; cat b/error`);
  t.regex(taken.stderr, /Address already in use/);
  t.regex(taken.stdout, /\S+ \S+/);
});

test('an empty line picks a free port, the same for UDP and TCP; what cannot be an address is EINVAL', async (t) => {
  const self = `${hosts.directory('own')}/free`;
  const { cluster, netns } = hosts;
  const made = await cluster.sh(`mkdir ${self} && echo > ${self}/mkdns && cat ${self}/addr`);
  const [, host = '', port = ''] = /^(?:\[?)([^\]]*?)\]?:(\d+)\n$/.exec(made.stdout) ?? [];
  const address = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  await cluster.sh(`echo miek.nl A 192.0.2.1 > ${self}/set`);
  for (const how of ['+notcp', '+tcp']) {
    const argv = ['dig', `@${address}`, '-p', port, '+short', how, 'miek.nl'];
    t.is((await runBeside(cluster, { netns }, argv)).stdout, '192.0.2.1\n', how);
  }
  for (const [text, errno] of [
    ['192.0.2.1:5353', 'Cannot assign requested address'],
    ['nonsense:99999', 'Invalid argument'],
    ['{"Listen": 3}', 'Invalid argument'],
    ['{"Unknown": "x"}', 'Invalid argument'],
  ]) {
    const bad = `${hosts.directory('own')}/bad`;
    const tried = await cluster.sh(
      `mkdir -p ${bad} && /bin/echo '${text}' > ${bad}/mkdns; cat ${bad}/error`,
    );
    t.true(tried.stderr.includes(`${errno}`), `${text}: ${tried.stderr}`);
    t.regex(tried.stdout, /\S+ \S+/);
  }
});

test('a low port is not for every user: EACCES, and a sentence; the ports of a daemon that has ended are free', async (t) => {
  const { cluster } = hosts;
  const port = await freePort('127.0.0.1');
  const make = async (end: 'SIGTERM' | 'SIGKILL', ...addresses: readonly string[]) => {
    const daemon = await cluster.startWith({ uid: NOBODY }, '--no-mount');
    const circuit = (...args: string[]) => cluster.circuit([...args, '-d', daemon.address]);
    const name = (await circuit('ls', '/')).stdout.trim();
    const made = addresses.map((address, i) => circuit('mkdns', `${name}/${i}`, address));
    const results = await Promise.all(made);
    await daemon.stop(end);
    return results;
  };
  const [low, high] = await make('SIGKILL', '127.0.0.1:53', `127.0.0.1:${port}`);
  t.is(low?.status, 1);
  t.regex(low?.stderr ?? '', /127\.0\.0\.1:53/);
  t.deepEqual([high?.status, high?.stderr], [0, '']);
  const [again] = await make('SIGTERM', `127.0.0.1:${port}`);
  t.deepEqual([again?.status, again?.stderr], [0, '']);
});

test('a name server listens on an IPv6 address as well', async (t) => {
  const { cluster, netns } = hosts;
  const anchor = `${hosts.directory('own')}/six`;
  const made = await cluster.sh(
    `mkdir ${anchor} && echo '[::1]:53' > ${anchor}/mkdns && cat ${anchor}/addr`,
  );
  t.is(made.stdout, '[::1]:53\n', made.stderr);
  const server = new OurServer(cluster, anchor, { address: '::1', port: 53, netns });
  await server.setAll(['miek.nl. AAAA 2001:db8::1']);
  for (const how of ['+notcp', '+tcp']) {
    const { answer } = await server.askOne('miek.nl AAAA', how);
    t.deepEqual(answer, ['miek.nl. 3600 IN AAAA 2001:db8::1']);
  }
});
