import { randomBytes } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { Address, newSecret } from '../../../src/base/address.js';
import {
  type Announcement,
  CLOCK_WINDOW_MS,
  decodeAnnouncement,
  encodeAnnouncement,
  MAX_DATAGRAM,
} from '../../../src/bootstrap/announcement.js';
import type { ClusterKey } from '../../../src/transport/cluster-keys.js';

const newKey = () => randomBytes(32) as Buffer as ClusterKey;
const KEY = newKey();
const NOW = Date.parse('2026-01-01T00:00:00Z');
const secret = newSecret();

const address = fc
  .record({
    host: fc.oneof(
      fc.ipV4(),
      fc.ipV6().filter((text) => !text.includes('.')),
      fc.domain(),
    ),
    port: fc.integer({ min: 1, max: 65535 }),
    pid: fc.nat(),
  })
  .map(({ host, port, pid }) => new Address(host, port, pid, secret));
const id = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const announcement: fc.Arbitrary<Announcement> = fc.oneof(
  fc.record({ kind: fc.constant('announcement' as const), address }),
  fc.record({ kind: fc.constant('query' as const), id }),
  fc.record({ kind: fc.constant('answer' as const), id, address }),
);
const key = fc.constantFrom(undefined, KEY);

test('a datagram is decoded with the same key, or without a key where it has none', (t) => {
  fc.assert(
    fc.property(announcement, key, (said, clusterKey) => {
      const datagram = encodeAnnouncement(said, NOW, clusterKey);
      t.true(datagram.length <= MAX_DATAGRAM);
      t.deepEqual(decodeAnnouncement(datagram, NOW, clusterKey && [clusterKey]), said);
    }),
  );
});

test('an answer is never longer than its query', (t) => {
  fc.assert(
    fc.property(announcement, id, key, (said, of, clusterKey) => {
      const query = encodeAnnouncement({ kind: 'query', id: of }, NOW, clusterKey);
      t.is(query.length, MAX_DATAGRAM);
      t.true(encodeAnnouncement(said, NOW, clusterKey).length <= query.length);
      // A shorter query is not understood either.
      t.is(
        decodeAnnouncement(query.subarray(0, -1), NOW, clusterKey && [clusterKey]).kind,
        'refused',
      );
    }),
  );
});

test('a sealed datagram shows nothing of the address, and no two are the same', (t) => {
  const said: Announcement = { kind: 'announcement', address: new Address('host', 1, 2, secret) };
  const one = encodeAnnouncement(said, NOW, KEY);
  t.false(one.equals(encodeAnnouncement(said, NOW, KEY)));
  t.false(one.toString('latin1').includes('circuit'));
  t.false(one.toString('latin1').includes(secret));
  t.true(encodeAnnouncement(said, NOW).toString('latin1').includes(secret));
});

test('garbage of any length is refused, and nothing is thrown', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2 * MAX_DATAGRAM }), key, (bytes, clusterKey) => {
      t.is(decodeAnnouncement(Buffer.from(bytes), NOW, clusterKey && [clusterKey]).kind, 'refused');
    }),
  );
});

test('a datagram that is nearly right is understood only if that is all that it holds', (t) => {
  const damaged = fc
    .tuple(announcement, fc.array(fc.tuple(fc.nat(MAX_DATAGRAM), fc.nat(255)), { maxLength: 3 }))
    .map(([said, changes]) => {
      const datagram = encodeAnnouncement(said, 0);
      for (const [index, byte] of changes) if (index < datagram.length) datagram[index] = byte;
      return datagram;
    });
  let understood = 0;
  fc.assert(
    fc.property(damaged, (datagram) => {
      const said = decodeAnnouncement(datagram, NOW);
      if (said.kind === 'refused') return;
      understood += 1;
      const again = encodeAnnouncement(said, 0);
      // The time is not checked where nothing proves it.
      const rest = (bytes: Buffer) => [bytes.subarray(0, 7), bytes.subarray(15)];
      t.deepEqual(rest(again), rest(datagram));
    }),
    { numRuns: 2_000 },
  );
  t.true(understood > 100);
});

test('a sealed datagram is refused when any bit was changed or a part cut off', (t) => {
  fc.assert(
    fc.property(announcement, fc.nat(), fc.nat(7), (said, where, bit) => {
      const datagram = encodeAnnouncement(said, NOW, KEY);
      const short = datagram.subarray(0, where % datagram.length);
      t.is(decodeAnnouncement(short, NOW, [KEY]).kind, 'refused');
      const index = where % datagram.length;
      datagram.writeUInt8(datagram.readUInt8(index) ^ (1 << bit), index);
      t.is(decodeAnnouncement(datagram, NOW, [KEY]).kind, 'refused');
    }),
  );
});

test('another key, no key, and a key where the other has none are told apart', (t) => {
  const said: Announcement = { kind: 'announcement', address: new Address('host', 1, 2, secret) };
  const sealed = encodeAnnouncement(said, NOW, KEY);
  const plain = encodeAnnouncement(said, NOW);
  t.deepEqual(decodeAnnouncement(sealed, NOW, [newKey()]), { kind: 'refused', why: 'key' });
  t.deepEqual(decodeAnnouncement(sealed, NOW), { kind: 'refused', why: 'sealed' });
  t.deepEqual(decodeAnnouncement(plain, NOW, [KEY]), { kind: 'refused', why: 'plain' });
});

test('a datagram that was sealed with any of the keys is understood, and with no other', (t) => {
  const said: Announcement = { kind: 'announcement', address: new Address('host', 1, 2, secret) };
  const keys = [newKey(), KEY, newKey()];
  for (const each of keys) {
    t.deepEqual(decodeAnnouncement(encodeAnnouncement(said, NOW, each), NOW, keys), said);
  }
  const other = encodeAnnouncement(said, NOW, newKey());
  t.deepEqual(decodeAnnouncement(other, NOW, keys), { kind: 'refused', why: 'key' });
});

test('a sealed datagram is believed within five minutes of when it was sent, and no longer', (t) => {
  const said: Announcement = { kind: 'announcement', address: new Address('host', 1, 2, secret) };
  const sealed = encodeAnnouncement(said, NOW, KEY);
  for (const clock of [NOW - CLOCK_WINDOW_MS, NOW, NOW + CLOCK_WINDOW_MS]) {
    t.deepEqual(decodeAnnouncement(sealed, clock, [KEY]), said);
  }
  for (const clock of [0, NOW - CLOCK_WINDOW_MS - 1, NOW + CLOCK_WINDOW_MS + 1, 2 ** 52]) {
    t.deepEqual(decodeAnnouncement(sealed, clock, [KEY]), { kind: 'refused', why: 'clock' });
  }
});

test('an address with control characters in it, or that is too long, is neither announced nor taken', (t) => {
  const of = (host: string): Announcement => ({
    kind: 'announcement',
    address: new Address(host, 1, 2, secret),
  });
  const controls = encodeAnnouncement(of('a\u001b[2J'), NOW);
  t.deepEqual(decodeAnnouncement(controls, NOW), { kind: 'refused', why: 'garbage' });
  t.throws(() => encodeAnnouncement(of('h'.repeat(500)), NOW), { code: 'EINVAL' });
  t.notThrows(() => encodeAnnouncement(of('h'.repeat(253)), NOW, KEY));
});
