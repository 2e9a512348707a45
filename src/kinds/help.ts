import type { Description, FileDescription } from './table.js';

const WIDTH = 100;
const EXAMPLE_WIDTH = 28;

/** The page behind the file `help`: a line on each file of a directory, with one to copy. */
export function helpPage({ about, files, note, name }: Description): string {
  const rows = [
    ...Object.entries(files).map(([file, entry]) => [exampleOf(file, entry), entry.help] as const),
    ...(name === 'member' || name === 'anchor' ? ANCHORS : []),
    ['cat error', 'why the last command or write here failed'] as const,
    ['cat help', 'this page'] as const,
  ];
  const paragraphs = [
    wrap(about, WIDTH).join('\n'),
    rows.map(([example, help]) => row(example, help)).join('\n'),
    ...(note === undefined ? [] : [wrap(note, WIDTH).join('\n')]),
  ];
  return `${paragraphs.join('\n\n')}\n`;
}

const ANCHORS = [
  ['mkdir build', 'make an anchor in it, a directory of this member'],
  ['rmdir build', 'remove that, when it has no sub-anchors and no live element'],
] as const;

/** A line to copy. */
export function exampleOf(name: string, { type, example }: FileDescription): string {
  if (example !== undefined) return example;
  switch (type) {
    case 'value':
    case 'source':
      return `cat ${name}`;
    case 'sink':
      return `echo hello > ${name}`;
    case 'command':
      return `echo > ${name}`;
    case 'log':
      return `tail -f ${name}`;
    default:
      throw new TypeError(`unknown type ${String(type satisfies never)}`);
  }
}

function row(example: string, help: string): string {
  const lines = wrap(help, WIDTH - EXAMPLE_WIDTH - 2);
  const first =
    example.length < EXAMPLE_WIDTH ? `  ${example.padEnd(EXAMPLE_WIDTH)}` : `  ${example}\n`;
  const indent = ' '.repeat(EXAMPLE_WIDTH + 2);
  return `${first.endsWith('\n') ? first + indent : first}${lines.join(`\n${indent}`)}`;
}

function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
