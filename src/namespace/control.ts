import type { Attributes, Awaitable, Caller, File, Handle, OpenMode } from '../../mount/node.js';
import { CircuitError } from '../base/error.js';

/** For names and attributes that only a notification changes. */
export const STATIC_TTL_S = 60 * 60;

/** The longest command. */
const MAX_COMMAND_BYTES = 1024 * 1024;

/** The time stamp of files that do not change, in nanoseconds since the epoch. */
export const STARTED = BigInt(Date.now()) * 1_000_000n;

/** A file whose content never changes, so that the kernel can keep it. */
export class ConstantFile implements File {
  readonly kind = 'file';
  readonly id: string | undefined;
  readonly ttl: number;
  readonly #mode: number;
  readonly #text: () => string;
  #bytes: Buffer | undefined;

  /**
   * @param mode Permission bits.
   * @param text Gives the text, with the newline at its end; called once.
   * @param id Where another file may take its name at any time: tells it from the others.
   */
  constructor(mode: number, text: () => string, id?: string) {
    this.#mode = mode;
    this.#text = text;
    this.id = id;
    this.ttl = id === undefined ? STATIC_TTL_S : 0;
  }

  attributes(): Attributes {
    return { mode: this.#mode, size: this.#content.length, mtime: STARTED };
  }

  open(mode: OpenMode): Handle {
    refuseWrite(mode);
    return { io: 'cached', read: readerOf(this.#content) };
  }

  get #content(): Buffer {
    this.#bytes ??= Buffer.from(this.#text());
    return this.#bytes;
  }
}

/** Reads from a text that does not change. */
export function readerOf(content: Buffer) {
  return (offset: number, size: number) => content.subarray(offset, offset + size);
}

/**
 * A file without a size, of which each open is one reader or one writer.
 * @param mode Permission bits: it can be read, or written.
 */
export function streamFile(
  mode: 0o400 | 0o200,
  open: (caller: Caller, how: OpenMode) => Awaitable<Handle>,
): File {
  return {
    kind: 'file',
    // Uncached, so that a writer that blocks does not hold the inode's lock, on which the next one
    // would block, immune to signals.
    ttl: 0,
    attributes: () => ({ mode, size: 0, mtime: STARTED }),
    open: (how, caller) => {
      if (mode === 0o400) refuseWrite(how);
      else refuseRead(how);
      return open(caller, how);
    },
  };
}

/** @throws CircuitError EACCES: the file is opened to be read */
function refuseRead(mode: OpenMode): void {
  if (mode.read) throw new CircuitError('EACCES', 'this file can only be written');
}

/** @throws CircuitError EACCES: the file is opened to be written */
export function refuseWrite(mode: OpenMode): void {
  if (mode.write) throw new CircuitError('EACCES', 'this file can only be read');
}

/**
 * A file that takes a command: the lines that one write(2) completes, or a line without a newline at
 * close(2); or a JSON text, when its brackets close.
 * @param run Carries out a command; write(2) returns when it has, or fails as it does.
 * @param endOf How many of the bytes written are complete commands.
 */
export function commandFile(
  run: (command: Uint8Array, caller: Caller) => Promise<void>,
  endOf: (written: Buffer) => number,
): File {
  return streamFile(0o200, () => {
    let pending: Uint8Array = new Uint8Array();
    /** The process that began the command: a child that inherits the file and closes it does not end it. */
    let writer: number | undefined;
    let hasRun = false;
    return {
      io: 'direct',
      write: async (data, _nonblock, caller) => {
        if (pending.length === 0) writer = caller.filesOwner;
        const text = Buffer.concat([pending, data]);
        // A text that is too long is run as it is, and refused by decodeCommand.
        const end = text.length > MAX_COMMAND_BYTES ? text.length : endOf(text);
        pending = new Uint8Array();
        if (end > 0) await run(text.subarray(0, end), caller);
        // A write that fails has taken nothing: the beginning of a line behind it is no command at close.
        pending = text.subarray(end);
        hasRun ||= end > 0;
        return undefined;
      },
      flush: async (caller) => {
        if (caller.filesOwner !== writer) return;
        const command = pending;
        pending = new Uint8Array();
        // White space may follow a command, a newline most of all.
        const isRest = hasRun && Buffer.from(command).toString().trim() === '';
        if (command.length > 0 && !isRest) await run(command, caller);
      },
    };
  });
}

/** The text of a command, without the newline at its end. @throws CircuitError EINVAL */
export function decodeCommand(command: Uint8Array): string {
  if (command.length > MAX_COMMAND_BYTES) {
    throw new CircuitError('EINVAL', `a command has at most ${MAX_COMMAND_BYTES} bytes`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(command).replace(/\n$/, '');
  } catch {
    throw new CircuitError('EINVAL', 'the command is not UTF-8');
  }
}
