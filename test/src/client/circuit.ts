import type { ExecutionContext } from 'ava';
import { type CircuitClient, dial } from '../../../src/client/index.js';
import { Cluster, eventually, type TestDaemon } from '../../host/cluster.js';

/** Two joined daemons without mounts, and a client of the second: anchors of the first are remote. */
export async function twoMembers(t: ExecutionContext) {
  const cluster = new Cluster(t);
  const owner = await cluster.start('--no-mount');
  const other = await cluster.start('--no-mount', '-j', owner.address);
  const circuit = await connected(t, other);
  await eventually(
    () => circuit.refresh(),
    (members) => members.length === 2,
  );
  const remote = circuit.members().find(({ name }) => name !== circuit.self);
  if (!remote) throw new Error('two members');
  const local = circuit.anchor(`/${circuit.self}/test`);
  const far = circuit.anchor(`/${remote.name}/test`);
  return { cluster, owner, other, circuit, anchors: [local, far] as const, remote: remote.name };
}

/** A client that is closed after the test. */
export async function connected(t: ExecutionContext, daemon: TestDaemon): Promise<CircuitClient> {
  const circuit = await dial(daemon.address);
  t.teardown(() => circuit.close());
  return circuit;
}

/** Bytes of all values, which no encoding leaves unchanged. */
export function binary(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i += 1) bytes[i] = (i * 7919 + (i >> 8)) & 0xff;
  return bytes;
}
