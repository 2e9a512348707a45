import type { File } from '../../mount/node.js';
import type { ElementKind, SubscriptionKind } from '../anchor/circuit.js';
import { redactProcess } from '../base/redact.js';
import { channelFiles } from './channel.js';
import { isCompleteJson } from './complete-json.js';
import { ConstantFile, ControlError } from './control.js';
import { ANCHOR_HELP, CHANNEL_HELP, PROCESS_HELP, SUBSCRIPTION_HELP } from './help.js';
import { commandFile, errorFile, type Place } from './operation.js';
import { processFiles } from './process.js';
import { subscriptionFiles } from './subscription.js';

/** The control files of an anchor, by what element it has. */
export function anchorFiles(
  place: Place,
  kind: ElementKind | undefined,
): ReadonlyMap<string, File> {
  const error = errorFile(place);
  switch (kind) {
    case undefined:
      return new Map<string, File>([
        ...error,
        ['help', helpFile('anchor', ANCHOR_HELP)],
        ['mk@join', makeSubscription(place, '@join')],
        ['mk@leave', makeSubscription(place, '@leave')],
        ['mkchan', makeChannel(place)],
        ['mkproc', makeProcess(place)],
      ]);
    case 'chan':
      return new Map<string, File>([
        ...error,
        ['help', helpFile(kind, CHANNEL_HELP)],
        ...elementFiles(place, kind),
        ...channelFiles(place),
      ]);
    case 'proc':
      return new Map<string, File>([
        ...error,
        ['help', helpFile(kind, PROCESS_HELP)],
        ...elementFiles(place, kind),
        ...processFiles(place),
      ]);
    case '@join':
    case '@leave':
      return new Map<string, File>([
        ...error,
        ['help', helpFile(kind, SUBSCRIPTION_HELP)],
        ...elementFiles(place, kind),
        ...subscriptionFiles(place, kind),
      ]);
    default:
      throw new TypeError(`unknown kind ${String(kind satisfies never)}`);
  }
}

function elementFiles(place: Place, kind: ElementKind): ReadonlyArray<readonly [string, File]> {
  return [
    ['kind', new ConstantFile(0o400, () => `${kind}\n`, { id: kind, ttl: 0 })],
    [
      'scrub',
      commandFile(place, 'scrub', (_text, signal) => place.member.scrub(place.path, signal)),
    ],
  ];
}

/** Its content depends on the element, which may come and go: the name is asked for each time. */
function helpFile(id: string, text: string): File {
  return new ConstantFile(0o444, () => text, { id, ttl: 0 });
}

function makeChannel(place: Place): File {
  return commandFile(place, 'mkchan', async (text, signal) => {
    if (!/^\s*\d+\s*$/.test(text)) {
      throw new ControlError(
        'EINVAL',
        'the capacity of a channel is a whole number from 0, as in: echo 3 > mkchan',
      );
    }
    await place.member.makeChannel(place.path, Number(text), signal);
  });
}

function makeProcess(place: Place): File {
  return commandFile(
    place,
    'mkproc',
    async (text, signal) => {
      using _made = await place.member.makeProcess(place.path, text, signal);
    },
    {
      end: (written) => (isCompleteJson(written.toString()) ? written.length : 0),
      show: redactProcess,
    },
  );
}

function makeSubscription(place: Place, kind: SubscriptionKind): File {
  return commandFile(place, `mk${kind}`, (_text, signal) =>
    place.member.makeSubscription(place.path, kind, signal),
  );
}
