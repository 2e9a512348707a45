import { type DialOptions, dial } from './dial.js';
import { anchorAt } from './path.js';

/** `circuit mkdir ANCHOR` */
export async function mkdir(path: string, options: DialOptions): Promise<void> {
  await using client = await dial(options);
  await anchorAt(client, path).mkdir();
}

/** `circuit rmdir ANCHOR` */
export async function rmdir(path: string, options: DialOptions): Promise<void> {
  await using client = await dial(options);
  await anchorAt(client, path).rmdir();
}
