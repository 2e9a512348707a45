import type { Cluster, Result, RunOptions } from '../host/cluster.js';

/** Runs a program to its end; throws where it fails. */
export async function run(
  cluster: Cluster,
  argv: readonly string[],
  options?: RunOptions,
): Promise<Result> {
  const result = await cluster.run(argv, options);
  if (result.status === 0) return result;
  throw new Error(`${argv.join(' ')} ended with ${result.status}: ${result.stderr}`);
}
