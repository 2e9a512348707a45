import { REGISTRY, type Registry } from '../kinds/registry.js';
import type { ControlFile, FileType } from '../kinds/table.js';

/** A control file as a command, `circuit NAME ANCHOR`. */
export interface Verb {
  readonly name: string;
  readonly type: FileType;
  /** Whether members, free anchors (which it makes something), or elements of these kinds have it. */
  readonly of: readonly string[];
  readonly file: ControlFile<never>;
}

/** Every control file of a member, of an anchor without an element, and of each kind. */
export function verbs(registry: Registry = REGISTRY): readonly Verb[] {
  const found = new Map<string, Verb>();
  for (const { name: directory, files } of [registry.member, registry.anchor, ...registry.kinds]) {
    const table: Readonly<Record<string, ControlFile<never>>> = files;
    for (const [name, file] of Object.entries(table)) {
      const before = found.get(name);
      const of = [...(before?.of ?? []), directory];
      found.set(name, { name, type: file.type, of, file: shorter(before?.file, file) });
    }
  }
  return [...found.values()];
}

/** Several kinds have a file of one name: the shortest help is the one that is true of all. */
function shorter(one: ControlFile<never> | undefined, other: ControlFile<never>) {
  return one && one.help.length <= other.help.length ? one : other;
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
