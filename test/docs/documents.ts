import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');

/** A fenced block: what stands after its fence, and between the two. */
export interface Block {
  readonly language: string;
  readonly text: string;
}

/** A command as it is typed, on which host, and what it prints; `…` is whatever there is to the next character. */
export interface Step {
  /** Counted from 1; undefined where it is typed on every host. */
  readonly host: number | undefined;
  readonly command: string;
  readonly printed: string;
}

/** A document of the project, by its path from the project's root. */
export class Document {
  readonly text: string;
  readonly blocks: readonly Block[];

  constructor(readonly path: string) {
    this.text = readFileSync(join(ROOT, path), 'utf8');
    this.blocks = blocksOf(this.text);
  }

  /** Those that are written for people: not the list of changes, nor what is generated. */
  static all(): readonly Document[] {
    const inDocs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
    const paths = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md'].concat(
      inDocs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name)),
    );
    return paths.sort().map((path) => new Document(path));
  }

  /** The text without its blocks. */
  get prose(): string {
    return this.text.replace(/^```.*?^```$/gms, '');
  }

  of(language: string): readonly string[] {
    return this.blocks.filter((block) => block.language === language).map(({ text }) => text);
  }

  /**
   * The console blocks of a document are one session. A command stands after `$ ` (the first host,
   * which the reader is at), `# ` (every host) or `host2# `, and goes on in lines that begin with `> `.
   */
  get session(): readonly Step[] {
    return this.#consoles(this.blocks);
  }

  /** A part of the session: that of the section with this title. */
  sessionOf(title: string): readonly Step[] {
    return this.#consoles(this.blocksOf(title));
  }

  #consoles(blocks: readonly Block[]): readonly Step[] {
    return blocks.flatMap(({ language, text }) => (language === 'console' ? stepsOf(text) : []));
  }

  /** The blocks of the section with this title. */
  blocksOf(title: string): readonly Block[] {
    const section = this.text.split(/^(?=## )/m).find((text) => text.startsWith(`## ${title}\n`));
    if (section === undefined) throw new Error(`${this.path} has no section ${title}`);
    return blocksOf(section);
  }

  /** How many hosts the session speaks of. */
  get hosts(): number {
    const named = [
      ...this.of('console')
        .join('')
        .matchAll(/\bhost(\d)\b/g),
    ];
    return Math.max(1, ...named.map(([, host]) => Number(host)));
  }

  /** The programs, by the names in their first lines: `// jobs.ts`. */
  get programs(): ReadonlyMap<string, string> {
    return new Map(this.of('ts').map((text) => [/^\/\/ (\S+\.ts)$/m.exec(text)?.[1] ?? '', text]));
  }

  /** The paths from the project's root, with `#section`, that its links lead to. */
  get links(): readonly string[] {
    return [...this.prose.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^[a-z]+:/.test(link))
      .map((link) =>
        link.startsWith('#') ? this.path + link : relative(ROOT, join(ROOT, this.path, '..', link)),
      );
  }

  /** The sections, as GitHub names them in links. */
  get sections(): readonly string[] {
    return [...this.prose.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    );
  }
}

function blocksOf(text: string): readonly Block[] {
  return [...text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(([, language = '', block = '']) => ({
    language,
    text: block,
  }));
}

/** The steps in a block of commands. */
export function stepsOf(text: string): readonly Step[] {
  const steps = text.matchAll(
    /^(?:host(\d))?([$#]) (.*\n(?:> .*\n)*)((?:(?!(?:host\d)?[$#] ).*\n)*)/gm,
  );
  return [...steps].map(([, host, prompt, command = '', printed = '']) => ({
    host: host ? Number(host) : prompt === '$' ? 1 : undefined,
    command: command.replace(/^> /gm, ''),
    printed,
  }));
}

export function patternOf(printed: string): RegExp {
  const literal = printed.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('…', '.*?')}$`, 's');
}
