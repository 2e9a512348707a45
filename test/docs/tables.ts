/** The tables of the documents that come from the kinds: `npm run tables` writes them. */
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Verb, verbs } from '../../src/cli/verbs.js';
import { exampleOf } from '../../src/kinds/help.js';
import { REGISTRY } from '../../src/kinds/registry.js';
import type { Description } from '../../src/kinds/table.js';

const ROOT = join(import.meta.dirname, '../../..');

export const DOCUMENTS = ['docs/files.md', 'docs/commands.md'];

/** A table of a document stands between `<!-- NAME -->` and this. */
const TABLE = /<!-- (files of \S+|verbs) -->\n[\s\S]*?<!-- end -->/g;

/** A document as it is, and as it is to be. */
export function rendered(path: string): { readonly now: string; readonly wanted: string } {
  const now = readFileSync(join(ROOT, path), 'utf8');
  const wanted = now.replace(
    TABLE,
    (_whole, name: string) => `<!-- ${name} -->\n${tableNamed(name)}\n<!-- end -->`,
  );
  return { now, wanted };
}

function tableNamed(name: string): string {
  if (name === 'verbs') return verbTable();
  const directory = REGISTRY.describe(name.replace('files of ', ''));
  if (!directory) throw new Error(`there is no kind for the table ${JSON.stringify(name)}`);
  return fileTable(directory);
}

function fileTable({ files }: Description): string {
  const rows = Object.entries(files).map(
    ([file, entry]) =>
      `| \`${file}\` | ${entry.type} | \`${exampleOf(file, entry)}\` | ${entry.help} |`,
  );
  return ['| file | kind | example | |', '|---|---|---|---|', ...rows].join('\n');
}

function verbTable(): string {
  const rows = verbs().map((verb) => {
    const of = verb.of.map((directory) => (directory === 'anchor' ? 'anchor' : directory));
    // A bar ends a cell, also in code.
    const usage = usageOf(verb).replaceAll('|', '\\|');
    return `| \`${usage}\` | ${of.join(', ')} | ${verb.help} |`;
  });
  return ['| command | of | |', '|---|---|---|', ...rows].join('\n');
}

function usageOf({ name, of, arguments: { argument, first, stdin } }: Verb): string {
  const place = of.includes('member') ? '/X…' : '/X…/a';
  const before = argument !== undefined && first ? [argument] : [];
  const after = argument !== undefined && !first ? [argument] : [];
  const input = stdin ? ['< FILE'] : [];
  return ['circuit', name, ...before, place, ...after, ...input].join(' ');
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
  for (const path of DOCUMENTS) writeFileSync(join(ROOT, path), rendered(path).wanted);
}
