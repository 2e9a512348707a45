import type { SubscriptionKind } from '../../src/anchor/circuit.js';
import { subscriptionPeek } from '../../src/anchor/subscription.js';
import type { File } from '../node.js';
import { ReceiveHandle } from './channel.js';
import { StreamFile } from './control.js';
import { elementFile, type Place } from './operation.js';

/** The files of a subscription, beside those that every element has. */
export function subscriptionFiles(
  place: Place,
  kind: SubscriptionKind,
): ReadonlyArray<readonly [string, File]> {
  const { member, path } = place;
  return [
    [
      'recv',
      new StreamFile(
        'read',
        async (caller) => new ReceiveHandle(await member.channel(path, caller), false),
      ),
    ],
    [
      'peek',
      elementFile(place, async ({ signal }) => {
        using channel = await member.channel(path, { signal });
        const peek = subscriptionPeek(kind, await channel.peek(signal));
        return `${JSON.stringify(peek, undefined, 2)}\n`;
      }),
    ],
  ];
}
