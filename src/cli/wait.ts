import { asCircuitError, CircuitError } from '../base/error.js';
import type { CircuitClient } from '../client/client.js';
import { ended } from '../kinds/ended.js';
import { type DialOptions, dial } from './dial.js';
import { written } from './output.js';
import { anchorAt } from './path.js';

/** `circuit waitall ANCHOR…`: prints each path with how it ended, in the order in which they do. */
export async function waitall(paths: readonly string[], options: DialOptions): Promise<void> {
  await using client = await dial(options);
  const print = async (path: string) => written(process.stdout, await endOf(client, path));
  await Promise.all(paths.map(print));
}

/** `circuit waitany ANCHOR…`: prints the path of the first that ends, with how. */
export async function waitany(paths: readonly string[], options: DialOptions): Promise<void> {
  await using client = await dial(options);
  const ends = paths.map((path) => endOf(client, path));
  // Those that go on end with the connection.
  for (const end of ends) end.catch(() => {});
  await written(process.stdout, await Promise.race(ends));
}

async function endOf(client: CircuitClient, path: string): Promise<string> {
  const place = anchorAt(client, path);
  try {
    using files = await place.files();
    const { Phase, Exit } = await ended(files);
    return `${path} ${Phase} ${Exit}\n`;
  } catch (error) {
    // The user gave several, and is to know which.
    const { code, message } = asCircuitError(error);
    throw new CircuitError(code, `${path}: ${message}`);
  }
}
