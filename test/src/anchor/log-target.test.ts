import test from 'ava';
import { eventually } from '../../host/cluster.js';
import { peer } from './toy-circuit.js';

test('a caller that gives up waiting for a log, or is cut off, waits there no more', async (t) => {
  const { operations, connection, member } = await peer(t);
  using files = await member.files([]);
  const log = files.log('log');
  const grown = log.whenBeyond(0);
  operations.event('something');
  await grown;
  await t.throwsAsync(log.whenBeyond(-1), { code: 'EINVAL' });
  const giveUp = new AbortController();
  const interrupted = t.throwsAsync(log.whenBeyond(operations.end, giveUp.signal), {
    code: 'EINTR',
  });
  const waiters = (count: number) =>
    eventually(
      async () => operations.waiting,
      (waiting) => waiting === count,
    );
  await waiters(1);
  giveUp.abort();
  await interrupted;
  await waiters(0);
  const lost = t.throwsAsync(log.whenBeyond(operations.end), { code: 'EHOSTUNREACH' });
  await waiters(1);
  connection.close();
  await lost;
  await waiters(0);
});
