import test from 'ava';
import { CircuitError } from '../../../src/base/error.js';
import { joinPatiently } from '../../../src/bootstrap/patient-join.js';
import { newAddress, StubMembership } from './stub-membership.js';

function joining() {
  const membership = new StubMembership();
  const lines: string[] = [];
  const [ending, parting] = [new AbortController(), new AbortController()];
  const { signal } = ending;
  const log = (line: string) => lines.push(line);
  const run = () =>
    joinPatiently(newAddress(), { membership, log, signal, parted: parting.signal });
  return { membership, lines, parting, run };
}

test('a daemon that does not answer, or hangs up, is asked again, and a third time', async (t) => {
  const { membership, lines, run } = joining();
  const failures = ['ETIMEDOUT', 'ECONNRESET'] as const;
  membership.answer = async () => {
    const code = failures[membership.joins.length - 1];
    if (code) throw new CircuitError(code, 'no answer');
  };
  await run();
  t.is(membership.joins.length, 3);
  t.deepEqual(lines, ['no answer; trying again', 'no answer; trying again']);
});

test('an error that another try would not mend is thrown at once', async (t) => {
  const { membership, lines, run } = joining();
  membership.answer = async () => {
    throw new CircuitError('EACCES', 'it refused us');
  };
  await t.throwsAsync(run(), { code: 'EACCES' });
  t.is(membership.joins.length, 1);
  t.deepEqual(lines, []);
});

test('a member that leaves joins nobody any more, whether it has asked or is about to ask', async (t) => {
  for (const code of ['ECANCELED', 'ETIMEDOUT'] as const) {
    const { membership, lines, parting, run } = joining();
    membership.answer = async () => {
      // It leaves in the pause that follows, or before it.
      if (code === 'ETIMEDOUT') setImmediate(() => parting.abort());
      else parting.abort();
      throw new CircuitError(code, 'not joined');
    };
    await run();
    t.is(membership.joins.length, 1);
    t.regex(lines.at(-1) ?? '', /is not joined any more: this member is to stay alone$/);
  }
});
