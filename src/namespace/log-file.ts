import {
  type Attributes,
  type Caller,
  type File,
  type Handle,
  type OpenMode,
  PollEvents,
} from '../../mount/node.js';
import type { AnchorPath, Member } from '../anchor/circuit.js';
import type { Files, Log } from '../kinds/control-file.js';
import { refuseWrite } from './control.js';
import { look } from './look.js';
import { Readiness } from './readiness.js';

/**
 * A member's operations log as a growing file. Its size counts all that was ever logged, so that
 * `tail -f` sees it grow. The oldest part is no longer kept: a reader from the beginning, or one that
 * has fallen behind, goes on with the oldest part that is.
 */
export function logFile(member: Member, path: AnchorPath, name: string) {
  /** The size that is shown while the member does not answer. */
  let lastEnd = 0;
  return {
    kind: 'file',
    ttl: 0,
    attributes: async (caller: Caller): Promise<Attributes> => {
      const extent = await look(member, async () => {
        using files = await member.files(path, caller);
        return await files.log(name).extent(caller.signal);
      });
      lastEnd = extent?.end ?? lastEnd;
      return { mode: 0o400, size: lastEnd, mtime: BigInt(Date.now()) * 1_000_000n };
    },
    open: async (mode: OpenMode, caller: Caller): Promise<Handle> => {
      refuseWrite(mode);
      const files = await member.files(path, caller);
      return logHandle(files, files.log(name));
    },
  } satisfies File;
}

/** An open log. @param files Disposed with it. */
function logHandle(files: Files, log: Log): Handle {
  /** How far this reader's offsets lie behind the log's. */
  let skipped = 0;
  /** Where the last read ended, as an offset in the log. */
  let position = 0;
  // It is ready when it has grown beyond the last byte that was read. The kernel does not tell of
  // lseek(2).
  const growth = {
    ready: async (signal?: AbortSignal) => (await log.extent(signal)).end > position,
    whenReady: (signal?: AbortSignal) => log.whenBeyond(position, signal),
  };
  const readiness = new Readiness(growth, PollEvents.in);
  return {
    io: 'direct',
    poll: (notify) => readiness.poll(notify),
    read: async (offset, size, _nonblock, { signal }) => {
      const piece = await log.read(offset + skipped, size, signal);
      skipped = piece.offset - offset;
      position = piece.offset + piece.data.length;
      return piece.data;
    },
    settled: (data, delivered) => {
      if (!delivered) position -= data.length;
    },
    release: () => {
      readiness.end();
      files[Symbol.dispose]();
    },
  };
}
