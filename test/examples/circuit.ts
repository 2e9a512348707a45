import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { Cluster, eventually } from '../host/cluster.js';

/** Joined daemons, all listed in the first one's mount, and a file with its address. */
export async function circuitOf(t: ExecutionContext, count: number) {
  const cluster = new Cluster(t);
  const first = await cluster.start();
  for (let i = 1; i < count; i += 1) await cluster.start('-j', first.address);
  const ls = () => cluster.sh(`ls ${first.mountpoint}`);
  const { stdout } = await eventually(ls, (seen) => seen.stdout.split('X').length === count + 1);
  const addressFile = join(cluster.directory, 'address');
  writeFileSync(addressFile, `${first.address}\n`, { mode: 0o600 });
  return { cluster, mount: first.mountpoint, names: stdout.trim().split('\n'), addressFile };
}

export const EXAMPLES = join(import.meta.dirname, '../../../examples');
export const COMPILED = join(import.meta.dirname, '../../examples');
