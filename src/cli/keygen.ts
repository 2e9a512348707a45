import { generateClusterKey } from '../transport/security.js';

/** `circuit keygen` */
export function keygen(): void {
  process.stdout.write(`${generateClusterKey()}\n`);
}
