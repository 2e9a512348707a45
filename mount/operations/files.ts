/** OPEN, and the requests about an open file. */
import { constants } from 'node:os';
import { isPromise, onFailure, whenReady } from '../awaitable.js';
import { isBeingKilled } from '../conversation/asking-thread.js';
import type { Answer } from '../conversation/replies.js';
import type { Request } from '../conversation/request.js';
import type { OpenFile } from '../files/open-file.js';
import type { Inode } from '../inodes/inode-table.js';
import type { Awaitable, Caller, Handle } from '../node.js';
import {
  O_ACCMODE,
  O_APPEND,
  O_NONBLOCK,
  O_RDWR,
  O_WRONLY,
  POLL_SCHEDULE_NOTIFY,
} from '../wire/constants.js';
import type { Write } from '../wire/request.js';
import {
  type FlushIn,
  type OpenIn,
  OpenOut,
  type PollIn,
  PollOut,
  type ReadIn,
  WriteOut,
} from '../wire/structs.js';
import type { Run, Server } from './operation.js';

const { EAGAIN, EBADF, EINVAL, EISDIR } = constants.errno;

export const open: Run<Inode, OpenIn> = ({ files }, inode, { flags }, caller) => {
  const { node } = inode;
  if (node.kind !== 'file') return node.kind === 'directory' ? EISDIR : EINVAL;
  const access = flags & O_ACCMODE;
  const mode = {
    read: access !== O_WRONLY,
    write: access === O_WRONLY || access === O_RDWR,
    append: (flags & O_APPEND) !== 0,
  };
  return whenReady(node.open(mode, caller), (handle) => {
    const { fh, flags: open_flags } = files.add(handle, inode, mode);
    return {
      body: OpenOut.encode({ fh, open_flags }),
      done: (delivered) => {
        if (!delivered) files.release(fh);
      },
    };
  });
};

export const release: Run<OpenFile, unknown> = ({ files }, { fh }) => {
  files.release(fh);
  return 0;
};

export const poll: Run<OpenFile, PollIn> = ({ notifications }, file, { kh, flags }) => {
  const scheduled = (flags & POLL_SCHEDULE_NOTIFY) !== 0;
  const wake = scheduled ? () => notifications.poll(kh) : undefined;
  return whenReady(file.poll(wake), (revents) => PollOut.encode({ revents }));
};

export const read: Run<OpenFile, ReadIn> = (server, file, args, request) => {
  const { handle } = file;
  const { offset, size, flags } = args;
  if (handle.read === undefined) return EBADF;
  const before = file.givenBack();
  if (before) {
    return before.then(() => {
      request.throwIfAborted();
      return read(server, file, args, request);
    });
  }
  const reading = handle.read(offset, size, (flags & O_NONBLOCK) !== 0, request);
  const over = handle.settled && isPromise(reading) ? file.reading(request) : undefined;
  const answer = whenReady(reading, (body) => {
    if (body.length > size) throw new RangeError(`read gave ${body.length} of ${size} bytes`);
    if (body.length === 0) file.exhausted();
    if (handle.settled === undefined) return body;
    const done = (delivered: boolean) => {
      try {
        handle.settled?.(body, delivered);
      } finally {
        over?.();
      }
    };
    return { body, done };
  });
  if (over && isPromise(answer)) answer.catch(over);
  return answer;
};

export const write: Run<OpenFile, Write> = (server, file, args, request) => {
  const { data, offset, flags, lock_owner } = args;
  const { handle, behind } = file;
  const nonblock = (flags & O_NONBLOCK) !== 0;
  request.filesOwner = lock_owner;
  if (handle.write === undefined) return EBADF;
  if (behind && nonblock) return EAGAIN;
  const { bytes, giveBack } = server.buffers.lend(data, handle.io === 'stream');
  const answer = (taken = bytes.length) => {
    request.written = WriteOut.encode({ size: taken });
    return afterChanges(server, request.written);
  };
  const write = () => {
    request.throwIfAborted();
    file.throwFailure(request);
    return handle.write?.(bytes, nonblock, request, offset);
  };
  const writing = onFailure(() => whenReady(behind?.over, write), giveBack);
  if (!isPromise(writing)) {
    giveBack();
    return answer(writing);
  }
  if (handle.io === 'stream')
    return stoppable(file, bytes, writing, request, giveBack).then(answer);
  writing.then(giveBack, giveBack);
  return writing.then(answer);
};

/**
 * Lets a write be answered before it is done, if its program is stopped.
 * @param done Called when the handle does not use the bytes any more.
 * @returns How many bytes the program is told that it has written; undefined means all.
 */
function stoppable(
  file: OpenFile,
  bytes: Uint8Array,
  writing: Promise<number | undefined>,
  request: Request,
  done: () => void,
): Promise<number | undefined> {
  let isEarly = false;
  const over = writing.then((taken = bytes.length) =>
    isEarly ? writeRest(file.handle, bytes.subarray(taken), request) : undefined,
  );
  over.then(done, done);
  return new Promise((resolve, reject) => {
    writing.then(resolve, reject);
    request.answerEarly = () => {
      isEarly = true;
      file.writeBehind(over, request);
      resolve(undefined);
    };
  });
}

async function writeRest(handle: Handle, bytes: Uint8Array, caller: Caller): Promise<void> {
  let rest = bytes;
  while (rest.length > 0 && !caller.aborted) {
    const taken = await handle.write?.(rest, false, caller, 0);
    rest = rest.subarray(taken ?? rest.length);
  }
}

/** A close waits for the write that goes on behind its program. */
export const flush: Run<OpenFile, FlushIn> = (server, file, { lock_owner }, request) => {
  const { handle } = file;
  request.filesOwner = lock_owner;
  const behind = file.behind?.filesOwner === lock_owner ? file.behind : undefined;
  const giveUp = () => {
    behind?.withdraw();
    handle.abandon?.();
  };
  if ((behind || handle.abandon) && isBeingKilled(request.pid)) giveUp();
  if (behind) request.signal.addEventListener('abort', giveUp, { once: true });
  const flushed = whenReady(behind?.over, () => {
    file.throwFailure(request);
    return handle.flush?.(request);
  });
  return whenReady(flushed, () => afterChanges(server, 0));
};

/**
 * Delays the answer to a write until the kernel knows of the names that the write made or removed, so
 * that its program sees them in its next system call.
 */
function afterChanges({ notifications }: Server, answer: Answer): Awaitable<Answer> {
  return notifications.pending ? notifications.written().then(() => answer) : answer;
}
