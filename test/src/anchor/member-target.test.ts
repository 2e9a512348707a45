import test from 'ava';
import { eventually } from '../../host/cluster.js';
import { deferred } from '../../mount/toy.js';
import { peer } from './toy-circuit.js';

test('a process whose attendant goes while it starts is hung up', async (t) => {
  const { circuit, connection } = await peer(t);
  const local = circuit.member();
  const started = deferred<void>();
  const attend = local.attend.bind(local);
  local.attend = async (...args) => {
    const files = await attend(...args);
    await started.promise;
    return files;
  };
  using member = connection.main.member(circuit.self);
  const starting = t.throwsAsync(
    async () => await member.attend(['p'], 'mkproc', '{"Path":"cat"}'),
  );
  await eventually(
    async () => local.known(['p'])?.kind,
    (kind) => kind === 'proc',
  );
  connection.close();
  await starting;
  started.resolve();
  await eventually(
    async () => local.known(['p']),
    (anchor) => anchor === undefined,
  );
  t.pass();
});
