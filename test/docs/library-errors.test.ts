import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Document } from './documents.js';

const SOURCES = join(import.meta.dirname, '../../../src');

/** Rooms whose errors stay in a command or on a mount. */
const NOT_OF_LIBRARY = /^(cli|namespace|build)\//;

test('each errno that a program of the library can get has its row in docs/library.md', (t) => {
  const [table = ''] = /^\| code \|.*?\n\n/ms.exec(new Document('docs/library.md').text) ?? [];
  const rows = table.split('\n').map((row) => row.split('|')[1] ?? '');
  const told = rows.flatMap((cell) => [...cell.matchAll(/`(E\w+)`/g)].map(([, code = '']) => code));
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' });
  const made = files
    .filter((file) => file.endsWith('.ts') && !NOT_OF_LIBRARY.test(file))
    .flatMap((file) => codesIn(readFileSync(join(SOURCES, file), 'utf8')));
  t.deepEqual([...told].sort(), [...new Set(made)].sort());
});

function codesIn(source: string): string[] {
  return [...source.matchAll(/new CircuitError\(\s*'(E\w+)'/g)].map(([, code = '']) => code);
}
