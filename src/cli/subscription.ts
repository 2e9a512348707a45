import type { SubscriptionKind } from '../anchor/circuit.js';
import { type DialOptions, dial } from './dial.js';
import { anchorAt } from './path.js';

/** `circuit mk@join ANCHOR`, `circuit mk@leave ANCHOR` */
export async function subscribe(
  kind: SubscriptionKind,
  path: string,
  options: DialOptions,
): Promise<void> {
  await using client = await dial(options);
  const { member, anchor } = anchorAt(client, path);
  await member.makeSubscription(anchor, kind);
}
