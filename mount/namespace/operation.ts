import type { AnchorPath, Member } from '../../src/anchor/circuit.js';
import { redact } from '../../src/anchor/redact.js';
import { codeOf } from '../errno.js';
import type { Awaitable, Caller } from '../node.js';
import { CommandFile, decodeCommand, ValueFile } from './control.js';
import type { FailureNotes } from './failure-notes.js';

/** Takes note of who did what, and how it ended. */
export interface OperationLog {
  operation<T>(who: string, what: string, run: () => Promise<T>): Promise<T>;
}

/** What all directories of one mount share. */
export interface NamespaceContext {
  readonly log: OperationLog;
  readonly failures: FailureNotes;
}

/** Where an anchor is. */
export interface Place {
  readonly member: Member;
  readonly path: AnchorPath;
  readonly context: NamespaceContext;
}

/** The path of a place from the mount point: `/X…/a/b`. */
export function pathOf({ member, path }: Place): string {
  return ['', member.name, ...path].join('/');
}

/** Does what a user asked for at a place: the log tells of it, and `error` if it fails. */
export async function operate<T>(
  place: Place,
  caller: Caller,
  what: string,
  run: () => Promise<T>,
): Promise<T> {
  const { log, failures } = place.context;
  const directory = pathOf(place);
  try {
    const result = await log.operation(`uid=${caller.uid} pid=${caller.pid}`, what, run);
    failures.note(directory, undefined);
    return result;
  } catch (error) {
    failures.note(directory, error);
    throw error;
  }
}

/** After these a write can be made again: nothing was wrong with it. */
const RETRIABLE: ReadonlySet<string | undefined> = new Set(['EAGAIN', 'EINTR']);

/**
 * Writes to a stream at a place: `error` tells why it failed, but the log nothing.
 * @param once Whether it is tried once: then that it would have to wait is why it failed.
 */
export async function writeStream<T>(
  place: Place,
  write: () => Promise<T>,
  once = false,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const code = codeOf(error);
    if (!RETRIABLE.has(code) || (once && code === 'EAGAIN'))
      place.context.failures.note(pathOf(place), error);
    throw error;
  }
}

/**
 * A file that shows something of the element at a place. Another member's element may have
 * made room for another one without a word: the name is asked for each time.
 */
export function elementFile(
  { member }: Place,
  content: (caller: Caller) => Awaitable<string>,
): ValueFile {
  return new ValueFile(content, member.watch ? undefined : 0);
}

interface CommandOptions {
  /** As in {@link CommandFile}. */
  readonly end?: (written: Buffer) => number;
  /** The command as the log may show it. */
  readonly show?: (command: string) => string;
}

/** The command file of a verb at a place. */
export function commandFile(
  place: Place,
  verb: string,
  run: (text: string, signal: AbortSignal) => Promise<void>,
  { end, show = redact }: CommandOptions = {},
): CommandFile {
  return new CommandFile((command, caller) => {
    const what = `${pathOf(place)}/${verb} ${show(Buffer.from(command).toString())}`.trim();
    return operate(place, caller, what, () => run(decodeCommand(command), caller.signal));
  }, end);
}
