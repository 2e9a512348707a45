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
  /** The member's name, `X…`. */
  readonly name: string;
  /** The host as others reach it, that of the member's address: an IP address, or a name. */
  readonly reachableAt: string;
  readonly members: {
    /** Tells of the members that are there, in this turn, and of those that come; or of those that go. */
    follow(kind: 'join' | 'leave', tell: (member: string) => void): Disposable;
    /** The members that are there now, this one included, sorted by name. It is made anew for each call. */
    list(): readonly HostMember[];
    /** Tells that the list is another one. */
    onChange(listener: () => void): Disposable;
  };
  /** Adds a line to the operations log. */
  log(event: string): void;
}

/** A member of the network, as far as elements need it. */
export interface HostMember {
  readonly name: string;
  /** The name that its host gives itself, such as `web1`; it can have dots. */
  readonly host: string | undefined;
  /** Where its daemon is reached: an IP address, or a name. */
  readonly address: string;
  readonly port: number;
}

/** Where an element is made. @template B What its kind has begun, see {@link Kind.begin}. */
export interface Place<B extends AsyncDisposable = AsyncDisposable> {
  readonly host: Host;
  /** The anchor, below the member: `['db', 'main']`. */
  readonly path: readonly string[];
  /** The resource that the kind has begun on this member, if it has. */
  readonly begun: B | undefined;
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
  /**
   * A command is JSON, and complete when its brackets close; otherwise it is a line. Where JSON is
   * optional, a text that begins with a brace is JSON, and any other a line.
   */
  readonly json?: boolean | 'optional' | undefined;
}

/** Arguments of a command on the command line, as commander has them, beside the anchor. */
export interface Arguments {
  /** Such as `<CAPACITY>`, `[ADDRESS]` or `<TEXT...>`. The text is all that are given, with a space between. */
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
  readonly json?: boolean | 'optional';
  /** It may wait for as long as its caller does; others are done within seconds, or fail. */
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

/**
 * A kind of element. The file `kind` gives its name.
 * @template B What it begins with the daemon.
 */
export interface Kind<E extends Element = Element, B extends AsyncDisposable = AsyncDisposable>
  extends Directory<E> {
  readonly make: Maker<E, B>;
  /** Its name in sentences, where that is not the kind's own. */
  readonly noun?: string;
  /** An option of `circuit start` that enables it. */
  readonly start?: StartOption;
  /**
   * Begins what its elements on a member share, such as a connection, and finds those that an earlier
   * run of the daemon has left. It is called when the daemon has its name, which is before that is ready,
   * and nobody waits for it but the makers: so it can load what it needs. They fail as it does. Its result
   * is disposed in the daemon's orderly end, after the last element has ended.
   *
   * A kind with an option begins only where that is given.
   * @param option The value of the option, or `true` where it has none.
   * @param adopt Puts an element that is there already on its anchor.
   */
  begin?(host: Host, option: string | true | undefined, adopt: Adopt<E>): B | Promise<B>;
}

/** As commander has it: `--docker [SOCKET]`. */
export interface StartOption {
  readonly flags: string;
  readonly help: string;
  /** A daemon does not start where this throws. @throws CircuitError EINVAL: it cannot be the option's value */
  check?(value: string): void;
}

/** The options of kinds that `circuit start` was given, by the kind's name. */
export type StartOptionValues = ReadonlyMap<string, string | true>;

/**
 * Puts an element on an anchor of this member, and makes the anchors on the way. An element that is refused
 * stays as it is.
 * @throws CircuitError EEXIST (there is another), EINVAL, ENAMETOOLONG or EAGAIN (the path), EHOSTUNREACH
 *   (the daemon ends)
 */
export type Adopt<E extends Element = Element> = (
  path: readonly string[],
  element: E,
) => Promise<void>;

/** The file that makes an element. */
export interface Maker<E, B extends AsyncDisposable = AsyncDisposable> extends CommandOptions {
  /** Its name, such as `mkchan`. */
  readonly file: string;
  readonly help: string;
  /**
   * Reads the text. The function that it returns makes the element, and leaves nothing behind
   * where it fails.
   * @throws CircuitError EINVAL
   */
  parse(text: string): Make<E, B>;
}

/** The type of a method, as those of the files: so a kind is one of any element. */
export type Make<E, B extends AsyncDisposable = AsyncDisposable> = {
  make(place: Place<B>, signal: AbortSignal): E | Promise<E>;
}['make'];

export function kind<E extends Element, B extends AsyncDisposable = AsyncDisposable>(
  name: string,
  rest: Omit<Kind<E, B>, 'name'>,
): Kind<E, B> {
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
