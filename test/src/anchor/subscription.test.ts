import test from 'ava';
import fc from 'fast-check';
import { LocalMember } from '../../../src/anchor/local-member.js';
import { OperationsLog } from '../../../src/base/log.js';
import { MAX_MEMBERS } from '../../../src/membership/parameters.js';
import { newRecord, StubMembership } from '../bootstrap/stub-membership.js';

/** A member whose network is what the test says. */
function member() {
  const membership = new StubMembership();
  const log = new OperationsLog(() => {});
  return { membership, local: new LocalMember({ membership, log, shutdown: () => {} }) };
}

/** The events that wait in a subscription, in order. */
async function received(local: LocalMember, path: readonly string[]): Promise<string[]> {
  using files = await local.files(path);
  const events: string[] = [];
  for (;;) {
    const event = files.source('recv');
    if (!(await event.ready())) return events;
    const data = await event.read(100);
    events.push(Buffer.from(data).toString());
    await event.settled(data, true);
    event.close();
  }
}

test('@join tells of the members that are there when it is made, then of those that come: none missed, none twice', async (t) => {
  const step = fc.constantFrom('come', 'go', 'subscribe');
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { membership, local } = member();
      const expected: string[][] = [];
      for (const what of steps) {
        if (what === 'come') {
          const guest = newRecord();
          membership.come(guest);
          for (const each of expected) each.push(`/${guest.name}\n`);
        }
        if (what === 'go') {
          const guest = membership.members().find(({ name }) => name !== membership.self.name);
          if (guest) membership.go(guest, 'failed');
        }
        if (what === 'subscribe') {
          const making = local.make([`${expected.length}`], 'mk@join', '');
          // A member that comes before it is made is in the list.
          const guest = newRecord();
          membership.come(guest);
          for (const each of expected) each.push(`/${guest.name}\n`);
          using _subscription = await making;
          expected.push(membership.members().map(({ name }) => `/${name}\n`));
        }
      }
      for (const [index, events] of expected.entries()) {
        t.deepEqual(await received(local, [`${index}`]), events);
      }
    }),
  );
});

test('@leave tells of no member that is there', async (t) => {
  const { membership, local } = member();
  const [a, b] = [newRecord(), newRecord()];
  membership.come(a, b);
  using _subscription = await local.make(['l'], 'mk@leave', '');
  membership.go(b, 'left');
  t.deepEqual(await received(local, ['l']), [`/${b.name}\n`]);
});

test('the largest network fits, and so do as many that come before anybody reads', async (t) => {
  const { membership, local } = member();
  membership.come(...Array.from({ length: MAX_MEMBERS - 1 }, newRecord));
  const there = membership.members().map(({ name }) => `/${name}\n`);
  using subscription = await local.make(['j'], 'mk@join', '');
  const coming = Array.from({ length: MAX_MEMBERS }, newRecord);
  membership.come(...coming);
  const peek = JSON.parse(await subscription.value('peek'));
  t.like(peek, { Pending: 2 * MAX_MEMBERS, Closed: false });
  t.deepEqual(await received(local, ['j']), [...there, ...coming.map(({ name }) => `/${name}\n`)]);
});
