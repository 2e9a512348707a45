import { generateClusterKey } from '../transport/cluster-keys.js';

/** `circuit keygen` */
export function keygen(): void {
  process.stdout.write(`${generateClusterKey()}\n`);
}
