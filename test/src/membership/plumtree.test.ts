import test from 'ava';
import { isMemberName, type MemberName } from '../../../src/base/address.js';
import type { Message } from '../../../src/membership/messages.js';
import { GRAFT_TIMEOUT_MS } from '../../../src/membership/parameters.js';
import { Plumtree } from '../../../src/membership/plumtree.js';
import type { MemberRecord, Version } from '../../../src/membership/record.js';
import { stubShared } from './stub-context.js';

function named(name: string): MemberName {
  if (!isMemberName(name)) throw new Error(`not a name: ${name}`);
  return name;
}

const NAME = named('X00000000000000aa');

function record(incarnation: number, state: MemberRecord['state']): MemberRecord {
  return { name: NAME, addr: 'circuit://a', joined: 0, incarnation, state, host: '', version: '' };
}

function version(incarnation: number, state: MemberRecord['state']): Version {
  return { name: NAME, incarnation, state };
}

/** A broadcast with two neighbours, the messages that it sends, and its clock. */
function tree() {
  let known = -1;
  const sent: (readonly [string, Message])[] = [];
  const shared = stubShared({ send: (peer, message) => sent.push([peer, message]) });
  const { clock } = shared;
  const plumtree = new Plumtree({
    ...shared,
    has: ({ incarnation }) => incarnation <= known,
  });
  for (const peer of ['left', 'right']) plumtree.neighborUp(peer);
  return {
    plumtree,
    sent,
    learn: (news: MemberRecord, from: string) => {
      known = news.incarnation;
      plumtree.publish(news, from);
    },
    pass: (milliseconds: number) => {
      clock.now += milliseconds;
      clock.run();
    },
  };
}

test('a version that was announced and does not come is grafted from one announcer after the other', (t) => {
  const { plumtree, sent, pass } = tree();
  plumtree.announced('left', [version(0, 'suspect')]);
  plumtree.announced('right', [version(0, 'suspect')]);
  pass(GRAFT_TIMEOUT_MS - 1);
  t.deepEqual(sent, []);
  pass(1);
  t.deepEqual(sent, [['left', { type: 'graft', names: [NAME] }]]);
  pass(GRAFT_TIMEOUT_MS);
  t.deepEqual(sent.slice(1), [['right', { type: 'graft', names: [NAME] }]]);
  pass(10 * GRAFT_TIMEOUT_MS);
  t.is(sent.length, 2);
});

test('a version that has come is not grafted', (t) => {
  const { plumtree, sent, learn, pass } = tree();
  plumtree.announced('left', [version(0, 'suspect')]);
  learn(record(0, 'suspect'), 'right');
  pass(10 * GRAFT_TIMEOUT_MS);
  t.false(sent.some(([, { type }]) => type === 'graft'));
});

test('a refutation that was announced is grafted, although the suspicion has come meanwhile', (t) => {
  const { plumtree, sent, learn, pass } = tree();
  plumtree.announced('left', [version(0, 'suspect')]);
  plumtree.announced('right', [version(1, 'alive')]);
  learn(record(0, 'suspect'), 'left');
  pass(GRAFT_TIMEOUT_MS);
  t.deepEqual(
    sent.filter(([, { type }]) => type === 'graft'),
    [['right', { type: 'graft', names: [NAME] }]],
  );
});
