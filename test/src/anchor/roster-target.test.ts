import test from 'ava';
import { RosterTarget } from '../../../src/anchor/roster-target.js';
import { eventually } from '../../host/cluster.js';
import { newLog, peer, ToyCircuit } from './toy-circuit.js';

test('the roster is told at once, then when it has changed, however often that was', async (t) => {
  const circuit = new ToyCircuit(newLog());
  using roster = new RosterTarget(circuit);
  const names = async () => (await roster.next()).map(({ name }) => name);
  t.deepEqual(await names(), [circuit.self]);
  const next = names();
  const first = circuit.add();
  t.deepEqual(await next, [circuit.self, first]);
  const more = [circuit.add(), circuit.add()];
  t.deepEqual(await names(), [circuit.self, first, ...more]);
  const waiting = names();
  await t.throwsAsync(roster.next(), { code: 'EBUSY' });
  roster[Symbol.dispose]();
  await t.throwsAsync(waiting, { code: 'EINTR' });
  t.is(circuit.listeners.size, 0);
});

test('a peer follows the roster once, and no more when it has disposed it or is cut off', async (t) => {
  const { circuit, connection } = await peer(t);
  const first = connection.main.followRoster();
  t.is((await first.next()).length, 1);
  const superseded = t.throwsAsync(async () => await first.next(), { code: 'EINTR' });
  const second = connection.main.followRoster();
  t.is((await second.next()).length, 1);
  await superseded;
  t.is(circuit.listeners.size, 1);
  second[Symbol.dispose]();
  await eventually(
    async () => circuit.listeners.size,
    (count) => count === 0,
  );
  const third = connection.main.followRoster();
  t.is((await third.next()).length, 1);
  const lost = t.throwsAsync(async () => await third.next(), { code: 'EHOSTUNREACH' });
  connection.close();
  await lost;
  await eventually(
    async () => circuit.listeners.size,
    (count) => count === 0,
  );
});
