/**
 * A kind of element: how it is made, and a table of its control files. The directories of
 * the mount, the pages `help`, the command line, `select`, the log and the RPC are derived from
 * these tables, as /proc is from Linux' `tgid_base_stuff` (fs/proc/base.c) and devproc's directory
 * from Plan 9's `Dirtab`.
 */
import type { Log, Sink, SinkOptions, Source } from './control-file.js';
import type { MessageShare } from './message-memory.js';

/** An element, which an anchor holds. */
export interface Element {
  /** Whether rmdir(2) would end something. */
  readonly alive: boolean;
  /** It has been put on its anchor, in this very turn. @param remove Scrubs it, and removes it from there. */
  placed?(remove: () => void): void;
  /** Ends it at once, whatever its state. */
  scrub(): Promise<void>;
  /** Ends it in order, within so many milliseconds. Without it, its end is the daemon's. */
  terminate?(graceMs: number, signal?: 'SIGTERM' | 'SIGHUP'): Promise<void>;
}

/** The member on which an element lives, as far as elements need it. */
export interface Host {
  /** Tells of the members that are there, in this turn, and of those that come; or of those that go. */
  readonly members: {
    follow(kind: 'join' | 'leave', tell: (member: string) => void): Disposable;
  };
}

/** The program that opens a file of an element. */
export interface Opener extends SinkOptions {
  /** Accounts for the memory that their messages hold. */
  readonly memory: MessageShare;
}

export type FileType = 'value' | 'command' | 'source' | 'sink' | 'log';

/** A control file, as another daemon tells of it. */
export interface FileDescription {
  readonly type: FileType;
  /** A line on it, for `help`, the command line and the documents. */
  readonly help: string;
  /** A line to copy into a shell, in its directory. */
  readonly example?: string | undefined;
  /** A command is JSON, and complete when its brackets close; otherwise it is a line. */
  readonly json?: boolean | undefined;
}

/** Arguments of a command on the command line, as commander has them, beside the anchor. */
export interface Arguments {
  /** Such as `<CAPACITY>`. The text is all that are given, with a space between. */
  readonly argument?: string;
  /** The argument comes before the anchor. */
  readonly first?: boolean;
  /** The text is on standard input. */
  readonly stdin?: boolean;
  /** A flag that sets a key of the JSON to true. */
  readonly flag?: { readonly name: string; readonly key: string; readonly help: string };
}

interface CommandOptions extends Arguments {
  readonly example?: string;
  readonly json?: boolean;
  /** It may wait for as long as its caller does; others are done within seconds. */
  readonly waits?: boolean;
  /** Gives the text as the log may show it; by default without the secrets of addresses. */
  readonly redact?: (text: string) => string;
}

// The methods are declared as methods: so a table of one kind's files is one of any element's.
export interface ValueFile<E> extends FileDescription {
  readonly type: 'value';
  value(element: E, signal?: AbortSignal): string | Promise<string>;
}

export interface CommandFile<E> extends FileDescription {
  readonly type: 'command';
  readonly options: CommandOptions;
  run(element: E, text: string, signal?: AbortSignal): void | Promise<void>;
}

export interface SourceFile<E> extends FileDescription {
  readonly type: 'source';
  open(element: E, opener: Opener): Source;
}

export interface SinkFile<E> extends FileDescription {
  readonly type: 'sink';
  open(element: E, opener: Opener): Sink;
}

export interface LogFile<E> extends FileDescription {
  readonly type: 'log';
  open(element: E): Log;
}

export type ControlFile<E> =
  | ValueFile<E>
  | CommandFile<E>
  | SourceFile<E>
  | SinkFile<E>
  | LogFile<E>;

/** Control files by name, in the order in which `help` tells of them. */
export type Table<E> = Readonly<Record<string, ControlFile<E>>>;

/** A directory of control files, as another daemon tells of it. */
export interface Description {
  /** `member`, `anchor` (without an element), or the kind of an element. */
  readonly name: string;
  /** The first paragraph of its page `help`. */
  readonly about: string;
  readonly files: Readonly<Record<string, FileDescription>>;
  /** The last paragraph, if there is one. */
  readonly note?: string | undefined;
}

/** A directory of control files, with their functions. */
export interface Directory<E> extends Description {
  readonly files: Table<E>;
}

/** A kind of element. The file `kind` gives its name. */
export interface Kind<E extends Element = Element> extends Directory<E> {
  readonly make: Maker<E>;
}

/** The file that makes an element. */
export interface Maker<E> extends CommandOptions {
  /** Its name, such as `mkchan`. */
  readonly file: string;
  readonly help: string;
  /**
   * Reads the text. The function that it returns makes the element, and leaves nothing behind
   * where it fails.
   * @throws CircuitError EINVAL
   */
  parse(text: string): (host: Host, signal: AbortSignal) => E | Promise<E>;
}

export function kind<E extends Element>(name: string, rest: Omit<Kind<E>, 'name'>): Kind<E> {
  return { name, ...rest };
}

/** A text without a newline; it is given one. */
export function value<E>(of: (element: E) => string | Promise<string>, help: string): ValueFile<E> {
  return { type: 'value', help, value: async (element) => `${await of(element)}\n` };
}

/** An object, as indented JSON. */
export function json<E>(of: (element: E) => object | Promise<object>, help: string): ValueFile<E> {
  return value(async (element: E) => jsonText(await of(element)), help);
}

/** The text of an object in a value file, without the newline at the end. */
export function jsonText(object: object): string {
  return JSON.stringify(object, undefined, 2);
}

export function command<E>(
  run: CommandFile<E>['run'],
  help: string,
  options: CommandOptions = {},
): CommandFile<E> {
  const { example, json } = options;
  return { type: 'command', run, help, example, json, options };
}

export function source<E>(open: SourceFile<E>['open'], help: string): SourceFile<E> {
  return { type: 'source', open, help };
}

export function sink<E>(open: SinkFile<E>['open'], help: string): SinkFile<E> {
  return { type: 'sink', open, help };
}

export function log<E>(open: LogFile<E>['open'], help: string): LogFile<E> {
  return { type: 'log', open, help };
}
