import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import test from 'ava';
import { decodeAnnouncement, encodeAnnouncement } from '../../src/bootstrap/announcement.js';
import { Cluster } from './cluster.js';
import { Lan } from './lan.js';
import { areOne, logged, members, newGroup } from './multicast.js';

test('three daemons that are started with --discover find each other, over loopback alone', async (t) => {
  const cluster = new Cluster(t);
  const { address, text } = newGroup();
  const daemons = await Promise.all([1, 2, 3].map(() => cluster.start('--discover', text)));
  await areOne(daemons);
  for (const daemon of daemons) {
    t.regex(daemon.log(), new RegExp(`discovery on ${text} over lo is not encrypted`));
  }
  const { stdout } = await cluster.sh(`ip -o maddr show | grep ${address}`);
  t.regex(stdout, /^(\d+:\s+lo\b.*\n)+$/);
});

test('$CIRCUIT_DISCOVER does as --discover; one that is killed is found again when it restarts', async (t) => {
  const cluster = new Cluster(t);
  const env = { ...process.env, CIRCUIT_DISCOVER: newGroup().text };
  const [a, b] = [await cluster.startWith({ env }), await cluster.startWith({ env })];
  await areOne([a, b]);
  await b.stop('SIGKILL');
  const again = await cluster.startWith({ env });
  t.is((await areOne([a, again])).length, 2);
});

test('ten daemons that are started in quick succession are one network', async (t) => {
  const cluster = new Cluster(t);
  const { text } = newGroup();
  const start = () => cluster.start('--discover', text);
  const daemons = await Promise.all(Array.from({ length: 10 }, start));
  t.is((await areOne(daemons)).length, 10);
});

test('with a cluster key only those who have it find each other, and the rest is told so', async (t) => {
  const cluster = new Cluster(t);
  const { text } = newGroup();
  await cluster.circuit(['keygen']).then(({ stdout }) => cluster.sh(`echo '${stdout}' > key1`));
  await cluster.circuit(['keygen']).then(({ stdout }) => cluster.sh(`echo '${stdout}' > key2`));
  const keyed = (key: string) =>
    cluster.start('--discover', text, '--hmac', `${cluster.directory}/${key}`);
  const plain = await cluster.start('--discover', text);
  const other = await keyed('key2');
  const same = await Promise.all([keyed('key1'), keyed('key1'), keyed('key1')]);
  await areOne(same);
  t.regex(same[0].log(), /sealed with the cluster key/);
  await logged(plain, /127\.0\.0\.1 is not understood: it has a cluster key, and we have none/);
  await logged(other, /is not understood: it has no cluster key/);
  await logged(other, /is not understood: it has another cluster key/);
  t.is((await members(plain)).length, 1);
  t.is((await members(other)).length, 1);
  await areOne(same);
  // Said once, however often they go on.
  t.is(other.log().split('another cluster key').length, 2);
});

test('one that has left is not found again by discovery, until it is joined', async (t) => {
  const cluster = new Cluster(t);
  const { text } = newGroup();
  const [a, b] = [
    await cluster.start('--discover', text),
    await cluster.start('--discover', text),
  ] as const;
  await areOne([a, b]);
  t.is((await cluster.sh(`echo > ${b.mountpoint}/.self/leave`)).status, 0);
  // Its announcement, and those that it brings about, are heard by all.
  const c = await cluster.start('--discover', text);
  await areOne([a, c]);
  // Nor are commands sent to it.
  for (let i = 0; i < 5; i += 1) {
    const { stdout } = await cluster.circuit(['ls', '--discover', text]);
    t.is(stdout.split('\n').length - 1, 2);
  }
  const d = await cluster.start('--discover', text);
  await areOne([a, c, d]);
  t.is((await members(b)).length, 1);
  t.is((await cluster.sh(`echo ${a.address} > ${b.mountpoint}/.self/join`)).status, 0);
  const e = await cluster.start('--discover', text);
  await areOne([a, b, c, d, e]);
});

test('daemons on several hosts find each other, each on the interface that it listens on', async (t) => {
  const cluster = new Cluster(t);
  const [one = '', two = '', three = ''] = (await Lan.of(cluster, 3)).hosts;
  const { text } = newGroup();
  const options = ['--discover', text];
  const a = await cluster.startWith({ netns: one }, ...options, '-a', ':0', '--if', 'eth0');
  const b = await cluster.startWith({ netns: two }, ...options, '-a', '10.98.0.2:0');
  const c = await cluster.startWith({ netns: three }, ...options, '-a', ':0');
  // It shares a host with the first, but is to be reached on its loopback alone.
  const apart = await cluster.startWith({ netns: one }, ...options);
  await areOne([a, b, c]);
  t.regex(a.log(), /over eth0 is not encrypted/);
  t.regex(c.log(), /over (lo, eth0|eth0, lo) is not encrypted/);
  t.regex(apart.log(), /over lo is not encrypted/);
  t.is((await members(apart)).length, 1);
  for (const { address } of [a, b, c]) t.regex(address, /^circuit:\/\/10\.98\.0\.\d:/);
});

test('an IPv6 group finds daemons on other hosts', async (t) => {
  const cluster = new Cluster(t);
  const [one = '', two = ''] = (await Lan.of(cluster, 2)).hosts;
  const options = ['--discover', '[ff02::8822]:18822', '-a', ':0'];
  const a = await cluster.startWith({ netns: one }, ...options);
  const b = await cluster.startWith({ netns: two }, ...options, '--if', 'eth0');
  t.is((await areOne([a, b])).length, 2);
});

test('what is wrong with --discover is a sentence, exit 1, and nothing is left behind', async (t) => {
  const cluster = new Cluster(t);
  const { address, port, text } = newGroup();
  const other = createSocket('udp4');
  t.teardown(() => other.close());
  const bound = once(other, 'listening');
  other.bind(port, address);
  await bound;
  const wrong = [
    ['10.0.0.1:8822', /10\.0\.0\.1 is not a multicast address \(224\.0\.0\.0 to/],
    ['228.8.8.8', /228\.8\.8\.8 is not GROUP:PORT, as 228\.8\.8\.8:8822/],
    [text, /239\.255\.\d+\.\d+:\d+ is in use by another program/],
    [
      '[ff02::8822]:8822',
      /no multicast: the interface of 127\.0\.0\.1 has no IPv6 link-local address/,
    ],
  ] as const;
  for (const [group, sentence] of wrong) {
    const daemon = cluster.launch(['--discover', group]);
    t.is(await daemon.ended, 1);
    const complaints = daemon
      .log()
      .split('\n')
      .filter((line) => line.startsWith('circuit: '));
    t.is(complaints.length, 1, daemon.log());
    t.regex(complaints[0] ?? '', sentence);
    t.deepEqual(readdirSync(daemon.mountpoint), []);
  }
});

test('a query gets one answer, to the asker and no longer than it; garbage gets none', async (t) => {
  const cluster = new Cluster(t);
  const { address, port, text } = newGroup();
  const daemon = await cluster.start('--discover', text);
  const asker = createSocket('udp4');
  t.teardown(() => asker.close());
  const bound = once(asker, 'listening');
  asker.bind(0, '127.0.0.1');
  await bound;
  asker.setMulticastInterface('127.0.0.1');
  const received: Buffer[] = [];
  asker.on('message', (datagram) => received.push(datagram));
  const query = (id: bigint) => encodeAnnouncement({ kind: 'query', id }, 0);
  const garbage = [
    Buffer.alloc(0),
    Buffer.from('hello'),
    Buffer.alloc(60_000, 0xff),
    query(1n).subarray(0, 100),
    Buffer.concat([query(2n), Buffer.alloc(1)]),
    encodeAnnouncement({ kind: 'query', id: 3n }, Date.now(), Buffer.alloc(32) as never),
  ];
  for (const datagram of garbage) asker.send(datagram, port, address);
  // To this host alone, from wherever it comes: the group is what is listened to.
  asker.send(query(4n), port, '127.0.0.1');
  asker.send(query(5n), port, address);
  while (received.length === 0) await once(asker, 'message');
  asker.send(query(6n), port, address);
  while (received.length < 2) await once(asker, 'message');
  const said = received.map((datagram) => decodeAnnouncement(datagram, Date.now()));
  t.deepEqual(
    said.map((one) => one.kind === 'answer' && [one.id, one.address.toString()]),
    [
      [5n, daemon.address],
      [6n, daemon.address],
    ],
  );
  t.true(received.every(({ length }) => length <= 512));
  t.regex(daemon.log(), /is not understood: it is another program/);
});

test('addresses that are made up do not hold up a daemon, nor fill its log', async (t) => {
  const cluster = new Cluster(t);
  const { address, port, text } = newGroup();
  const a = await cluster.start('--discover', text);
  const liar = createSocket('udp4');
  t.teardown(() => liar.close());
  const bound = once(liar, 'listening');
  liar.bind(0, '127.0.0.1');
  await bound;
  liar.setMulticastInterface('127.0.0.1');
  const { Address, newSecret } = await import('../../src/base/address.js');
  const lie = () => {
    // Port 1 of loopback: nobody listens there.
    const made = new Address('127.0.0.1', 1, 1, newSecret());
    liar.send(encodeAnnouncement({ kind: 'announcement', address: made }, 0), port, address);
  };
  for (let i = 0; i < 2_000; i += 1) lie();
  const b = await cluster.start('--discover', text);
  await areOne([a, b]);
  const failures = a.log().split('discovery: not joined').length - 1;
  t.true(failures > 0 && failures < 300, `${failures} lines`);
});
