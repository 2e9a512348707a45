import type { Member } from '../anchor/circuit.js';
import { type DialOptions, dial } from './dial.js';
import { memberAt } from './path.js';

/** `circuit join ANCHOR ADDRESS…` */
export async function join(path: string, addresses: string[], options: DialOptions): Promise<void> {
  await withMember(path, options, (member) => member.join(addresses));
}

/** `circuit leave ANCHOR` */
export async function leave(path: string, options: DialOptions): Promise<void> {
  await withMember(path, options, (member) => member.leave());
}

/** `circuit shutdown ANCHOR` */
export async function shutdown(path: string, options: DialOptions): Promise<void> {
  await withMember(path, options, (member) => member.shutdown());
}

/** `circuit peers ANCHOR` */
export async function peers(path: string, options: DialOptions): Promise<void> {
  await withMember(path, options, async (member) => {
    process.stdout.write(`${JSON.stringify(await member.peers(), undefined, 2)}\n`);
  });
}

/** `circuit stk ANCHOR` */
export async function stk(path: string, options: DialOptions): Promise<void> {
  await withMember(path, options, async (member) => {
    process.stdout.write(`${await member.stk()}\n`);
  });
}

async function withMember(
  path: string,
  options: DialOptions,
  run: (member: Member) => Promise<void>,
): Promise<void> {
  await using client = await dial(options);
  await run(memberAt(client, path));
}
