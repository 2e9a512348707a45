import type { File } from '../../mount/node.js';
import type { SubscriptionKind } from '../anchor/circuit.js';
import { subscriptionPeek } from '../anchor/subscription.js';
import { ReceiveHandle } from './channel.js';
import { jsonText, StreamFile } from './control.js';
import { type Place, valueFiles } from './operation.js';

/** The files of a subscription, beside those that every element has. */
export function subscriptionFiles(
  place: Place,
  kind: SubscriptionKind,
): ReadonlyArray<readonly [string, File]> {
  const { member, path, context } = place;
  return [
    [
      'recv',
      new StreamFile(
        'read',
        async (caller) =>
          new ReceiveHandle(await member.channel(path, caller), false, context.renderings),
      ),
    ],
    ...valueFiles(place, kind, () => ({
      peek: async () => {
        using channel = await member.channel(path);
        return jsonText(subscriptionPeek(kind, await channel.peek()));
      },
    })),
  ];
}
