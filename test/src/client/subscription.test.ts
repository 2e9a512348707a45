import test, { type ExecutionContext } from 'ava';
import { type Anchor, Subscription } from '../../../src/client/index.js';
import { eventually } from '../../host/cluster.js';
import { connected, twoMembers } from './circuit.js';

/** Two members, and a third that comes and goes when it is told. */
async function withGuest(t: ExecutionContext) {
  const members = await twoMembers(t);
  const guest = await members.cluster.start('--no-mount');
  const client = await connected(t, guest);
  const self = client.member(client.self);
  const observers = [members.circuit, await connected(t, members.owner)];
  // Two that follow upon each other at once may reach a distant member as one.
  const all = async (count: number) => {
    for (const observer of observers) {
      await eventually(
        () => observer.refresh(),
        ({ length }) => length === count,
      );
    }
  };
  return {
    ...members,
    guest: `/${client.self}`,
    /** Resolves when both know of it. */
    come: async () => {
      await self.join([members.other.address]);
      await all(3);
    },
    go: async () => {
      await self.leave();
      await all(2);
    },
  };
}

async function pending(subscription: Subscription, count: number): Promise<void> {
  await eventually(
    () => subscription.peek(),
    ({ Pending }) => Pending === count,
  );
}

/** The members that are there, by which a subscription to them begins. */
async function there(subscription: Subscription): Promise<string[]> {
  return [await subscription.recv(), await subscription.recv()];
}

test('a subscription is iterated over, member by member, until it is scrubbed', async (t) => {
  const { anchors, circuit, guest, come, go } = await withGuest(t);
  for (const anchor of anchors) {
    using joins = await anchor.walk('j').makeJoinSubscription();
    const members = circuit.members().map(({ name }) => `/${name}`);
    t.deepEqual(await there(joins), members);
    using leaves = await anchor.walk('l').makeLeaveSubscription();
    t.deepEqual([joins.kind, leaves.kind], ['@join', '@leave']);
    const received: string[] = [];
    const reading = (async () => {
      for await (const member of joins) received.push(member);
    })();
    for (let i = 0; i < 3; i += 1) {
      await come();
      await go();
    }
    await eventually(
      async () => received.length,
      (count) => count === 3,
    );
    await pending(leaves, 3);
    await joins.scrub();
    await reading;
    t.deepEqual(received, [guest, guest, guest]);
    t.is(await leaves.recv(), guest);
    for await (const member of leaves) {
      t.is(member, guest);
      break;
    }
    t.deepEqual(await leaves.peek(), { Source: '@leave', Pending: 1, Closed: false });
    await leaves.scrub();
    await t.throwsAsync(leaves.recv(), { code: 'ENODATA' });
  }
});

test('get() gives the subscription that is there, and a second element is EEXIST', async (t) => {
  const { anchors } = await twoMembers(t);
  for (const anchor of anchors) {
    for (const make of [
      (at: Anchor) => at.makeJoinSubscription(),
      (at: Anchor) => at.makeLeaveSubscription(),
    ]) {
      using made = await make(anchor);
      using got = await anchor.get();
      t.true(got instanceof Subscription);
      t.is(got?.kind, made.kind);
      await t.throwsAsync(anchor.makeJoinSubscription(), { code: 'EEXIST' });
      await t.throwsAsync(anchor.makeChannel(), { code: 'EEXIST' });
      await made.scrub();
    }
  }
});

test('a receiver that is interrupted, or disposed, has received nothing', async (t) => {
  const { anchors, other, guest, come, go } = await withGuest(t);
  for (const anchor of anchors) {
    using subscription = await anchor.makeJoinSubscription();
    await there(subscription);
    const interrupted = new AbortController();
    const waiting = [
      t.throwsAsync(subscription.recv({ signal: interrupted.signal }), { code: 'EINTR' }),
      t.throwsAsync(subscription.events({ signal: interrupted.signal }).next(), { code: 'EINTR' }),
    ];
    await subscription.peek();
    interrupted.abort();
    await Promise.all(waiting);
    const leaving = await connected(t, other);
    const theirs = await leaving.anchor(anchor.path).get();
    if (!(theirs instanceof Subscription)) throw new Error('a subscription');
    const lost = t.throwsAsync(theirs.recv());
    await theirs.peek();
    leaving.close();
    await lost;
    await come();
    t.is(await subscription.recv(), guest);
    await go();
    await subscription.scrub();
  }
});
