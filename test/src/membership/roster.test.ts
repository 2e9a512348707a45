import test from 'ava';
import fc from 'fast-check';
import { Address, type MemberName, newSecret } from '../../../src/base/address.js';
import { TOMBSTONE_LIFE_MS } from '../../../src/membership/parameters.js';
import type { MemberRecord, MemberState } from '../../../src/membership/record.js';
import { Roster } from '../../../src/membership/roster.js';

const addr = new Address('host', 1, 1, newSecret()).toString();

function record(index: number, state: MemberState = 'alive', incarnation = 0): MemberRecord {
  const name = `X${index.toString(16).padStart(2, '0').padEnd(16, '0')}` as MemberName;
  return { name, addr, joined: 0, incarnation, state, host: '', version: '' };
}

const self = record(255);
const news = fc.array(
  fc.tuple(fc.nat(20), fc.constantFrom('alive', 'suspect', 'failed', 'left'), fc.nat(3)),
);

test('rosters that took the same news in any order list the same members and have equal digests', (t) => {
  fc.assert(
    fc.property(news, fc.infiniteStream(fc.nat()), (items, order) => {
      const [one, other] = [new Roster(self), new Roster(self)];
      for (const item of items) one.merge(record(...item), 0);
      const shuffled = items
        .map((item) => ({ item, key: Number(order.next().value) }))
        .sort((a, b) => a.key - b.key);
      for (const { item } of shuffled) other.merge(record(...item), 0);
      t.deepEqual(other.listed(), one.listed());
      t.is(other.digest, one.digest);
      t.deepEqual(other.hashes, one.hashes);
      t.is(one.size, one.listed().length);
    }),
  );
});

test('rosters that list different members, or other incarnations, differ in just those buckets', (t) => {
  const [one, other] = [new Roster(self), new Roster(self)];
  for (const roster of [one, other]) for (let i = 0; i < 20; i += 1) roster.merge(record(i), 0);
  other.merge(record(3, 'failed'), 0);
  other.merge(record(7, 'alive', 1), 0);
  // A suspicion passes too quickly to be compared.
  other.merge(record(9, 'suspect'), 0);
  t.not(one.digest, other.digest);
  const differing = one.hashes.flatMap((hash, bucket) =>
    hash === other.hashes[bucket] ? [] : bucket,
  );
  t.deepEqual(differing, [3, 7]);
  t.deepEqual(other.listedIn(new Set([7, 3])), [[record(7, 'alive', 1)], []]);
});

test('a member that has gone is remembered for a day, and is not drawn', (t) => {
  const roster = new Roster(self);
  roster.merge(record(1), 0);
  roster.merge(record(1, 'failed'), 1_000);
  t.is(roster.since(record(1).name), 1_000);
  t.is(roster.random(Math.random), undefined);
  t.deepEqual(roster.randomFailed(Math.random, 1_000), record(1, 'failed'));
  t.false(roster.merge(record(1), 2_000), 'late news does not bring it back');
  roster.merge(record(2, 'left'), 1_000 + TOMBSTONE_LIFE_MS);
  t.is(roster.get(record(1).name), undefined);
  roster.merge(record(3), 0);
  roster.merge(record(3, 'failed'), 2_000 + TOMBSTONE_LIFE_MS);
  t.is(roster.randomFailed(Math.random, 2_000 + 2 * TOMBSTONE_LIFE_MS), undefined);
  t.is(roster.get(record(3).name), undefined, 'also when nobody else goes');
});

test('a member that came back at another address is in its state since then', (t) => {
  const roster = new Roster(self);
  const moved = new Address('host', 2, 1, newSecret()).toString();
  roster.merge(record(1), 0);
  roster.merge(record(1, 'suspect'), 1_000);
  roster.merge(record(1, 'alive', 1), 2_000);
  roster.merge({ ...record(1, 'alive', 2), addr: moved }, 3_000);
  t.is(roster.since(record(1).name), 3_000);
});

test('each failed member is drawn, and none that left', (t) => {
  const roster = new Roster(self);
  for (let index = 0; index < 20; index += 1) {
    roster.merge(record(index), 0);
    roster.merge(record(index, index % 4 === 0 ? 'failed' : 'left'), 0);
  }
  const drawn = Array.from({ length: 5 }, (_, fifth) => roster.randomFailed(() => fifth / 5, 0));
  t.deepEqual(
    drawn.map((one) => one?.name),
    [0, 4, 8, 12, 16].map((index) => record(index).name),
  );
});
