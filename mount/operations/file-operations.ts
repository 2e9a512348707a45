/** OPEN, and the requests about an open file. */
import { constants } from 'node:os';
import { isPromise, whenReady } from '../awaitable.js';
import { codeOf } from '../errno.js';
import { type OpenFile, OpenFiles } from '../files/open-files.js';
import { WriteBuffers } from '../files/write-buffers.js';
import type { Invalidation } from '../inodes/invalidation.js';
import type { Inode } from '../inodes/tree.js';
import type { Awaitable, Caller, Handle } from '../node.js';
import type { Answer } from '../requests/answer.js';
import type { RequestCaller } from '../requests/caller.js';
import { isBeingKilled } from '../requests/killed.js';
import {
  O_ACCMODE,
  O_APPEND,
  O_NONBLOCK,
  O_RDWR,
  O_WRONLY,
  POLL_SCHEDULE_NOTIFY,
} from '../wire/constants.js';
import { notifyPoll } from '../wire/notification.js';
import type { RequestBody } from '../wire/request.js';
import { OpenOut, PollOut, WriteOut } from '../wire/structs.js';

const { EAGAIN, EBADF, EINTR, EINVAL, EISDIR } = constants.errno;

export type FileRequest = Extract<
  RequestBody,
  { readonly op: 'READ' | 'WRITE' | 'FLUSH' | 'POLL' | 'RELEASE' }
>;

export class FileOperations {
  readonly #files = new OpenFiles();
  readonly #buffers = new WriteBuffers();
  readonly #invalidation: Invalidation;
  readonly #notify: (message: Uint8Array) => void;

  /** `notify` writes a notification that never blocks. */
  constructor(invalidation: Invalidation, notify: (message: Uint8Array) => void) {
    this.#invalidation = invalidation;
    this.#notify = notify;
  }

  run(request: FileRequest, caller: RequestCaller): Awaitable<Answer> {
    const file = this.#files.get(request.args.fh);
    if (file === undefined) return EBADF;
    switch (request.op) {
      case 'READ': {
        const { offset, size, flags } = request.args;
        const nonblock = (flags & O_NONBLOCK) !== 0;
        return noting(file, () => this.#read(file, offset, size, nonblock, caller));
      }
      case 'WRITE': {
        const { offset, flags } = request.args;
        const nonblock = (flags & O_NONBLOCK) !== 0;
        return noting(file, () => this.#write(file, request.data, offset, nonblock, caller));
      }
      case 'FLUSH':
        return whenReady(this.#flush(file, caller), () => this.#afterChanges(0));
      case 'POLL':
        return this.#poll(file, request.args.kh, request.args.flags);
      case 'RELEASE':
        this.#files.release(file.fh);
        return 0;
      default:
        throw new TypeError(`unknown request ${String(request satisfies never)}`);
    }
  }

  open(inode: Inode, flags: number, caller: Caller): Awaitable<Answer> {
    const { node } = inode;
    if (node.kind !== 'file') return node.kind === 'directory' ? EISDIR : EINVAL;
    const access = flags & O_ACCMODE;
    const mode = {
      read: access !== O_WRONLY,
      write: access === O_WRONLY || access === O_RDWR,
      append: (flags & O_APPEND) !== 0,
    };
    return whenReady(node.open(mode, caller), (handle) => {
      const file = this.#files.add(handle, inode, mode);
      return {
        body: OpenOut.encode({ fh: file.fh, open_flags: file.flags }),
        done: (delivered) => {
          if (!delivered) this.#files.release(file.fh);
        },
      };
    });
  }

  #read(
    file: OpenFile,
    offset: number,
    size: number,
    nonblock: boolean,
    caller: Caller,
  ): Awaitable<Answer> {
    const { handle } = file;
    if (handle.read === undefined) return EBADF;
    const before = file.givenBack();
    if (before) {
      return before.then(() =>
        caller.aborted ? EINTR : this.#read(file, offset, size, nonblock, caller),
      );
    }
    const reading = handle.read(offset, size, nonblock, caller);
    const over = handle.settled && isPromise(reading) ? file.reading(caller) : undefined;
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
  }

  #write(
    file: OpenFile,
    data: Uint8Array,
    offset: number,
    nonblock: boolean,
    caller: RequestCaller,
  ): Awaitable<Answer> {
    const { handle, behind } = file;
    if (handle.write === undefined) return EBADF;
    if (behind && nonblock) return EAGAIN;
    const { bytes, giveBack } = this.#buffers.lend(data, handle.io === 'stream');
    const write = () => {
      file.throwFailure(caller);
      return handle.write?.(bytes, nonblock, caller, offset);
    };
    const written = (taken = bytes.length) => this.#afterChanges(WriteOut.encode({ size: taken }));
    let writing: Awaitable<number | undefined>;
    try {
      writing = behind
        ? behind.over.then(() => (caller.aborted ? Promise.reject(interrupted()) : write()))
        : write();
    } catch (error) {
      giveBack();
      throw error;
    }
    if (!isPromise(writing)) {
      giveBack();
      return written(writing);
    }
    // The handle has the bytes until then, also where its writer was interrupted and answered.
    const { answer, done } =
      handle.io === 'stream' ? answeredEarly(file, bytes, writing, caller) : alone(writing);
    done.then(giveBack, giveBack);
    return answer.then(written);
  }

  /** A program that closes what it has written waits for what it was told to have written. */
  #flush(file: OpenFile, caller: Caller): Awaitable<void> {
    const { handle } = file;
    const behind = file.behind?.filesOwner === caller.filesOwner ? file.behind : undefined;
    const giveUp = () => {
      behind?.withdraw();
      handle.abandon?.();
    };
    if ((behind || handle.abandon) && isBeingKilled(caller.pid)) giveUp();
    const flush = () => {
      file.throwFailure(caller);
      return handle.flush?.(caller);
    };
    if (!behind) return flush();
    caller.signal.addEventListener('abort', giveUp, { once: true });
    return behind.over.then(flush);
  }

  /**
   * Holds an answer back until the kernel knows which names have come and gone
   * by it, so that the writer's next look finds what its write has done.
   */
  #afterChanges(answer: Answer): Awaitable<Answer> {
    if (!this.#invalidation.pending) return answer;
    return this.#invalidation.written().then(() => answer);
  }

  #poll(file: OpenFile, kh: number, flags: number): Awaitable<Answer> {
    const scheduled = (flags & POLL_SCHEDULE_NOTIFY) !== 0;
    const notify = scheduled ? () => this.#notify(notifyPoll(kh)) : undefined;
    return whenReady(file.poll(notify), (revents) => PollOut.encode({ revents }));
  }

  /** Resolves when no file is open for writing. */
  written(): Promise<void> {
    return this.#files.written();
  }

  /** Releases whatever is open; hands on what the handles throw. */
  releaseAll(onError: (error: unknown) => void): void {
    for (const fh of this.#files.open) {
      this.#files.get(fh)?.behind?.withdraw();
      try {
        this.#files.release(fh);
      } catch (error) {
        onError(error);
      }
    }
  }
}

function interrupted(): Error {
  return Object.assign(new Error('interrupted'), { code: 'EINTR' });
}

interface Writing {
  /** How much of it the program is told to have been taken; all, if nothing. */
  readonly answer: Promise<number | undefined>;
  /** Settles when the handle has no more to do with the bytes. */
  readonly done: Promise<unknown>;
}

function alone(writing: Promise<number | undefined>): Writing {
  return { answer: writing, done: writing };
}

/** A write whose program, if it is stopped, is answered before it is done. */
function answeredEarly(
  file: OpenFile,
  bytes: Uint8Array,
  writing: Promise<number | undefined>,
  caller: RequestCaller,
): Writing {
  let isEarly = false;
  const done = writing.then((taken) =>
    isEarly ? writeRest(file.handle, bytes, taken ?? bytes.length, caller) : undefined,
  );
  const answer = new Promise<number | undefined>((resolve, reject) => {
    writing.then(resolve, reject);
    caller.early = () => {
      isEarly = true;
      file.writeBehind(done, caller);
      resolve(undefined);
    };
  });
  return { answer, done };
}

/** Writes the rest when the program has been answered. */
async function writeRest(
  handle: Handle,
  bytes: Uint8Array,
  begun: number,
  caller: Caller,
): Promise<void> {
  for (let taken = begun; taken < bytes.length && !caller.aborted; ) {
    const rest = bytes.subarray(taken);
    taken += (await handle.write?.(rest, false, caller, 0)) ?? rest.length;
  }
}

/** Tells the file where a read or a write would have had to wait; the answer is not held up. */
function noting(file: OpenFile, run: () => Awaitable<Answer>): Awaitable<Answer> {
  const failed = (error: unknown) => {
    if (codeOf(error) === 'EAGAIN') file.exhausted();
  };
  try {
    const answer = run();
    if (isPromise(answer)) answer.catch(failed);
    return answer;
  } catch (error) {
    failed(error);
    throw error;
  }
}
