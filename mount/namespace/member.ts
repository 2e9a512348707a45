import type { Member } from '../../src/anchor/circuit.js';
import type { Caller, File } from '../node.js';
import { AnchorDirectory } from './anchor.js';
import { ConstantFile, STARTED, ValueFile } from './control.js';
import { MEMBER_HELP } from './help.js';
import { LogFile } from './log-file.js';
import { commandFile, type NamespaceContext, type Place, pathOf } from './operation.js';

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
  const { member, context } = place;
  const addr = async ({ signal }: Caller) => `${await member.addr(signal)}\n`;
  const json = (ask: (signal: AbortSignal) => Promise<object>) =>
    new ValueFile(async ({ signal }) => `${JSON.stringify(await ask(signal), undefined, 2)}\n`);
  return new Map<string, File>([
    ['addr', member.watch ? new ConstantFile(0o400, addr) : new ValueFile(addr)],
    ['error', new ValueFile(() => context.failures.reason(pathOf(place)))],
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
    ['peek', json((signal) => member.peek(signal))],
    ['peers', json((signal) => member.peers(signal))],
    ['shutdown', commandFile(place, 'shutdown', (_text, signal) => member.shutdown(signal))],
    ['stk', new ValueFile(async ({ signal }) => `${await member.stk(signal)}\n`)],
  ]);
}
