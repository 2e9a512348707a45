import test from 'ava';
import { peer } from './toy-circuit.js';

test('while the daemon ends no process is made', async (t) => {
  const { circuit } = await peer(t);
  const member = circuit.member();
  await member.terminate(0);
  await t.throwsAsync(member.make(['p'], 'mkproc', '{"Path":"true"}'), { code: 'EHOSTUNREACH' });
  t.deepEqual((await member.view([])).anchors, []);
});
