import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import test from 'ava';

const ROOT = join(import.meta.dirname, '../..');

type Allowed = ReadonlySet<string> | 'anything';

/** What each room may import besides itself, as the table of CONTRIBUTING.md has it. */
function rooms(): ReadonlyMap<string, Allowed> {
  const text = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `([\w/]+)\/` \|.*\| ([^|]+) \|$/gm)];
  return new Map(
    rows.map(([, room = '', allowed = '']): readonly [string, Allowed] => {
      const names = [...allowed.matchAll(/`([^`]*)`/g)].flatMap(([, each = '']) => each.split(' '));
      const all = names.map((name) => (TOP.has(name) ? name : `src/${name}`));
      if (allowed === 'nothing') return [room, new Set()];
      if (allowed.startsWith('anything')) return [room, 'anything'];
      return [room, new Set(all)];
    }),
  );
}

const TOP = new Set(['native', 'mount', 'test', 'examples']);

/** `src/kinds/chan/kind.ts` is in `src/kinds`. */
function roomOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  return first === 'src' && second.includes('.')
    ? 'src'
    : first === 'src'
      ? `src/${second}`
      : first;
}

test('no room imports one that the table of CONTRIBUTING.md does not allow it, types included', (t) => {
  const allowed = rooms();
  const files = ['native', 'mount', 'src'].flatMap(sources);
  t.true(files.length > 100, 'they are looked for in the right place');
  const seen = new Set<string>();
  for (const file of files) {
    const from = roomOf(file);
    const may = allowed.get(from);
    if (!may) {
      t.fail(`${file} is in no room of the table`);
      continue;
    }
    seen.add(from);
    for (const to of imports(file).map(roomOf)) {
      const isAllowed = to === from || (may === 'anything' ? to !== 'src/cli' : may.has(to));
      t.true(isAllowed, `${file} imports ${to}`);
    }
  }
  const unused = [...allowed.keys()].filter((room) => /^(native|mount|src)/.test(room));
  t.deepEqual([...seen].sort(), unused.sort(), 'a room of the table has no file');
});

test('a kind is one room: no kind is imported by another, but for the channel that a subscription is', (t) => {
  const roomOfKind = (path: string) => /^src\/kinds\/[^/]+(?=\/)/.exec(path)?.[0];
  const kinds = sources('src/kinds').filter((file) => roomOfKind(file));
  const foreign = kinds.flatMap((file) =>
    imports(file)
      .filter((path) => roomOfKind(path) && roomOfKind(path) !== roomOfKind(file))
      .map((path) => `${roomOfKind(file)} imports ${path}`),
  );
  t.deepEqual(foreign, ['src/kinds/subscription imports src/kinds/chan/channel-element.js']);
});

function sources(folder: string): string[] {
  const all = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return all.filter((name) => /\.c?ts$/.test(name)).map((name) => join(folder, name));
}

/** The files of the project that a file imports, also as types or lazily. */
function imports(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const found = [...text.matchAll(/(?:\bfrom|\bimport\(?)\s*'(\.{1,2}\/[^']+)'/g)];
  return found.map(([, path = '']) => normalize(join(dirname(file), path)));
}
