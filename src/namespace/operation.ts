import { codeOf } from '../../mount/errno.js';
import type { Caller, File } from '../../mount/node.js';
import type { AnchorPath, ElementKind, Member } from '../anchor/circuit.js';
import { formatPath } from '../anchor/path.js';
import { redact } from '../base/redact.js';
import { CommandFile, decodeCommand } from './control.js';
import type { FailureNotes } from './failure-notes.js';
import type { Renderings, Texts, ValueSource } from './renderings.js';
import { ValueFile } from './value.js';

/** Takes note of who did what, and how it ended. */
export interface OperationLog {
  operation<T>(who: string, what: string, run: () => Promise<T>): Promise<T>;
}

/** What all directories of one mount share. */
export interface NamespaceContext {
  readonly log: OperationLog;
  readonly failures: FailureNotes;
  readonly renderings: Renderings;
}

/** Where an anchor is. */
export interface Place {
  readonly member: Member;
  readonly path: AnchorPath;
  readonly context: NamespaceContext;
}

/** The path of a place from the mount point: `/X…/a/b`. */
export function pathOf({ member, path }: Place): string {
  return formatPath(member.name, path);
}

/** Does what a user asked for at a place: the log tells of it, and `error` if it fails. */
export async function operate<T>(
  place: Place,
  caller: Caller,
  what: string,
  run: () => Promise<T>,
): Promise<T> {
  const { log, failures, renderings } = place.context;
  const directory = pathOf(place);
  try {
    const result = await log.operation(`uid=${caller.uid} pid=${caller.pid}`, what, run);
    failures.note(directory, undefined);
    return result;
  } catch (error) {
    failures.note(directory, error);
    throw error;
  } finally {
    renderings.expire();
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
  } finally {
    place.context.renderings.expire();
  }
}

/**
 * The value files of the member or the element at a place.
 * @param of What it is: another element at the same place has other values.
 */
export function valueFiles(
  place: Place,
  of: ElementKind | 'member',
  begin: () => Texts,
): ReadonlyArray<readonly [string, File]> {
  const { member, context } = place;
  const source: ValueSource = {
    key: `${pathOf(place)}:${of}`,
    remote: !member.watch,
    suspected: () => member.suspected,
    begin,
  };
  return namedValues(context, source);
}

/** `error`: why the last command at a place failed, of those on this mount. */
export function errorFile(place: Place): ReadonlyArray<readonly [string, File]> {
  const { context } = place;
  return namedValues(context, {
    key: `${pathOf(place)}:failures`,
    remote: false,
    suspected: () => false,
    begin: () => ({ error: () => context.failures.reason(pathOf(place)) }),
  });
}

function namedValues(
  { renderings }: NamespaceContext,
  source: ValueSource,
): ReadonlyArray<readonly [string, File]> {
  const names = Object.keys(source.begin());
  return names.map((name) => [name, new ValueFile(renderings, source, name)]);
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
