import type { Member } from '../../src/anchor/circuit.js';
import type { Attributes, Caller, File, Handle, OpenMode } from '../node.js';
import { refuseWrite } from './control.js';

/**
 * A member's operations log as a growing file: its size is all that was ever
 * logged, so that `tail -f` sees it grow. The oldest part is no longer kept; who
 * reads from the beginning gets what is.
 */
export class LogFile implements File {
  readonly kind = 'file';
  readonly ttl = 0;
  readonly #member: Member;

  constructor(member: Member) {
    this.#member = member;
  }

  async attributes(caller: Caller): Promise<Attributes> {
    const { end } = await this.#member.log(caller.signal);
    return { mode: 0o400, size: end, mtime: BigInt(Date.now()) * 1_000_000n };
  }

  open(mode: OpenMode): Handle {
    refuseWrite(mode);
    /** How far this reader's offsets lie behind the log's. */
    let skipped: number | undefined;
    return {
      io: 'direct',
      read: async (offset, size, _nonblock, caller) => {
        if (skipped === undefined) {
          const { start } = await this.#member.log(caller.signal);
          skipped = Math.max(0, start - offset);
        }
        return await this.#member.readLog(offset + skipped, size, caller.signal);
      },
    };
  }
}
