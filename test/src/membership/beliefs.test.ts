import test from 'ava';
import { Beliefs } from '../../../src/membership/beliefs.js';
import { FailureDetector } from '../../../src/membership/failure-detector.js';
import { HyParView } from '../../../src/membership/hyparview.js';
import { OWN } from '../../../src/membership/mechanism-context.js';
import { newMemberMap } from '../../../src/membership/member-map.js';
import { SUSPICION_MAX_FACTOR, SUSPICION_MIN_MS } from '../../../src/membership/parameters.js';
import { Plumtree } from '../../../src/membership/plumtree.js';
import { type MemberRecord, withState } from '../../../src/membership/record.js';
import { Refutation } from '../../../src/membership/refutation.js';
import { newRecord } from '../bootstrap/stub-membership.js';
import { stubShared } from './stub-context.js';

/** The beliefs of a member of a network with `others`, and its clock. */
function believe(...others: MemberRecord[]) {
  const shared = stubShared();
  const { clock, roster } = shared;
  const nothing = () => {};
  const refutation = new Refutation({ ...shared, displaced: nothing });
  const found = { suspect: nothing, failed: nothing, reached: nothing };
  const detector = new FailureDetector({ ...shared, ...found });
  const tree = new Plumtree({ ...shared, has: () => false });
  const overlay = new HyParView({ ...shared, tree, accusedByUs: () => [] });
  const beliefs = new Beliefs({ ...shared, refutation, newMap: newMemberMap, detector, overlay });
  for (const other of others) beliefs.learn(other, OWN);
  const runTo = (time: number) => {
    clock.now = time;
    clock.run();
  };
  return { beliefs, roster, runTo };
}

test('a member that refuted a suspicion and is suspected again has the whole time again', (t) => {
  const [member, accuser] = [newRecord(), newRecord()];
  const { beliefs, roster, runTo } = believe(member, accuser, newRecord());
  const state = () => roster.get(member.name)?.state;
  const longest = SUSPICION_MIN_MS * SUSPICION_MAX_FACTOR;
  beliefs.learn(withState(member, 'suspect', accuser.name), OWN);
  runTo(1_000);
  const again = { ...member, incarnation: 1 };
  beliefs.learn(again, OWN);
  t.is(state(), 'alive');
  runTo(2_000);
  beliefs.learn(withState(again, 'suspect', accuser.name), OWN);
  runTo(longest + 1_999);
  t.is(state(), 'suspect');
  runTo(longest + 2_000);
  t.is(state(), 'failed');
  t.is(beliefs.suspicions, 0);
});

test('a further accuser of a suspected member is news once, and shortens the suspicion', (t) => {
  const [member, first, second] = [newRecord(), newRecord(), newRecord()];
  const { beliefs, roster, runTo } = believe(member, first, second);
  beliefs.learn(withState(member, 'suspect', first.name), OWN);
  const further = withState(member, 'suspect', second.name);
  t.false(beliefs.has(further));
  t.true(beliefs.learn(further, OWN));
  t.true(beliefs.has(further));
  t.false(beliefs.learn(further, OWN));
  runTo(SUSPICION_MIN_MS * SUSPICION_MAX_FACTOR - 1_000);
  t.is(roster.get(member.name)?.state, 'failed');
});
