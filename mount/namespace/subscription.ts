import type { SubscriptionKind } from '../../src/anchor/circuit.js';
import { subscriptionPeek } from '../../src/anchor/subscription.js';
import type { File } from '../node.js';
import { ReceiveHandle } from './channel.js';
import { StreamFile, ValueFile } from './control.js';
import type { Place } from './operation.js';

/** The files of a subscription, beside those that every element has. */
export function subscriptionFiles(
  { member, path }: Place,
  kind: SubscriptionKind,
): ReadonlyArray<readonly [string, File]> {
  return [
    [
      'recv',
      new StreamFile(
        'read',
        async ({ signal }) => new ReceiveHandle(await member.channel(path, signal), false),
      ),
    ],
    [
      'peek',
      new ValueFile(async ({ signal }) => {
        using channel = await member.channel(path, signal);
        const peek = subscriptionPeek(kind, await channel.peek(signal));
        return `${JSON.stringify(peek, undefined, 2)}\n`;
      }),
    ],
  ];
}
