import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { Address } from '../../../src/base/address.js';
import { CircuitError } from '../../../src/base/error.js';
import { rejoin } from '../../../src/bootstrap/rejoin.js';
import { newAddress, newRecord, StubMembership } from './stub-membership.js';

function rejoining(addresses: readonly Address[]) {
  const membership = new StubMembership();
  const lines: string[] = [];
  const ending = new AbortController();
  const run = () =>
    rejoin({ membership, addresses, log: (line) => lines.push(line), signal: ending.signal });
  return { membership, lines, ending, run };
}

test('when nobody was known before, nothing is tried or logged', async (t) => {
  const { membership, lines, run } = rejoining([]);
  t.false(await run());
  t.deepEqual([membership.joins, lines], [[], []]);
});

test('when we are to stay alone, nothing is tried or logged', async (t) => {
  const { membership, lines, ending, run } = rejoining([newAddress()]);
  ending.abort();
  t.false(await run());
  t.deepEqual([membership.joins, lines], [[], []]);
});

test('one answer is enough, and the rest is not asked any more', async (t) => {
  const addresses = Array.from({ length: 20 }, newAddress);
  const { membership, lines, run } = rejoining(addresses);
  membership.answer = async (address) => {
    if (address === addresses[7]) return;
    throw new CircuitError('ECONNREFUSED', 'nobody listens there');
  };
  t.true(await run());
  t.deepEqual(membership.joins, addresses.slice(0, 10).map(String));
  t.is(membership.byUser, 0, 'one that has left stays alone');
  t.is(lines.length, 2);
});

test('one member of before that came back in another way is enough', async (t) => {
  const record = newRecord();
  const { membership, run } = rejoining([Address.parse(record.addr)]);
  membership.come(record);
  t.true(await run());
  t.deepEqual(membership.joins, []);
});

test('a daemon that refuses us is not asked again; a silent one is, after a pause', async (t) => {
  const [refusing, silent] = [newAddress(), newAddress()];
  const { membership, run } = rejoining([refusing, silent]);
  let times = 0;
  membership.answer = async (address) => {
    if (address === refusing) throw new CircuitError('EACCES', 'it refused us');
    times += 1;
    if (times < 2) throw new CircuitError('ETIMEDOUT', 'no answer');
  };
  const started = performance.now();
  t.true(await run());
  t.true(performance.now() - started > 900);
  t.deepEqual(membership.joins, [refusing, silent, silent].map(String));
});

test('when all refuse us, the rejoin ends and logs why', async (t) => {
  const { membership, lines, run } = rejoining([newAddress(), newAddress()]);
  membership.answer = async () => {
    throw new CircuitError('EACCES', 'h:1 refused us: wrong address or cluster key');
  };
  t.false(await run());
  t.is(membership.joins.length, 2);
  t.regex(lines[1] ?? '', /all daemons that were known before have ended, or h:1 refused us/);
});

test('a rejoin can be interrupted at any time', async (t) => {
  const { membership, ending, run } = rejoining([newAddress()]);
  membership.answer = async () => {
    // Interrupted in the pause that follows.
    setImmediate(() => ending.abort());
    throw new CircuitError('ECONNREFUSED', 'nobody listens there');
  };
  t.false(await Promise.race([run(), delay(900, 'it waited')]));
  t.is(membership.joins.length, 1);
});
