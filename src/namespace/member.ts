import type { File } from '../../mount/node.js';
import type { Member } from '../anchor/circuit.js';
import { AnchorDirectory } from './anchor.js';
import { ConstantFile, jsonText, STARTED } from './control.js';
import { MEMBER_HELP } from './help.js';
import { LogFile } from './log-file.js';
import {
  commandFile,
  errorFile,
  type NamespaceContext,
  type Place,
  valueFiles,
} from './operation.js';

/**
 * A member's directory: its control files, and the anchors that live there.
 * @param joined When the member's daemon started: one that comes back under its
 *   old name is another directory.
 */
export function memberDirectory(
  member: Member,
  joined: number,
  context: NamespaceContext,
): AnchorDirectory {
  const place = { member, path: [], context };
  return new AnchorDirectory(place, { id: joined, changed: STARTED }, memberFiles(place));
}

function memberFiles(place: Place): ReadonlyMap<string, File> {
  const { member } = place;
  const values = valueFiles(place, 'member', () => ({
    addr: async () => `${await member.addr()}\n`,
    peek: async () => jsonText(await member.peek()),
    peers: async () => jsonText(await member.peers()),
    stk: async () => `${await member.stk()}\n`,
  }));
  return new Map<string, File>([
    ...values,
    ...errorFile(place),
    ['help', new ConstantFile(0o444, () => MEMBER_HELP)],
    [
      'join',
      commandFile(place, 'join', (text, signal) =>
        member.join(
          text.split(/\s+/).filter((word) => word !== ''),
          signal,
        ),
      ),
    ],
    ['leave', commandFile(place, 'leave', (_text, signal) => member.leave(signal))],
    ['log', new LogFile(member)],
    ['shutdown', commandFile(place, 'shutdown', (_text, signal) => member.shutdown(signal))],
  ]);
}
