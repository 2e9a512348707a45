import { exampleOf } from '../kinds/help.js';
import { REGISTRY, type Registry } from '../kinds/registry.js';
import type { Arguments, ControlFile, FileType } from '../kinds/table.js';

/** A control file as a command, `circuit NAME ANCHOR`. */
export interface Verb {
  readonly name: string;
  readonly type: FileType;
  /** Whether members, free anchors (which it makes something), or elements of these kinds have it. */
  readonly of: readonly string[];
  /** A line on it, which is true of all of them. */
  readonly help: string;
  /** How it is called. */
  readonly arguments: Arguments;
  /** A line to copy on a mount; or one each, with whose it is. */
  readonly example: string;
}

/** Every control file of a member, of an anchor without an element, and of each kind. */
export function verbs(registry: Registry = REGISTRY): readonly Verb[] {
  const found = new Map<string, Found[]>();
  for (const { name: of, files } of [registry.member, registry.anchor, ...registry.kinds]) {
    const table: Readonly<Record<string, ControlFile<never>>> = files;
    for (const [name, file] of Object.entries(table)) {
      found.set(name, [...(found.get(name) ?? []), { of, file }]);
    }
  }
  return [...found].flatMap(([name, those]) => verbOf(name, those));
}

/** A file of the verb's name, and the directory that has it. */
interface Found {
  readonly of: string;
  readonly file: ControlFile<never>;
}

function verbOf(name: string, those: readonly Found[]): readonly Verb[] {
  const [shortest] = those.toSorted((a, b) => a.file.help.length - b.file.help.length);
  if (!shortest) return [];
  const { file } = shortest;
  const of = those.map((each) => each.of);
  const help = helpOf(those, file.help);
  const example = exampleFor(name, those);
  return [{ name, type: file.type, of, help, arguments: argumentsOf(those), example }];
}

/** The shortest help, where the others only go on from there; else all, each with whose it is. */
function helpOf(those: readonly Found[], shortest: string): string {
  if (those.every(({ file }) => file.help.startsWith(shortest))) return shortest;
  return eachWithWhose(those, ({ help }) => help).join(', or ');
}

function exampleFor(name: string, those: readonly Found[]): string {
  const [first = '', ...others] = new Set(those.map(({ file }) => exampleOf(name, file)));
  if (others.length === 0) return first;
  return eachWithWhose(those, (file) => exampleOf(name, file)).join(', or ');
}

/** The contents of the files, each once, with the directories that have those files. */
function eachWithWhose(
  those: readonly Found[],
  what: (file: ControlFile<never>) => string,
): readonly string[] {
  return [...new Set(those.map(({ file }) => what(file)))].map((each) => {
    const of = those.filter(({ file }) => what(file) === each).map((found) => found.of);
    return `${each} (${of.join(', ')})`;
  });
}

/** Verbs of one name have the same arguments, but each kind its own word for it: `<TEXT|RECORD...>`. */
function argumentsOf(those: readonly Found[]): Arguments {
  const all = those.flatMap(({ file }) => (file.type === 'command' ? [file.options] : []));
  const words = all.flatMap(({ argument }) => /[^[\]<>.]+/.exec(argument ?? '') ?? []);
  const [options = {}] = all;
  const [word] = words;
  if (options.argument === undefined || word === undefined) return options;
  return { ...options, argument: options.argument.replace(word, [...new Set(words)].join('|')) };
}

/** Whether `select` takes files of this type. */
export function isWaitable(type: FileType): boolean {
  return type === 'sink' || type === 'source' || type === 'log';
}

/** The files that `select` takes, in words. */
export function waitableFiles(): string {
  const names = (...types: readonly FileType[]) =>
    verbs()
      .filter(({ type }) => types.includes(type))
      .map(({ name }) => name)
      .join(', ');
  return `${names('sink', 'source')} of an anchor, and ${names('log')} of a member`;
}

/** Whether there is no command without the argument, in the notation of commander. */
export function isRequired(argument: string): boolean {
  return argument.startsWith('<');
}
