import type { ExecutionContext } from 'ava';
import { viewsOf } from './channels.js';
import { Cluster } from './cluster.js';

/**
 * Two joined daemons, each in a network namespace of its own, and a link between
 * them that can be cut: what either sends is lost then, and neither is told.
 */
export async function linkedViews(t: ExecutionContext) {
  const cluster = new Cluster(t);
  const [here, there] = [await cluster.namespace(), await cluster.namespace()];
  await ip(`link add link0 netns ${here} type veth peer name link0 netns ${there}`);
  for (const [netns, address] of [
    [here, '10.99.0.1'],
    [there, '10.99.0.2'],
  ]) {
    await ip(`-n ${netns} address add ${address}/24 dev link0`);
    await ip(`-n ${netns} link set link0 up`);
  }
  const owner = await cluster.startWith({ netns: here }, '-a', '10.99.0.1:0');
  const join = ['-a', '10.99.0.2:0', '-j', owner.address];
  const other = await cluster.startWith({ netns: there }, ...join);
  return {
    cluster,
    ...(await viewsOf(cluster, owner, [other])),
    cut: () => ip(`-n ${here} link set link0 down`),
  };

  async function ip(command: string): Promise<void> {
    const { status, stderr } = await cluster.sh(`ip ${command}`);
    if (status !== 0) throw new Error(`ip ${command}: ${stderr}`);
  }
}
