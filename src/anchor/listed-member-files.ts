import type { MemberName } from '../base/address.js';
import { CircuitError, errorCode } from '../base/error.js';
import { within } from '../base/interruptible.js';
import type { Files } from '../kinds/control-file.js';
import type { MemberPeek } from '../kinds/member/kind.js';
import { jsonText } from '../kinds/table.js';

interface ListedMemberOptions {
  /** The member's files, or why it cannot be reached. */
  readonly files: Files | CircuitError;
  readonly name: MemberName;
  /** Gives the facts that this daemon knows of it; nothing once it has gone. */
  readonly listed: () => MemberPeek | undefined;
  /** How long the member is given to tell more of itself. */
  readonly timeoutMs: number;
}

/**
 * Another member's own files. Its `peek` tells what this daemon knows of it, also while it cannot be
 * reached, and what it tells of itself, if it does.
 */
export function listedMemberFiles({ files, name, listed, timeoutMs }: ListedMemberOptions): Files {
  const reachable = (): Files => {
    if (files instanceof CircuitError) throw files;
    return files;
  };
  const told = async (signal: AbortSignal | undefined): Promise<Partial<MemberPeek>> => {
    try {
      const late = new CircuitError('EHOSTUNREACH', 'no answer in time');
      return JSON.parse(await within(reachable().value('peek', signal), timeoutMs, late));
    } catch (error) {
      if (errorCode(error) !== 'EHOSTUNREACH') throw error;
      return {};
    }
  };
  const peek = async (signal: AbortSignal | undefined): Promise<string> => {
    const more = await told(signal);
    const known = listed();
    if (!known) throw new CircuitError('ENOENT', `${name} is not in the network any more`);
    return `${jsonText({ ...known, ...more, State: known.State, Since: known.Since })}\n`;
  };
  return {
    value: async (file, signal) =>
      file === 'peek' ? await peek(signal) : await reachable().value(file, signal),
    command: async (...command) => await reachable().command(...command),
    source: (file) => reachable().source(file),
    sink: (...sink) => reachable().sink(...sink),
    log: (file) => reachable().log(file),
    [Symbol.dispose]: () => {
      if (!(files instanceof CircuitError)) files[Symbol.dispose]();
    },
  };
}
