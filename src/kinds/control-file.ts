/**
 * The four kinds of control file. Everything that one can do to a member, a process or a channel is
 * a file of one of them, here and on another member alike:
 *
 * - a **value** is a text, taken once for each open. It ends with a newline.
 * - a **command** takes a text. It has been carried out when the call returns.
 * - a **source** gives bytes. They go to one reader; bytes that were not delivered are pushed back.
 * - a **sink** takes bytes, and blocks while its other end is behind.
 *
 * A log is a value that grows ({@link Log}). Each call that can block takes an `AbortSignal`, fails
 * with EINTR when that is aborted, and has done nothing then, or says how much it has done.
 */
import { errorCode } from '../base/error.js';
import type { Interruptible } from '../base/interruptible.js';

/** The most bytes that one read or write moves. */
export const MAX_PIECE = 1024 * 1024;

export interface WaitOptions extends Interruptible {
  /** Fail with EAGAIN where the call would block. */
  readonly nonblock?: boolean | undefined;
}

/** A reader's open source. */
export interface Source {
  /**
   * Up to `max` bytes, as soon as there are any; none at the end.
   * @throws CircuitError EAGAIN, EINTR (nothing is lost), EIO (the other end has gone)
   */
  read(max: number, options?: WaitOptions): Promise<Uint8Array>;
  /**
   * The bytes of a read were delivered, or could not be: then they are the next to be read, by this
   * reader or, where it has had none before, by any other.
   * @returns Resolves when the delivery is acknowledged, if that must be waited for.
   */
  settled(data: Uint8Array, delivered: boolean): void | Promise<void>;
  /**
   * The error of a read has come to nobody, and stands at the front again, as bytes that could not be
   * delivered. Sources have it that tell of an error only once.
   */
  untold?(error: unknown): void;
  /** Whether the bytes that were read are known to be all; absent if that is never known. */
  readonly ended?: boolean;
  /**
   * Whether its first delivery decides whose all of it is, so that it is to be acknowledged at once, and
   * the rest waits for its reader: a message. Of others it pays to read ahead.
   */
  readonly claimed?: boolean;
  /** Whether a read would be answered at once. */
  ready(signal?: AbortSignal): Promise<boolean>;
  /** Resolves when it may be. */
  whenReady(signal?: AbortSignal): Promise<void>;
  /** The reader goes. Bytes that were not delivered to it are pushed back. */
  close(): void;
}

export interface WriteOptions extends WaitOptions {
  /** These bytes, which may be none, are the last. */
  readonly last?: boolean | undefined;
}

/** A writer's open sink. {@link writeAll} writes to it. */
export interface Sink {
  /**
   * Takes bytes from the front of `data`, and blocks until it can.
   * @returns How many it took, which are the writer's again; fewer than there are if it has no room
   *   for more. Undefined if it has no room at all: {@link whenReady} tells when it may.
   * @throws CircuitError EPIPE (the reader has gone), EINTR, EAGAIN (it would block, and `nonblock` or
   *   the file forbids that). It has taken nothing then.
   */
  accept(data: Uint8Array, options?: WriteOptions): Promise<number | undefined>;
  /** Whether {@link drained} may block. */
  readonly full: boolean;
  /** Resolves when a write(2) may return. @throws CircuitError EPIPE, EINTR */
  drained(signal?: AbortSignal): Promise<void>;
  /** Whether a write would be answered at once. */
  ready(signal?: AbortSignal): Promise<boolean>;
  /** Resolves when it may be. */
  whenReady(signal?: AbortSignal): Promise<void>;
  /** The writer is done. A writer that must know whether it was in time gives its last bytes as `last`. */
  close(): void;
  /** The writer has gone before it was done. */
  abort(): void;
}

/** A value that grows. Offsets count bytes since it began; the oldest are no longer kept. */
export interface Log {
  /** The bytes that are kept now. @throws CircuitError EINTR, EHOSTUNREACH; so do all of these */
  extent(signal?: AbortSignal): Promise<LogExtent>;
  /** Up to `size` bytes from `offset`, or from the oldest that is kept; none at the end. */
  read(offset: number, size: number, signal?: AbortSignal): Promise<LogPiece>;
  /** Resolves when there are bytes beyond `offset`. */
  whenBeyond(offset: number, signal?: AbortSignal): Promise<void>;
}

export interface LogExtent {
  readonly start: number;
  readonly end: number;
}

export interface LogPiece {
  /** The offset of its first byte: later than was asked for, if that is no longer kept. */
  readonly offset: number;
  readonly data: Uint8Array;
}

export interface SinkOptions {
  /** Opened with O_APPEND: its close does not end the input that it feeds. */
  readonly append?: boolean | undefined;
}

/**
 * The control files of one place: of a member, of an element, or of an anchor without one. They stay
 * those of that element, also when another one is at its path by then. To be disposed.
 */
export interface Files extends Disposable {
  /** @throws CircuitError ENOENT: there is no such file, or it is of another kind; so do all of these */
  value(name: string, signal?: AbortSignal): Promise<string>;
  command(name: string, text: string, signal?: AbortSignal): Promise<void>;
  /** Whether a command may wait as long as its caller does; absent where that is not known. */
  waits?(name: string): boolean;
  source(name: string): Source;
  sink(name: string, options?: SinkOptions): Sink;
  log(name: string): Log;
}

/**
 * Writes all of `data`, and blocks while the sink is full.
 * @returns How many bytes were taken: fewer where the write was interrupted, or would block, after
 *   the first of them. To fail then would have them written twice.
 * @throws CircuitError as {@link Sink.accept}
 */
export async function writeAll(
  sink: Sink,
  data: Uint8Array,
  options: WriteOptions = {},
): Promise<number> {
  const { signal, nonblock } = options;
  let taken = 0;
  try {
    for (;;) {
      const count = await sink.accept(data.subarray(taken), options);
      taken += count ?? 0;
      if (count !== undefined && taken === data.length) break;
      if (count === undefined || (!nonblock && sink.full)) await sink.whenReady(signal);
    }
    if (!nonblock && sink.full) await sink.drained(signal);
  } catch (error) {
    if (taken === 0 || !isRetriable(error)) throw error;
  }
  return taken;
}

/** Whether the same call can be made again: nothing was wrong with it. */
export function isRetriable(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'EAGAIN' || code === 'EINTR';
}
