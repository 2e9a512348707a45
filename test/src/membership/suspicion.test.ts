import test from 'ava';
import { type MemberName, newMemberName } from '../../../src/base/address.js';
import {
  CONFIRMATIONS,
  SUSPICION_MAX_FACTOR,
  SUSPICION_MIN_MS,
} from '../../../src/membership/parameters.js';
import { type MemberRecord, withState } from '../../../src/membership/record.js';
import { Suspicion } from '../../../src/membership/suspicion.js';
import { newRecord } from '../bootstrap/stub-membership.js';

/** The record of a suspected member. */
function record(accuser?: MemberName): MemberRecord {
  return withState(newRecord(), 'suspect', accuser);
}

const MAX = SUSPICION_MIN_MS * SUSPICION_MAX_FACTOR;

test('each further accuser brings the deadline nearer, down to the shortest time', (t) => {
  const suspicion = new Suspicion(record(newMemberName()), 1_000, 100);
  const deadlines = [suspicion.deadline];
  for (let count = 0; count < CONFIRMATIONS; count += 1) {
    t.true(suspicion.confirm(newMemberName()));
    deadlines.push(suspicion.deadline);
  }
  t.is(deadlines[0], 1_000 + MAX);
  t.is(deadlines.at(-1), 1_000 + SUSPICION_MIN_MS);
  t.deepEqual(
    [...deadlines].sort((a, b) => b - a),
    deadlines,
  );
  t.false(suspicion.confirm(newMemberName()), 'more are of no use, and not passed on');
});

test('the same accuser counts once', (t) => {
  const accuser = newMemberName();
  const suspicion = new Suspicion(record(accuser), 0, 100);
  t.false(suspicion.confirm(accuser));
  t.is(suspicion.deadline, MAX);
});

test('where nobody else could confirm, the first accuser is enough; hearsay never is', (t) => {
  t.is(new Suspicion(record(newMemberName()), 0, 2).deadline, SUSPICION_MIN_MS);
  t.is(new Suspicion(record(), 0, 2).deadline, MAX);
});

test('larger networks take longer, by the logarithm of their size', (t) => {
  const shortest = (members: number) => {
    const suspicion = new Suspicion(record(newMemberName()), 0, members);
    for (let count = 0; count < CONFIRMATIONS; count += 1) suspicion.confirm(newMemberName());
    return suspicion.deadline;
  };
  t.is(shortest(10), SUSPICION_MIN_MS);
  t.is(shortest(10_000), 2 * SUSPICION_MIN_MS);
});
