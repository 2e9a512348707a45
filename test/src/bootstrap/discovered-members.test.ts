import test from 'ava';
import { Address } from '../../../src/base/address.js';
import { CircuitError } from '../../../src/base/error.js';
import { DiscoveredMembers } from '../../../src/bootstrap/discovered-members.js';
import { eventually } from '../../host/cluster.js';
import { newAddress, newRecord, StubMembership } from './stub-membership.js';

function discovered() {
  const membership = new StubMembership();
  const lines: string[] = [];
  const members = new DiscoveredMembers({ membership, log: (line) => lines.push(line) });
  return { membership, lines, members };
}

test('a member is known and not joined; a stranger is joined once', async (t) => {
  const { membership, members, lines } = discovered();
  const record = newRecord();
  const address = Address.parse(record.addr);
  t.is(members.hear(address), 'new');
  t.is(members.hear(address), 'ignored');
  await eventually(
    async () => lines.length,
    (length) => length === 1,
  );
  t.deepEqual(membership.joins, [record.addr]);
  t.is(membership.byUser, 0, 'one that has left stays alone');
  membership.come(record);
  t.is(members.hear(address), 'known');
  membership.suspect(record, 0);
  t.is(members.hear(address), 'known', 'it has not gone');
  membership.go(record, 'failed');
  t.is(members.hear(address), 'new');
  members.close();
});

test('a daemon that becomes a member during the hesitation is not joined', async (t) => {
  const { membership, members } = discovered();
  // A member hesitates the longer, the more members there are: up to half a second here.
  membership.come(...Array.from({ length: 25 }, newRecord));
  const records = Array.from({ length: 20 }, newRecord);
  for (const { addr } of records) t.is(members.hear(Address.parse(addr)), 'new');
  const others = Array.from({ length: 10 }, newAddress);
  for (const other of others) t.is(members.hear(other), 'new');
  membership.come(...records);
  await eventually(
    async () => membership.joins.length,
    (length) => length >= 10,
  );
  t.deepEqual(membership.joins.toSorted(), others.map(String).sort());
  members.close();
});

test('an address that fails is left alone for a while, and logged once', async (t) => {
  const { membership, members, lines } = discovered();
  membership.answer = async () => {
    throw new CircuitError('ECONNREFUSED', 'nobody listens there');
  };
  const address = newAddress();
  t.is(members.hear(address), 'new');
  await eventually(
    async () => lines.length,
    (length) => length === 1,
  );
  for (let i = 0; i < 100; i += 1) t.is(members.hear(address), 'ignored');
  t.is(membership.joins.length, 1);
  t.deepEqual(lines, ['discovery: not joined: nobody listens there']);
  // It tries again later, and logs nothing.
  await eventually(
    async () => members.hear(address),
    (hearing) => hearing === 'new',
  );
  await eventually(
    async () => membership.joins.length,
    (length) => length === 2,
  );
  t.is(lines.length, 1);
  members.close();
});

test('only a bounded number of a flood of addresses is tried, and a daemon that is heard later has its turn', async (t) => {
  const { membership, members } = discovered();
  const hearings = Array.from({ length: 5_000 }, () => members.hear(newAddress()));
  t.true(hearings.filter((hearing) => hearing === 'new').length <= 40);
  const address = newAddress();
  await eventually(
    async () => members.hear(address),
    (hearing) => hearing === 'new',
  );
  await eventually(
    async () => membership.joins,
    (joins) => joins.includes(address.toString()),
  );
  members.close();
});

test('a join under way is given up when the member leaves', async (t) => {
  const { membership, members, lines } = discovered();
  const interrupted = new Promise<void>((resolve) => {
    membership.answer = (_address, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          resolve();
          reject(new CircuitError('EINTR', 'interrupted'));
        });
      });
  });
  members.hear(newAddress());
  await eventually(
    async () => membership.joins.length,
    (length) => length === 1,
  );
  members.interrupt();
  await interrupted;
  t.deepEqual(lines, []);
  membership.answer = async () => {};
  t.is(members.hear(newAddress()), 'new');
  await eventually(
    async () => membership.joins.length,
    (length) => length === 2,
  );
  members.close();
});
