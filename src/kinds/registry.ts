/** All kinds of element, a line each. */
import { redact } from '../base/redact.js';
import { chan } from './chan/kind.js';
import { dns } from './dns/kind.js';
import { docker } from './docker/kind.js';
import { member } from './member/kind.js';
import { note } from './note/kind.js';
import { proc } from './proc/kind.js';
import { join, leave } from './subscription/kind.js';
import {
  type ControlFile,
  command,
  type Description,
  type Directory,
  type Element,
  type Kind,
  value,
} from './table.js';

const KINDS: readonly Kind[] = [chan, proc, docker, dns, join, leave, note];

/** An anchor without an element, on which one can be made. */
export interface FreeAnchor {
  make(kind: Kind, text: string, signal?: AbortSignal): Promise<void>;
}

/** The kinds that a daemon knows. */
export class Registry {
  readonly member = member;
  /** An anchor without an element: its files make one. */
  readonly anchor: Directory<FreeAnchor>;
  readonly #kinds: ReadonlyMap<string, Kind>;
  readonly #fileNames = new Map<string, readonly string[]>();

  constructor(kinds: readonly Kind[] = KINDS) {
    this.#kinds = new Map(kinds.map((kind) => [kind.name, asElement(kind)]));
    this.anchor = anchorOf(this.kinds);
  }

  /** The kinds in the order in which they were given, each with the files that every element has. */
  get kinds(): readonly Kind[] {
    return [...this.#kinds.values()];
  }

  kind(name: string): Kind | undefined {
    return this.#kinds.get(name);
  }

  /** The kind that a file such as `mkchan` makes. */
  madeBy(file: string): Kind | undefined {
    return this.kinds.find(({ make }) => make.file === file);
  }

  /** The directory of a `member`, of an `anchor` without an element, or of an element by its kind. */
  describe(name: string): (Description & Directory<never>) | undefined {
    if (name === 'member') return this.member;
    return name === 'anchor' ? this.anchor : this.#kinds.get(name);
  }

  /** The name of a kind's elements in sentences. */
  nounOf(kind: string): string {
    return this.kind(kind)?.noun ?? kind;
  }

  /** The names of all files in it, sorted. */
  fileNames(name: string): readonly string[] {
    const known = this.#fileNames.get(name);
    if (known) return known;
    const names = [...Object.keys(this.describe(name)?.files ?? {}), ...COMMON_FILES].sort();
    this.#fileNames.set(name, names);
    return names;
  }

  /** A command as the operations log may show it; of a file that is not known, how long it is. */
  shown(file: string, text: string): string {
    const tables = [this.member, this.anchor, ...this.kinds].map(({ files }) => files);
    const found: readonly (ControlFile<never> | undefined)[] = tables.map((files) => files[file]);
    const commands = found.filter((each) => each?.type === 'command');
    if (commands.length === 0) return `(${text.length} characters)`;
    return commands.reduce((shown, { options }) => (options.redact ?? redact)(shown), text);
  }
}

/** The names of the files that every directory has, beside those of its table. */
const COMMON_FILES = ['error', 'help'];

function anchorOf(kinds: readonly Kind[]): Directory<FreeAnchor> {
  const makers = kinds.map((kind) => {
    const { file, help, ...options } = kind.make;
    const run = (anchor: FreeAnchor, text: string, signal?: AbortSignal) =>
      anchor.make(kind, text, signal);
    return [file, command(run, help, options)] as const;
  });
  return {
    name: 'anchor',
    about: 'This directory is an anchor: a place on a member, which can have sub-anchors.',
    files: Object.fromEntries(makers),
  };
}

function asElement(kind: Kind): Kind {
  return {
    ...kind,
    files: {
      ...kind.files,
      kind: value(() => kind.name, 'what this anchor is'),
      // The end of an element may be slow, and tells itself what it waits for.
      scrub: command((element: Element) => element.scrub(), 'end it at once, and remove it', {
        waits: true,
      }),
    },
  };
}

/** The kinds that this build knows. */
export const REGISTRY = new Registry();
