import { type DialOptions, dial } from './dial.js';
import { anchorAt } from './path.js';

/** `circuit mkdir ANCHOR` */
export async function mkdir(path: string, options: DialOptions): Promise<void> {
  await using client = await dial(options);
  const { member, anchor } = anchorAt(client, path);
  await member.mkdir(anchor);
}

/** `circuit rmdir ANCHOR` */
export async function rmdir(path: string, options: DialOptions): Promise<void> {
  await using client = await dial(options);
  const { member, anchor } = anchorAt(client, path);
  await member.rmdir(anchor);
}
