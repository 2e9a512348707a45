import test from 'ava';
import { eventually } from '../../host/cluster.js';
import { deferred } from '../../mount/toy.js';
import { peer } from './toy-circuit.js';

test('a process whose attendant goes while it starts is hung up', async (t) => {
  const { circuit, connection } = await peer(t);
  const local = circuit.member();
  const started = deferred<void>();
  const make = local.make.bind(local);
  local.make = async (...args) => {
    const files = await make(...args);
    await started.promise;
    return files;
  };
  using member = connection.main.member(circuit.self);
  const starting = t.throwsAsync(
    async () => await member.make(['p'], 'mkproc', '{"Path":"cat"}', true),
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

test('a peer hears that an anchor is being removed before it is, and may wait for that as long as it takes', async (t) => {
  const { circuit, connection } = await peer(t);
  const local = circuit.member();
  const ended = deferred<void>();
  const rmdir = local.rmdir.bind(local);
  local.rmdir = async (...args) => {
    await ended.promise;
    await rmdir(...args);
  };
  await local.mkdir(['a']);
  using member = connection.main.member(circuit.self);
  using removing = await member.rmdir(['a']);
  t.truthy(local.known(['a']));
  ended.resolve();
  await removing.done();
  t.is(local.known(['a']), undefined);
  using again = await member.rmdir(['a']);
  await t.throwsAsync(async () => await again.done(), { message: /no anchor/ });
});
